//! The send path: deadline, retry, gate, request id, metrics, transport, in this order.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::HeaderValue;
use tokio::time::Instant;
use voice_model::Clock;

use crate::attempt::{self, Answer, Failure};
use crate::builder::HttpClientBuilder;
use crate::endpoint::{authority, check_target};
use crate::error::{Error, Result};
use crate::gate::{Closed, End, Entrant, Gate};
use crate::permits::Permits;
use crate::randomness::{Randomness, backoff};
use crate::request::REQUEST_ID;
use crate::retry::{self, Limits, Outcome, Standing, Verdict};
use crate::telemetry::{self, Seen};
use crate::{Request, Response, Safety, retry_after};

/// Sends requests. Clones share everything: connections, permits, count.
#[derive(Clone)]
pub struct HttpClient {
    inner: Arc<Inner>,
    sent: Arc<AtomicU64>,
}

pub(crate) struct Inner {
    pub(crate) transports: Transports,
    pub(crate) options: Options,
    pub(crate) permits: Permits,
    pub(crate) randomness: Randomness,
    pub(crate) clock: Arc<dyn Clock>,
}

/// What carries requests, by scheme.
pub(crate) struct Transports {
    pub(crate) plain: reqwest::Client,
    pub(crate) tls: Option<reqwest::Client>,
}

#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) deadline: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) backoff_min: Duration,
    pub(crate) backoff_max: Duration,
    pub(crate) limits: Limits,
    pub(crate) max_response_bytes: usize,
    pub(crate) metadata_service: bool,
}

/// One send under way.
struct Sending<'a> {
    request: &'a Request,
    transport: &'a reqwest::Client,
    authority: String,
    request_id: String,
    deadline: Instant,
    attempts: u32,
    /// Whether some attempt may have been carried out.
    uncertain: bool,
}

/// How one turn of the loop ended.
enum Turn {
    Answered {
        answer: Answer,
        /// How long the gate stays closed because of it.
        pause: Option<Duration>,
    },
    Failed(Failure),
    /// The gate stays closed for too long; nothing was sent.
    Closed(Closed),
    /// The deadline passed, in an attempt (its answer is lost) or before it was sent.
    OutOfTime,
}

impl Turn {
    fn pause(&self) -> Option<Duration> {
        match self {
            Self::Answered { pause, .. } => *pause,
            _ => None,
        }
    }
}

impl HttpClient {
    /// Starts building a client.
    pub fn builder() -> HttpClientBuilder {
        HttpClientBuilder::default()
    }

