//! Why there is no answer.

use std::time::Duration;

use voice_model::ErrorClass;

use crate::UrlRule;

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A cause from further down, without the URL that it happened at.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A request that got no usable answer, or a client that could not be built.
///
/// No message holds a query string, a header value or a body: queries of the systems that we talk
/// to hold phone numbers. `target` reads like `read calls (GET api.example.com/calls)`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An option of the builder makes no sense.
    #[error("HTTP client options: {problem}")]
    Options {
        /// Which, and what is accepted.
        problem: &'static str,
    },
    /// TLS is asked for and the machine has no root certificates.
    #[error(
        "no CA certificates found on this machine: install the ca-certificates package or set \
         SSL_CERT_FILE"
    )]
    NoCaCertificates,
    /// The client could not be set up for another reason.
    #[error("the HTTP client could not be set up")]
    Setup {
        /// Why.
        #[source]
        source: Cause,
    },
    /// A header that cannot be sent.
    #[error("cannot {target}: the header {name:?} holds characters that HTTP does not allow")]
    Header {
        /// What was attempted.
        target: String,
        /// The header's name; its value is not shown.
        name: String,
    },
    /// A URL that no request may go to.
    #[error("refused to {target}: {rule}")]
    UrlRefused {
        /// What was attempted.
        target: String,
        /// The rule that the URL breaks.
        rule: UrlRule,
    },
    /// An https URL, and a client built without TLS.
    #[error("cannot {target}: this client was set up for plain http to loopback addresses only")]
    TlsNotSetUp {
        /// What was attempted.
        target: String,
    },
    /// No connection. The last attempt was never sent.
    #[error("cannot {target}: no connection (attempts: {attempts})")]
    Connect {
        /// What was attempted.
        target: String,
        /// Attempts made.
        attempts: u32,
        /// Whether an earlier attempt may have been carried out.
        may_have_applied: bool,
        /// Why.
        #[source]
        source: Cause,
    },
    /// The other side's certificate was not accepted.
    #[error(
        "cannot {target}: the server's certificate was not accepted; if it is signed by a CA of \
         your own, add that CA to the machine's certificates or to SSL_CERT_FILE"
    )]
    Untrusted {
        /// What was attempted.
        target: String,
        /// Why.
        #[source]
        source: Cause,
    },
    /// No whole answer within the time for one attempt.
    #[error("cannot {target}: no answer within {} s (attempts: {attempts})", .after.as_secs_f32())]
    Timeout {
        /// What was attempted.
        target: String,
        /// The time given to one attempt.
        after: Duration,
        /// Attempts made.
        attempts: u32,
        /// Whether it may have been carried out.
        may_have_applied: bool,
    },
    /// The connection broke, or the answer was cut off.
    #[error(
        "cannot {target}: the connection broke before the whole answer came (attempts: {attempts})"
    )]
    Interrupted {
        /// What was attempted.
        target: String,
        /// Attempts made.
        attempts: u32,
        /// Whether it may have been carried out.
        may_have_applied: bool,
        /// Why.
        #[source]
        source: Cause,
    },
    /// The answer is larger than the cap.
    #[error("cannot {target}: the answer (HTTP {status}) is larger than {limit_bytes} bytes")]
    TooLarge {
        /// What was attempted.
        target: String,
        /// The status of the answer.
        status: u16,
        /// The cap.
        limit_bytes: usize,
        /// Whether it may have been carried out.
        may_have_applied: bool,
    },
    /// The caller's [`Gate`](crate::Gate) is closed for longer than the send may wait. The last
    /// attempt was never sent.
    #[error(
        "cannot {target}: the other side wants no request for another {:.1} s (attempts: {attempts})",
        .retry_after.as_secs_f32()
    )]
    Held {
        /// What was attempted.
        target: String,
        /// When the gate opens.
        retry_after: Duration,
        /// Attempts made.
        attempts: u32,
        /// Whether an earlier attempt may have been carried out.
        may_have_applied: bool,
    },
    /// The time for the whole send, retries included, was used up.
    #[error("cannot {target}: gave up after {} s (attempts: {attempts})", .after.as_secs_f32())]
    Deadline {
        /// What was attempted.
        target: String,
        /// The time given to the whole send.
        after: Duration,
        /// Attempts made; 0 if all the time went by waiting for others to the same host.
        attempts: u32,
        /// Whether it may have been carried out.
        may_have_applied: bool,
    },
}

impl Error {
    /// What it means for the caller.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Connect { .. }
            | Self::Timeout { .. }
            | Self::Interrupted { .. }
            | Self::Deadline { .. } => ErrorClass::Transient,
            Self::Held { retry_after, .. } => {
                ErrorClass::Throttled { retry_after: Some(*retry_after) }
            }
            Self::TooLarge { .. } => ErrorClass::Bug,
            Self::Options { .. }
            | Self::NoCaCertificates
            | Self::Setup { .. }
            | Self::Header { .. }
            | Self::UrlRefused { .. }
            | Self::TlsNotSetUp { .. }
            | Self::Untrusted { .. } => ErrorClass::Rejected,
        }
    }

    /// Whether the request may have been carried out although no answer came. Never true for a
    /// [`Safe`](crate::Safety::Safe) request: it changes nothing.
    pub fn may_have_applied(&self) -> bool {
        match self {
            Self::Connect { may_have_applied, .. }
            | Self::Timeout { may_have_applied, .. }
            | Self::Interrupted { may_have_applied, .. }
            | Self::TooLarge { may_have_applied, .. }
            | Self::Held { may_have_applied, .. }
            | Self::Deadline { may_have_applied, .. } => *may_have_applied,
            _ => false,
        }
    }

    /// Whether nothing of ours reached the other side: no connection, or a certificate that was
    /// not accepted. A sign that the address may be wrong.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Connect { .. } | Self::Untrusted { .. })
    }
}
