//! One port for everything: accepts connections, tells the systems apart, and carries answers
//! back, whole or broken as planted faults want it.

mod address;
mod body;
mod connection;
mod exchange;
mod listener;
mod system;
mod wire;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Serialize;

pub(crate) use address::Addresses;
pub(crate) use listener::Listener;
pub(crate) use system::{
    CONTROL_PREFIX, DATAVERSE_PREFIX, ENREACH_PREFIX, ENTRA_PREFIX, System, below,
};

/// An answer before it is put on the wire.
pub(crate) type Answer = http::Response<Bytes>;

/// A request read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// HTTP method.
    pub(crate) method: Method,
    /// Path as received, percent-encoded.
    pub(crate) path: String,
    /// Query as received, without its question mark.
    pub(crate) query: Option<String>,
    /// Headers.
    pub(crate) headers: HeaderMap,
    /// Body.
    pub(crate) body: Bytes,
    /// Scheme, host and port that the client used, such as `http://localhost:9100`.
    pub(crate) base_url: String,
}

impl Received {
    /// Path and query as received.
    pub(crate) fn path_and_query(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// The last value of a query parameter, its name in any case, form-decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.query.as_deref().unwrap_or_default().as_bytes())
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .last()
            .map(|(_, value)| value.into_owned())
    }

    /// A header's text.
    pub(crate) fn header(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// An answer with a JSON body.
pub(crate) fn json_answer(status: StatusCode, body: &impl Serialize) -> Answer {
    let (status, body) = match serde_json::to_vec(body) {
        Ok(body) => (status, body),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string().into_bytes()),
    };
    let mut answer = Answer::new(Bytes::from(body));
    *answer.status_mut() = status;
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, json);
    answer
}

/// An answer without a body.
pub(crate) fn empty_answer(status: StatusCode) -> Answer {
    let mut answer = Answer::new(Bytes::new());
    *answer.status_mut() = status;
    answer
}
