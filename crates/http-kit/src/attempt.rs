//! One attempt over the wire: send, then read the whole answer under the size cap.

use std::error::Error as _;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};

use crate::error::Cause;
use crate::retry::Outcome;

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Why an attempt brought no whole answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There was no connection.
    Connect(Cause),
    /// The other side's certificate was not accepted.
    Untrusted(Cause),
    /// The time for the attempt ran out.
    TimedOut,
    /// The connection broke.
    Interrupted(Cause),
    /// The answer is larger than the cap.
    TooLarge(StatusCode),
}

impl Failure {
    /// What the retry rules call it.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Connect(_) => Outcome::NotSent,
            Self::TimedOut | Self::Interrupted(_) => Outcome::Lost,
            Self::Untrusted(_) | Self::TooLarge(_) => Outcome::Hopeless,
        }
    }

    /// Its name in metrics and logs.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Connect(_) => "connect_failed",
            Self::Untrusted(_) => "untrusted_certificate",
            Self::TimedOut => "timed_out",
            Self::Interrupted(_) => "interrupted",
            Self::TooLarge(_) => "too_large",
        }
    }
}

/// Sends and reads. Dropped when `limit` has passed, which closes the connection.
pub(crate) async fn run(
    request: reqwest::RequestBuilder,
    limit: Duration,
    limit_bytes: usize,
) -> Result<Answer, Failure> {
    match tokio::time::timeout(limit, exchange(request, limit_bytes)).await {
        Ok(result) => result,
        Err(_) => Err(Failure::TimedOut),
    }
}

async fn exchange(request: reqwest::RequestBuilder, limit_bytes: usize) -> Result<Answer, Failure> {
    let mut response = request.send().await.map_err(failure)?;
    let status = response.status();
    // A length that is announced spares reading what is going to be refused anyway.
    let announced = response.content_length().unwrap_or(0);
    if announced > u64::try_from(limit_bytes).unwrap_or(u64::MAX) {
        return Err(Failure::TooLarge(status));
    }
    let headers = std::mem::take(response.headers_mut());
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(failure)? {
        if body.len().saturating_add(chunk.len()) > limit_bytes {
            return Err(Failure::TooLarge(status));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, body: body.freeze() })
}

/// `reqwest` prints the URL, query included: it is taken off before anybody can print it.
fn failure(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    // rustls is not a dependency of ours, so its error is known by the text that it starts with.
    if chain_contains(&error, "invalid peer certificate") {
        return Failure::Untrusted(error.into());
    }
    if error.is_connect() {
        return Failure::Connect(error.into());
    }
    Failure::Interrupted(error.into())
}

/// Whether some cause of an error says `text`.
pub(crate) fn chain_contains(error: &reqwest::Error, text: &str) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.to_string().contains(text) {
            return true;
        }
        cause = error.source();
    }
    false
}