    pub(crate) fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner), sent: Arc::default() }
    }

    /// A client that shares everything with this one but the count of requests: so that each user
    /// of a shared client can tell how many requests were its own.
    #[must_use]
    pub fn counted_apart(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), sent: Arc::default() }
    }

    /// Attempts made so far through this client and its clones, retries and failed connections
    /// included.
    pub fn requests_sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Sends a request, again where that is safe, and gives back the last answer whatever its
    /// status.
    ///
    /// # Errors
    /// An [`Error`] when there is no answer: the request is malformed or may not go to its URL, no
    /// attempt got a whole answer, the answer is too large, or the deadline passed.
    pub async fn send(&self, request: Request) -> Result<Response> {
        self.send_through(&self.inner.permits, request).await
    }

    /// As [`send`](Self::send), with every attempt through a gate of the caller's, in place of the
    /// client's permits.
    ///
    /// # Errors
    /// As [`send`](Self::send), and [`Error::Held`] when the gate stays closed for longer than the
    /// ceiling for `Retry-After` or than what is left of the deadline.
    pub async fn send_through(&self, gate: &dyn Gate, request: Request) -> Result<Response> {
        let mut sending = self.start(&request)?;
        let options = &self.inner.options;
        let mut backoff = backoff(options.backoff_min, options.backoff_max, &self.inner.randomness);
        loop {
            let turn = self.turn(gate, &mut sending).await;
            let outcome = self.outcome(&turn);
            let waits_at_gate = turn.pause().is_some();
            sending.uncertain |= outcome.is_uncertain() && request.safety != Safety::Safe;
            let standing = Standing {
                safety: request.safety,
                attempts: sending.attempts,
                backoff: match waits_at_gate {
                    true => Duration::ZERO,
                    false => backoff.next().unwrap_or(options.backoff_max),
                },
                remaining: sending.deadline.saturating_duration_since(Instant::now()),
            };
            match retry::decide(outcome, standing, options.limits) {
                Verdict::Retry(_) if waits_at_gate => {}
                Verdict::Retry(wait) => tokio::time::sleep(wait).await,
                Verdict::Stop => return self.finish(sending, turn),
            }
        }
    }

    /// Everything that can be refused before anything is sent.
    fn start<'a>(&'a self, request: &'a Request) -> Result<Sending<'a>> {
        request.check_headers()?;
        check_target(&request.url, self.inner.options.metadata_service)
            .map_err(|rule| Error::UrlRefused { target: request.target(), rule })?;
        let transports = &self.inner.transports;
        let transport = if request.url.scheme() == "http" {
            &transports.plain
        } else {
            let missing = || Error::TlsNotSetUp { target: request.target() };
            transports.tls.as_ref().ok_or_else(missing)?
        };
        let given = request.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
        Ok(Sending {
            request,
            transport,
            authority: authority(&request.url),
            request_id: given
                .map_or_else(|| self.inner.randomness.uuid().to_string(), str::to_owned),
            deadline: Instant::now() + self.inner.options.deadline,
            attempts: 0,
            uncertain: false,
        })
    }

    /// One attempt, with a pass held while it is in flight and not a moment longer.
    async fn turn(&self, gate: &dyn Gate, sending: &mut Sending<'_>) -> Turn {
        let options = &self.inner.options;
        let entrant = Entrant {
            host: &sending.authority,
            deadline: sending.deadline,
            longest_pause: options.limits.retry_after_ceiling,
        };
        let pass = match tokio::time::timeout_at(sending.deadline, gate.enter(&entrant)).await {
            Ok(Ok(pass)) => pass,
            Ok(Err(closed)) => return Turn::Closed(closed),
            Err(_) => return Turn::OutOfTime,
        };
        let started = Instant::now();
        let remaining = sending.deadline.saturating_duration_since(started);
        if remaining.is_zero() {
            return Turn::OutOfTime;
        }
        sending.attempts += 1;
        self.sent.fetch_add(1, Ordering::Relaxed);
        let limit = remaining.min(options.attempt_timeout);
        let result = attempt::run(sending.transmission(), limit, options.max_response_bytes).await;
        sending.report(&result, started.elapsed());
        let cut_short = limit < options.attempt_timeout;
        let pause = pass.end(&self.end(&result, cut_short));
        match result {
            Ok(answer) => Turn::Answered { answer, pause },
            Err(Failure::TimedOut) if cut_short => {
                sending.uncertain |= sending.request.safety != Safety::Safe;
                Turn::OutOfTime
            }
            Err(failure) => Turn::Failed(failure),
        }
    }

    /// What the gate is told. An attempt that the deadline cut short says nothing about the other
    /// side.
    fn end<'a>(&self, result: &'a Result<Answer, Failure>, cut_short: bool) -> End<'a> {
        match result {
            Ok(Answer { status, headers, body }) => End::Answer {
                status: *status,
                headers,
                body,
                retry_after: retry_after::of(headers, self.inner.clock.now()),
            },
            Err(Failure::TimedOut) if !cut_short => End::TimedOut,
            Err(_) => End::NoAnswer,
        }
    }

    fn outcome(&self, turn: &Turn) -> Outcome {
        match turn {
            Turn::Answered { answer, pause } => Outcome::Status {
                status: answer.status,
                retry_after: pause
                    .or_else(|| retry_after::of(&answer.headers, self.inner.clock.now())),
            },
            Turn::Failed(failure) => failure.outcome(),
            Turn::Closed(_) | Turn::OutOfTime => Outcome::Hopeless,
        }
    }

    fn finish(&self, sending: Sending<'_>, turn: Turn) -> Result<Response> {
        let target = sending.request.target();
        let Sending { attempts, uncertain: may_have_applied, request_id, .. } = sending;
        let options = &self.inner.options;
        Err(match turn {
            Turn::Answered { answer: Answer { status, headers, body }, .. } => {
                let received = self.inner.clock.now();
                let uncertain = may_have_applied;
                let response =
                    Response { status, headers, body, received, request_id, attempts, uncertain };
                return Ok(response);
            }
            Turn::Closed(Closed { opens_in }) => {
                Error::Held { target, retry_after: opens_in, attempts, may_have_applied }
            }
            Turn::OutOfTime => {
                Error::Deadline { target, after: options.deadline, attempts, may_have_applied }
            }
            Turn::Failed(Failure::Connect(source)) => {
                Error::Connect { target, attempts, may_have_applied, source }
            }
            Turn::Failed(Failure::Untrusted(source)) => Error::Untrusted { target, source },
            Turn::Failed(Failure::TimedOut) => {
                let after = options.attempt_timeout;
                Error::Timeout { target, after, attempts, may_have_applied }
            }
            Turn::Failed(Failure::Interrupted(source)) => {
                Error::Interrupted { target, attempts, may_have_applied, source }
            }
            Turn::Failed(Failure::TooLarge(status)) => Error::TooLarge {
                target,
                status: status.as_u16(),
                limit_bytes: options.max_response_bytes,
                may_have_applied: sending.request.safety != Safety::Safe,
            },
        })
    }
}

