//! What goes into the Dataverse simulator and what comes out, free of any web framework.

use std::ops::AddAssign;

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
    /// What the answer took.
    pub(crate) effort: Effort,
}

/// What carrying out a request took besides its kind, so that execution time can be accounted. A
/// batch adds up its operations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Effort {
    /// Rows in the answer's collections.
    pub(crate) rows_returned: usize,
    /// Rows of the tables in which a text was looked for without knowing its beginning.
    pub(crate) rows_searched: usize,
}

impl AddAssign for Effort {
    fn add_assign(&mut self, other: Self) {
        self.rows_returned += other.rows_returned;
        self.rows_searched += other.rows_searched;
    }
}

/// Told of every operation inside a `$batch`, so that faults can be injected and a log be kept.
pub(crate) trait BatchObserver: Send {
    /// Before an inner operation; an answer given here takes its place. `path` starts with
    /// `/api/data/v9.2/`, `$n` references resolved, without query string.
    fn before(&mut self, method: &Method, path: &str) -> Option<Response>;

    /// After it.
    fn after(&mut self, method: &Method, path: &str, status: StatusCode);
}
