//! What came back.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, StatusCode};

use crate::retry_after;

/// The last answer to a request, whatever its status.
///
/// `Debug` shows neither header values nor the body.
#[derive(Clone)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers; `content-encoding` is undone and removed.
    pub headers: HeaderMap,
    /// The whole body, decompressed.
    pub body: Bytes,
    pub(crate) received: DateTime<Utc>,
    pub(crate) request_id: String,
    pub(crate) attempts: u32,
    pub(crate) uncertain: bool,
}

impl Response {
    /// The wait that the other side asks for: `Retry-After` in seconds, or as a date counted from
    /// when the answer came. `None` if there is none or it cannot be read.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after::of(&self.headers, self.received)
    }

    /// When it came.
    pub fn received(&self) -> DateTime<Utc> {
        self.received
    }

    /// The id that the request carried in `x-ms-client-request-id`, the same for all attempts.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// How often the request was sent.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Whether the request may have been carried out: it succeeded, or this answer or the loss of
    /// an earlier one leaves it open. Never true for a failed [`Safe`](crate::Safety::Safe)
    /// request.
    pub fn may_have_applied(&self) -> bool {
        self.status.is_success() || self.uncertain
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers.keys().map(HeaderName::as_str).collect::<Vec<_>>())
            .field("body_bytes", &self.body.len())
            .field("request_id", &self.request_id)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