impl Sending<'_> {
    fn transmission(&self) -> reqwest::RequestBuilder {
        let Request { method, url, headers, body, .. } = self.request;
        let mut headers = headers.clone();
        // A given id is already there; one of ours is a UUID, which is always a valid value.
        if !headers.contains_key(REQUEST_ID)
            && let Ok(id) = HeaderValue::from_str(&self.request_id)
        {
            headers.insert(REQUEST_ID, id);
        }
        self.transport.request(method.clone(), url.clone()).headers(headers).body(body.clone())
    }

    fn report(&self, result: &Result<Answer, Failure>, took: Duration) {
        let seen = Seen {
            operation: self.request.operation_name(),
            method: &self.request.method,
            authority: &self.authority,
            path: self.request.url.path(),
            attempt: self.attempts,
            request_id: &self.request_id,
        };
        match result {
            Ok(answer) => telemetry::attempt(&seen, answer.status.as_str(), took),
            Err(failure) => telemetry::attempt(&seen, failure.name(), took),
        }
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient")
            .field("options", &self.inner.options)
            .field("tls", &self.inner.transports.tls.is_some())
            .field("requests_sent", &self.requests_sent())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tls;

    #[tokio::test]
    async fn a_wait_for_a_permit_counts_against_the_deadline_and_sends_nothing() {
        let client = HttpClient::builder()
            .tls(Tls::NotNeeded)
            .concurrency_per_host(1)
            .deadline(Duration::from_millis(50))
            .build()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(5);
        let entrant = Entrant { host: "127.0.0.1:9", deadline, longest_pause: Duration::ZERO };
        let _held = client.inner.permits.enter(&entrant).await.unwrap();
        let url = "http://127.0.0.1:9/calls".parse().unwrap();
        let request = Request::new(http::Method::POST, url, Safety::Plain);
        let error = client.send(request).await.unwrap_err();
        assert!(matches!(error, Error::Deadline { attempts: 0, .. }), "{error:?}");
        assert!(!error.may_have_applied());
        assert_eq!(client.requests_sent(), 0);
    }
}
