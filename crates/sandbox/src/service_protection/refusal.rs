//! 429: which limit, and how long to wait (Dataverse reference, section 7.1).

use chrono::Duration;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::admission::grouped;
use super::bounds::Bounds;
use crate::server::{Answer, json_answer};

/// A limit that can be exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exceeded {
    Requests,
    ExecutionTime,
    Concurrency,
}

/// Why a request was not let in, and how long its user is to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(super) exceeded: Exceeded,
    bounds: Bounds,
    pub(super) retry_after_secs: u64,
}

impl Refused {
    /// Waits are told in whole seconds, rounded up.
    pub(super) fn new(exceeded: Exceeded, bounds: Bounds, wait: Duration) -> Self {
        let millis = u64::try_from(wait.num_milliseconds()).unwrap_or(0);
        Self { exceeded, bounds, retry_after_secs: millis.div_ceil(1_000).max(1) }
    }

    /// As the service answers it.
    pub(crate) fn into_answer(self) -> Answer {
        let body = json!({"error": {"code": self.code(), "message": self.message()}});
        let mut answer = json_answer(StatusCode::TOO_MANY_REQUESTS, &body);
        let headers = answer.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from(self.retry_after_secs));
        headers.insert("OData-Version", HeaderValue::from_static("4.0"));
        answer
    }

    fn code(&self) -> &'static str {
        match self.exceeded {
            Exceeded::Requests => "0x80072322",
            Exceeded::ExecutionTime => "0x80072321",
            Exceeded::Concurrency => "0x80072326",
        }
    }

    fn message(&self) -> String {
        let Bounds { requests, execution_micros, concurrent } = self.bounds;
        match self.exceeded {
            Exceeded::Requests => format!(
                "Number of requests exceeded the limit of {requests} over time window of 300 \
                 seconds."
            ),
            Exceeded::ExecutionTime => format!(
                "Combined execution time of incoming requests exceeded limit of {} milliseconds \
                 over time window of 300 seconds. Decrease number of concurrent requests or reduce \
                 the duration of requests and try again later.",
                grouped(execution_micros / 1_000)
            ),
            Exceeded::Concurrency => {
                format!("Number of concurrent requests exceeded the limit of {concurrent}.")
            }
        }
    }
}
