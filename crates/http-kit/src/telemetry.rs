//! What an attempt leaves behind for operators: a counter, a histogram, a debug line.
//!
//! Queries, headers and bodies never come here: they hold phone numbers, names and secrets.

use std::time::Duration;

use http::Method;

/// Reports one attempt. `status` is the HTTP status, or how the attempt failed.
pub(crate) fn attempt(seen: &Seen<'_>, status: &str, took: Duration) {
    metrics::counter!(
        "http_requests_total",
        "host" => seen.authority.to_owned(),
        "method" => seen.method.to_string(),
        "status" => status.to_owned(),
    )
    .increment(1);
    metrics::histogram!(
        "http_request_duration_seconds",
        "host" => seen.authority.to_owned(),
        "method" => seen.method.to_string(),
    )
    .record(took.as_secs_f64());
    tracing::debug!(
        operation = seen.operation,
        method = %seen.method,
        host = seen.authority,
        path = seen.path,
        status,
        ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        attempt = seen.attempt,
        request_id = seen.request_id,
        "HTTP attempt"
    );
}

/// What may be told about an attempt.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) operation: &'static str,
    pub(crate) method: &'a Method,
    pub(crate) authority: &'a str,
    pub(crate) path: &'a str,
    pub(crate) attempt: u32,
    pub(crate) request_id: &'a str,
}
