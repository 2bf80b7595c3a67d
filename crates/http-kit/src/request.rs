//! What is to be sent.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use url::Url;

use crate::endpoint::authority;
use crate::error::{Error, Result};

/// The header that carries a request's id. Dataverse logs it (Dataverse Web API, "Compose HTTP
/// requests": `x-ms-client-request-id`); others ignore it.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");

/// What happens if the other side gets a request twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Safety {
    /// A read: nothing.
    Safe,
    /// A write that the other side recognises when it comes again, such as an upsert by key.
    Keyed,
    /// Any other write. It is repeated only if it certainly was not carried out: never sent, or
    /// refused before it was applied (429, 503).
    Plain,
}

/// A request, with its body in memory so that it can be sent again.
///
/// `Debug` shows no query, header value or body.
#[derive(Clone)]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) safety: Safety,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    operation: Option<&'static str>,
    bad_header: Option<String>,
}

impl Request {
    /// A request without headers or body.
    pub fn new(method: Method, url: Url, safety: Safety) -> Self {
        Self {
            method,
            url,
            safety,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            operation: None,
            bad_header: None,
        }
    }

    /// Sets a header; one of the same name is replaced. A header that HTTP does not allow, such as
    /// a value with a line break, makes [`send`](crate::HttpClient::send) fail and name it.
    #[must_use]
    pub fn header<V>(mut self, name: impl AsRef<str>, value: V) -> Self
    where
        V: TryInto<HeaderValue>,
    {
        let name = name.as_ref();
        match (HeaderName::try_from(name), value.try_into()) {
            (Ok(name), Ok(mut value)) => {
                if name == header::AUTHORIZATION || name == header::PROXY_AUTHORIZATION {
                    value.set_sensitive(true);
                }
                self.headers.insert(name, value);
            }
            _ => self.bad_header = Some(name.chars().take(64).collect()),
        }
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Says what the request is for, as a verb phrase such as `read calls`: for messages and logs.
    #[must_use]
    pub fn operation(mut self, operation: &'static str) -> Self {
        self.operation = Some(operation);
        self
    }

    /// What is attempted, without the query.
    pub(crate) fn target(&self) -> String {
        let place = format!("{} {}{}", self.method, authority(&self.url), self.url.path());
        match self.operation {
            Some(operation) => format!("{operation} ({place})"),
            None => format!("send {place}"),
        }
    }

    pub(crate) fn operation_name(&self) -> &'static str {
        self.operation.unwrap_or("send")
    }

    pub(crate) fn check_headers(&self) -> Result<()> {
        match &self.bad_header {
            Some(name) => Err(Error::Header { target: self.target(), name: name.clone() }),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("target", &self.target())
            .field("safety", &self.safety)
            .field("headers", &self.headers.keys().map(HeaderName::as_str).collect::<Vec<_>>())
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_query_header_value_or_body() {
        let url = "https://api.example.com/calls?Number=%2B358501234567".parse().unwrap();
        let request = Request::new(Method::GET, url, Safety::Safe)
            .header("authorization", "Basic c2VjcmV0")
            .body("contents");
        let shown = format!("{request:?}");
        assert!(shown.contains("GET api.example.com/calls"), "{shown}");
        for hidden in ["358", "c2VjcmV0", "contents"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }

    #[test]
    fn a_credential_header_is_marked_sensitive() {
        let url: Url = "https://api.example.com/".parse().unwrap();
        let request =
            Request::new(Method::GET, url, Safety::Safe).header("Authorization", "Basic eA==");
        assert!(request.headers[header::AUTHORIZATION].is_sensitive());
    }
}
