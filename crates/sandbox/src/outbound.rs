//! Requests that the sandbox itself sends: webhooks and smart-routing questions.
//!
//! They go to plain http on this machine only, where the software under test listens: a simulator
//! must not be able to reach anybody else.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use url::{Host, Url};

/// Largest answer that is read.
const LARGEST_ANSWER: usize = 1 << 20;

/// Where to send, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target(Url);

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Too late.
    Timeout,
    /// The connection could not be made, or broke.
    Connection(String),
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

impl Target {
    /// An address on this machine.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let url: Url = text
            .parse()
            .map_err(|error| format!("url is {text:?}: {error}; expected http://127.0.0.1:…"))?;
        let is_loopback = match url.host() {
            Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        if url.scheme() == "http" && is_loopback {
            Ok(Self(url))
        } else {
            Err(format!(
                "url is {text:?}; the sandbox sends to plain http on this machine only, such as \
                 http://127.0.0.1:8081/webhooks/enreach/contoso"
            ))
        }
    }

    /// The address as it was given.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Posts JSON and reads the answer, all within `limit`.
pub(crate) async fn post(
    target: &Target,
    headers: HeaderMap,
    body: Bytes,
    limit: Duration,
) -> Result<Reply, Lost> {
    let exchange = exchange(&target.0, headers, body);
    tokio::time::timeout(limit, exchange).await.unwrap_or(Err(Lost::Timeout))
}

async fn exchange(url: &Url, headers: HeaderMap, body: Bytes) -> Result<Reply, Lost> {
    let broken = |error: &dyn std::fmt::Display| Lost::Connection(error.to_string());
    let addresses = url.socket_addrs(|| Some(80)).map_err(|error| broken(&error))?;
    let socket = TcpStream::connect(addresses.as_slice()).await.map_err(|error| broken(&error))?;
    let handshake = http1::handshake(TokioIo::new(socket)).await;
    let (mut sender, connection) = handshake.map_err(|error| broken(&error))?;
    let request = request(url, headers, body).map_err(|error| broken(&error))?;
    let answered = async move {
        let response = sender.send_request(request).await.map_err(|error| broken(&error))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), LARGEST_ANSWER).collect().await;
        let body = body.map_err(|error| broken(&error))?.to_bytes();
        Ok(Reply { status, body })
    };
    // The connection ends once the sender is gone, so neither outlives the other.
    let (answered, _) = futures::join!(answered, connection);
    answered
}

fn request(
    url: &Url,
    mut headers: HeaderMap,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, http::Error> {
    let authority = url.authority();
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut request = Request::builder().method(Method::POST).uri(path).body(Full::new(body))?;
    headers.insert(HOST, HeaderValue::try_from(authority)?);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    headers.insert(USER_AGENT, HeaderValue::from_static("enreach-sandbox"));
    *request.headers_mut() = headers;
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_reached() {
        for text in [
            "http://127.0.0.1:9/a?b=c",
            "http://localhost:9",
            "http://[::1]:9/",
            "http://127.8.8.8",
        ] {
            assert!(Target::read(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "127.0.0.1:9",
            "https://127.0.0.1:9",
            "http://example.com",
            "http://10.0.0.1",
            "ftp://localhost",
        ] {
            let error = Target::read(text).unwrap_err();
            assert!(error.contains("127.0.0.1"), "{error}");
        }
    }
}
