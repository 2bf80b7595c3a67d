//! A client of Dynamics that shares nothing with ours: one request a connection, plain HTTP.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use sandbox::identity;
use serde_json::Value;

/// The annotation that says of which table the row behind a lookup is.
const TABLES: &str = "Microsoft.Dynamics.CRM.lookuplogicalname";

/// Reads as the application user.
#[derive(Debug)]
pub(crate) struct Reader {
    address: String,
    token: String,
}

impl Reader {
    /// Signs in at a sandbox.
    pub(crate) fn sign_in(base_url: &str) -> Self {
        let address = base_url.trim_start_matches("http://").to_owned();
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={}/.default",
            identity::ENTRA_CLIENT_ID,
            identity::ENTRA_CLIENT_SECRET,
            base_url
        );
        let path = format!("/entra/{}/oauth2/v2.0/token", identity::ENTRA_TENANT_ID);
        let answer = request(
            &address,
            &format!(
                "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
                form.len()
            ),
        );
        let token = answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}"));
        Self { token: token.to_owned(), address }
    }

    /// All rows of a collection; lookups say their table.
    pub(crate) fn rows(&self, query: &str) -> Vec<Value> {
        let Self { address, token } = self;
        let mut answer = request(
            address,
            &format!(
                "GET /api/data/v9.2/{query} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
                 Authorization: Bearer {token}\r\nPrefer: odata.include-annotations=\"{TABLES}\"\r\n\
                 Accept: application/json\r\n\r\n"
            ),
        );
        assert!(answer.get("@odata.nextLink").is_none(), "more than one page of {query}");
        match answer["value"].take() {
            Value::Array(rows) => rows,
            _ => panic!("{query}: {answer}"),
        }
    }
}

/// Sends a request and reads the JSON behind the head of the answer.
fn request(address: &str, text: &str) -> Value {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(!head.to_lowercase().contains("transfer-encoding"), "{head}");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
}
