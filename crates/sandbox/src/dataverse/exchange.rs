//! What goes into the Dataverse simulator and what comes out, free of any web framework.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use uuid::Uuid;

/// A request below `/api/data/v9.2/`, after the bearer token was checked.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// HTTP method.
    pub(crate) method: Method,
    /// Path below `/api/data/v9.2/`, still percent-encoded, without a leading slash.
    pub(crate) path: String,
    /// Query string without its question mark, still percent-encoded.
    pub(crate) query: Option<String>,
    /// Headers.
    pub(crate) headers: HeaderMap,
    /// Body.
    pub(crate) body: Bytes,
    /// Scheme, host and port that the client used, such as `http://127.0.0.1:9100`.
    pub(crate) base_url: String,
    /// The `systemuser` that the token stands for.
    pub(crate) caller: Uuid,
}

/// The simulator's answer.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    /// HTTP status.
    pub(crate) status: StatusCode,
    /// Headers.
    pub(crate) headers: HeaderMap,
    /// Body.
    pub(crate) body: Bytes,
}

/// Told of every operation inside a `$batch`, so that faults can be injected and a log be kept.
pub(crate) trait BatchObserver: Send {
    /// Before an inner operation; an answer given here takes its place. `path` starts with
    /// `/api/data/v9.2/`, `$n` references resolved, without query string.
    fn before(&mut self, method: &Method, path: &str) -> Option<Response>;

    /// After it.
    fn after(&mut self, method: &Method, path: &str, status: StatusCode);
}
