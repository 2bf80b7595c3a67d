//! What the end of an attempt says to the governor.

use std::time::Duration;

use http::{HeaderMap, header};
use http_kit::End;

use crate::metadata::PARALLELISM_HINT;
use crate::service_error::LOCK_PAUSE;
use crate::{ServiceError, batch, codes};

/// Requests left in the window of 300 s.
const REQUESTS_LEFT: &str = "x-ms-ratelimit-burst-remaining-xrm-requests";
/// Seconds of execution left in the window of 300 s.
const SECONDS_LEFT: &str = "x-ms-ratelimit-time-remaining-xrm-requests";

/// What the governor reads of an attempt's end.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Reading {
    /// The status, if there was an answer.
    status: Option<u16>,
    /// The parallelism that is advised.
    pub(super) advised: Option<usize>,
    pub(super) requests_left: Option<u64>,
    pub(super) seconds_left: Option<f64>,
    /// Whether it was too slow, by our measure or by the server's.
    pub(super) timed_out: bool,
    /// What holds all requests back.
    pub(super) refusal: Option<Refusal>,
}

/// A refusal that concerns all requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: Option<u32>,
    /// The wait that it asks for.
    pub(super) retry_after: Option<Duration>,
    /// The wait that it takes in any case.
    pub(super) at_least: Duration,
}

impl Reading {
    pub(super) fn of(end: &End<'_>) -> Self {
        match end {
            End::TimedOut => Self { timed_out: true, ..Self::default() },
            End::NoAnswer => Self::default(),
            End::Answer { status, headers, body, retry_after } => {
                let whole = (!(200..400).contains(&status.as_u16()))
                    .then(|| ServiceError::read(status.as_u16(), *retry_after, body));
                let content_type = text(headers, header::CONTENT_TYPE.as_str());
                let parts = batch::refusals(content_type.unwrap_or_default(), body);
                Self {
                    status: Some(status.as_u16()),
                    advised: text(headers, PARALLELISM_HINT).and_then(|hint| hint.parse().ok()),
                    requests_left: number(headers, REQUESTS_LEFT).map(|left| left as u64),
                    seconds_left: number(headers, SECONDS_LEFT),
                    timed_out: whole.as_ref().is_some_and(is_time_out),
                    refusal: whole
                        .iter()
                        .chain(&parts)
                        .filter_map(Refusal::of)
                        .reduce(Refusal::longer),
                }
            }
        }
    }

    /// Whether the server took the request on, whatever it made of it.
    pub(super) fn is_let_in(&self) -> bool {
        self.refusal.is_none() && self.status.is_some_and(|status| status < 500)
    }
}

impl Refusal {
    /// The service protection limits and the customization lock, whatever the status (reference,
    /// sections 7.1 and 8.3), every other 429, and a 503 that says when to come again. A query that
    /// is refused as too costly, with 400, concerns nobody else.
    fn of(error: &ServiceError) -> Option<Self> {
        let is_lock = matches!(
            error.code,
            Some(codes::CUSTOMIZATION_RUNNING | codes::OTHER_OPERATION_RUNNING)
        );
        let is_limit = matches!(
            error.code,
            Some(
                codes::TOO_MANY_REQUESTS
                    | codes::TOO_MUCH_EXECUTION_TIME
                    | codes::TOO_MANY_AT_ONCE
                    | codes::THROTTLED
            )
        );
        // No wait at all is no wait that anybody has thought about.
        let retry_after = error.retry_after.filter(|wait| !wait.is_zero());
        let is_unavailable = error.status == 503 && retry_after.is_some();
        (error.status == 429 || is_limit || is_lock || is_unavailable).then_some(Self {
            status: error.status,
            code: error.code,
            retry_after,
            at_least: if is_lock { LOCK_PAUSE } else { Duration::ZERO },
        })
    }

    fn longer(self, other: Self) -> Self {
        let wait = |it: &Self| it.retry_after.max(Some(it.at_least));
        if wait(&other) > wait(&self) { other } else { self }
    }
}

/// Whether the server, or a gateway in front of it, gave up waiting.
fn is_time_out(error: &ServiceError) -> bool {
    matches!(error.status, 408 | 504) || error.code == Some(codes::SQL_TIMEOUT)
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// A number as the service writes it, such as `1,199.46`.
fn number(headers: &HeaderMap, name: &str) -> Option<f64> {
    let digits: String = text(headers, name)?.chars().filter(|digit| *digit != ',').collect();
    digits.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

#[cfg(test)]
mod tests;
