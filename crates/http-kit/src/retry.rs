//! Whether to send a request again, and when: a pure function of what happened.

use std::time::Duration;

use http::StatusCode;

use crate::Safety;

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// An answer came.
    Status {
        /// Its status.
        status: StatusCode,
        /// The wait that it asks for.
        retry_after: Option<Duration>,
    },
    /// Certainly not sent: there was no connection.
    NotSent,
    /// Sent, or partly, and no whole answer came.
    Lost,
    /// Failed in a way that will not change.
    Hopeless,
}

impl Outcome {
    /// Whether a write may have been carried out although its success was not reported.
    pub(crate) fn is_uncertain(self) -> bool {
        match self {
            Self::Lost => true,
            Self::Status { status, .. } => is_server_trouble(status),
            Self::NotSent | Self::Hopeless => false,
        }
    }
}

/// What bounds all retries of a client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Attempts in all, the first one included.
    pub(crate) max_attempts: u32,
    /// The longest `Retry-After` that is waited for.
    pub(crate) retry_after_ceiling: Duration,
}

/// Where one send stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub(crate) safety: Safety,
    /// Attempts made.
    pub(crate) attempts: u32,
    /// The next wait of the backoff.
    pub(crate) backoff: Duration,
    /// What is left of the deadline.
    pub(crate) remaining: Duration,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Send again after this wait.
    Retry(Duration),
    /// Hand the outcome to the caller.
    Stop,
}

/// Decides. `Retry-After` is the least wait; the backoff comes on top of it, so that those who were
/// told the same second do not come back in the same instant.
pub(crate) fn decide(outcome: Outcome, standing: Standing, limits: Limits) -> Verdict {
    if standing.attempts >= limits.max_attempts || !may_repeat(outcome, standing.safety) {
        return Verdict::Stop;
    }
    let asked = match outcome {
        Outcome::Status { retry_after, .. } => retry_after.unwrap_or_default(),
        _ => Duration::ZERO,
    };
    let wait = asked.saturating_add(standing.backoff);
    if asked > limits.retry_after_ceiling || wait >= standing.remaining {
        return Verdict::Stop;
    }
    Verdict::Retry(wait)
}

fn may_repeat(outcome: Outcome, safety: Safety) -> bool {
    match outcome {
        Outcome::NotSent => true,
        Outcome::Hopeless => false,
        Outcome::Lost => safety != Safety::Plain,
        Outcome::Status { status, .. } if is_refusal_before_applying(status) => true,
        Outcome::Status { status, .. } => is_server_trouble(status) && safety != Safety::Plain,
    }
}

fn is_refusal_before_applying(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
}

fn is_server_trouble(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::REQUEST_TIMEOUT
            | StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::BAD_GATEWAY
            | StatusCode::GATEWAY_TIMEOUT
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use Safety::{Keyed, Plain, Safe};
    use proptest::prelude::*;

    const LIMITS: Limits = Limits { max_attempts: 4, retry_after_ceiling: Duration::from_secs(60) };

    fn status(status: u16, retry_after_secs: Option<u64>) -> Outcome {
        Outcome::Status {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: retry_after_secs.map(Duration::from_secs),
        }
    }

    fn standing(safety: Safety) -> Standing {
        Standing {
            safety,
            attempts: 1,
            backoff: Duration::from_secs(1),
            remaining: Duration::from_secs(50),
        }
    }

    #[test]
    fn what_is_repeated_depends_on_what_happened_and_on_safety() {
        // outcome, repeated when safe, keyed, plain
        let cases = [
            (Outcome::NotSent, [true, true, true]),
            (Outcome::Lost, [true, true, false]),
            (Outcome::Hopeless, [false, false, false]),
            (status(429, None), [true, true, true]),
            (status(503, None), [true, true, true]),
            (status(408, None), [true, true, false]),
            (status(500, None), [true, true, false]),
            (status(502, None), [true, true, false]),
            (status(504, None), [true, true, false]),
            (status(200, None), [false, false, false]),
            (status(204, None), [false, false, false]),
            (status(302, None), [false, false, false]),
            (status(400, None), [false, false, false]),
            (status(401, None), [false, false, false]),
            (status(404, None), [false, false, false]),
            (status(409, None), [false, false, false]),
            (status(412, None), [false, false, false]),
            (status(501, None), [false, false, false]),
        ];
        for (outcome, expected) in cases {
            for (safety, expected) in [Safe, Keyed, Plain].into_iter().zip(expected) {
                let repeated = decide(outcome, standing(safety), LIMITS) != Verdict::Stop;
                assert_eq!(repeated, expected, "{outcome:?} {safety:?}");
            }
        }
    }

    #[test]
    fn a_wait_is_kept_unless_it_is_too_long() {
        let wait = |seconds| Verdict::Retry(Duration::from_secs(seconds));
        // asked wait, left of the deadline, verdict (the backoff adds 1 s)
        let cases = [
            (None, 50, wait(1)),
            (Some(0), 50, wait(1)),
            (Some(2), 50, wait(3)),
            (Some(48), 50, wait(49)),
            (Some(49), 50, Verdict::Stop),
            (Some(60), 500, wait(61)),
            (Some(61), 500, Verdict::Stop),
            (Some(u64::MAX), 500, Verdict::Stop),
            (None, 1, Verdict::Stop),
            (None, 0, Verdict::Stop),
        ];
        for (asked, remaining, expected) in cases {
            let remaining = Duration::from_secs(remaining);
            let standing = Standing { remaining, ..standing(Plain) };
            assert_eq!(decide(status(429, asked), standing, LIMITS), expected, "{asked:?}");
        }
    }

    #[test]
    fn the_attempts_end() {
        for (attempts, stops) in [(1, false), (3, false), (4, true), (5, true)] {
            let standing = Standing { attempts, ..standing(Safe) };
            let stopped = decide(Outcome::NotSent, standing, LIMITS) == Verdict::Stop;
            assert_eq!(stopped, stops, "{attempts}");
        }
    }

    #[test]
    fn a_lost_answer_or_server_trouble_leaves_it_open_whether_a_write_was_done() {
        for (outcome, uncertain) in [
            (Outcome::Lost, true),
            (status(500, None), true),
            (status(504, None), true),
            (Outcome::NotSent, false),
            (status(429, None), false),
            (status(503, None), false),
            (status(400, None), false),
        ] {
            assert_eq!(outcome.is_uncertain(), uncertain, "{outcome:?}");
        }
    }

    proptest! {
        #[test]
        fn no_wait_reaches_the_deadline_or_is_shorter_than_asked(
            code in 100u16..600, asked in proptest::option::of(0u64..1000),
            backoff in 0u64..100, remaining in 0u64..200,
        ) {
            let standing = Standing {
                safety: Safe,
                attempts: 1,
                backoff: Duration::from_secs(backoff),
                remaining: Duration::from_secs(remaining),
            };
            if let Verdict::Retry(wait) = decide(status(code, asked), standing, LIMITS) {
                prop_assert!(wait < standing.remaining);
                prop_assert!(wait >= Duration::from_secs(asked.unwrap_or(0)));
            }
        }
    }
}
