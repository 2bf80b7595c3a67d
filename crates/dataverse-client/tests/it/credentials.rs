//! Building credentials and clients from configuration.

use std::sync::Arc;

use dataverse_client::{Credential, CredentialKind, DataverseApi, DataverseClient, Error, Query};
use serde_json::json;
use tokio::net::TcpListener;
use voice_model::{ErrorClass, SystemClock};
use wiremock::ResponseTemplate;

use crate::rig::{self, CLIENT, Rig, SECRET, TENANT, http};

fn with(tenant: &str, client: &str, secret: &str, authority: &str) -> Result<Credential, Error> {
    let authority = authority.parse().unwrap();
    let clock = Arc::new(SystemClock);
    Credential::client_secret(tenant, client, secret.into(), authority, http(), clock)
}

#[test]
fn a_credential_that_cannot_work_is_refused_at_once() {
    let authority = "https://login.microsoftonline.com";
    assert!(with(TENANT, CLIENT, SECRET, authority).is_ok());
    assert!(with("contoso.onmicrosoft.com", CLIENT, SECRET, authority).is_ok());
    for (result, part) in [
        (with("", CLIENT, SECRET, authority), "tenant"),
        (with("a/b", CLIENT, SECRET, authority), "tenant"),
        (with(TENANT, "", SECRET, authority), "client ID"),
        (with(TENANT, CLIENT, "", authority), "secret"),
        (with(TENANT, CLIENT, SECRET, "http://login.example"), "loopback"),
    ] {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::Configuration { .. }), "{error:?}");
        assert!(error.to_string().contains(part), "{error}");
        assert!(!format!("{error:?}").contains(SECRET));
    }
}

#[test]
fn debug_does_not_show_the_secret() {
    let kind = CredentialKind::ClientSecret {
        tenant_id: TENANT.to_owned(),
        client_id: CLIENT.to_owned(),
        secret: SECRET.into(),
        authority_host: "https://login.microsoftonline.com".parse().unwrap(),
    };
    assert!(!format!("{kind:?}").contains(SECRET));
    let credential = Credential::new(kind, http(), Arc::new(SystemClock)).unwrap();
    assert_eq!(format!("{credential:?}"), "Credential { kind: \"client secret credential\", .. }");
    let environment = "https://contoso.crm4.dynamics.com".parse().unwrap();
    let client = DataverseClient::builder(http(), environment, credential).build().unwrap();
    assert!(!format!("{client:?}").contains(SECRET));
}

#[test]
fn an_environment_that_is_none_is_refused() {
    for url in ["http://contoso.crm4.dynamics.com", "https://contoso.crm4.dynamics.com/main.aspx"] {
        let credential = rig::credential("http://127.0.0.1:1", Arc::new(SystemClock));
        let error =
            DataverseClient::builder(http(), url.parse().unwrap(), credential).build().unwrap_err();
        assert!(error.to_string().contains("https://<org>.crm<N>.dynamics.com"), "{error}");
    }
}

fn workload_identity(token_file: &str, authority: &str) -> Result<Credential, Error> {
    let kind = CredentialKind::WorkloadIdentity {
        tenant_id: TENANT.to_owned(),
        client_id: CLIENT.to_owned(),
        token_file: token_file.into(),
        authority_host: authority.parse().unwrap(),
    };
    Credential::new(kind, http(), Arc::new(SystemClock))
}

#[tokio::test]
async fn a_workload_identity_shows_the_token_of_its_file() {
    let rig = Rig::new().await;
    let (uri, url) = (rig.server.uri(), rig.server.uri().parse().unwrap());
    // Any file will do for a token; this one is always there.
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let credential = workload_identity(file, &format!("{uri}/entra")).unwrap();
    let client = DataverseClient::builder(http(), url, credential).build().unwrap();
    rig.answer("GET", "contacts", ResponseTemplate::new(200).set_body_json(json!({"value": []})))
        .await;
    client.query(&Query::new("contacts")).await.unwrap();
    let requests = rig.server.received_requests().await.unwrap();
    let form: Vec<(String, String)> =
        url::form_urlencoded::parse(&requests[0].body).into_owned().collect();
    let field = |name: &str| form.iter().find(|field| field.0 == name).unwrap().1.as_str();
    assert_eq!(field("client_id"), CLIENT);
    assert!(field("client_assertion").contains("[package]"));
}

#[test]
fn a_token_file_that_cannot_be_read_is_said_at_once() {
    let error = workload_identity("/no/such/file", "http://127.0.0.1:9").unwrap_err();
    assert!(error.to_string().contains("/no/such/file"), "{error}");
}

#[tokio::test]
async fn an_authority_that_is_not_there_is_passing_trouble() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = rig::client(&address, &address, Arc::new(SystemClock));
    let error = client.query(&Query::new("contacts")).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient);
    let Error::Credential(source) = &error else { panic!("{error:?}") };
    assert!(source.to_string().starts_with(&format!("the token endpoint {address}")), "{source}");
    assert!(!format!("{error:?}").contains(SECRET));
}
