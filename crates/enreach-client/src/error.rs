//! What can go wrong when talking to Enreach Cloud.

use std::time::Duration;

use chrono::{DateTime, Utc};
use voice_model::ErrorClass;

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The one operation that changes something.
pub(crate) const CLOSE_A_CALLBACK: &str = "close a callback";

/// A failed operation.
///
/// Operations are verb phrases such as `read calls`. No message holds the secret key, a query or a
/// whole answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The client cannot be built like this.
    #[error("Enreach client: {problem}")]
    Configuration {
        /// What is wrong, and what is expected.
        problem: String,
    },
    /// The address of the API could not be found.
    #[error("cannot find the Enreach API of user {username:?} at {host}: {problem}")]
    Discovery {
        /// The API user.
        username: String,
        /// The discovery service.
        host: String,
        /// Why.
        problem: DiscoveryProblem,
    },
    /// There was no answer.
    #[error("could not {operation}: no usable answer from Enreach Cloud")]
    Transport {
        /// What was attempted.
        operation: &'static str,
        /// Why.
        #[source]
        source: http_kit::Error,
    },
    /// Enreach does not accept the credentials.
    #[error(
        "Enreach refused to {operation} (HTTP 401): user {username:?} is unknown there, or its \
         secret key is wrong or was rotated; put the current key into the configuration"
    )]
    Credentials {
        /// What was attempted.
        operation: &'static str,
        /// The API user.
        username: String,
    },
    /// Enreach answered with an error status.
    #[error("Enreach refused to {operation}: HTTP {status}{}", .message.as_deref().map(|text| format!(" ({text})")).unwrap_or_default())]
    Status {
        /// What was attempted, such as `read calls`.
        operation: &'static str,
        /// HTTP status.
        status: u16,
        /// What Enreach said, shortened.
        message: Option<String>,
        /// The wait it asked for.
        retry_after: Option<Duration>,
    },
    /// A successful answer that is something else than JSON, such as a proxy's page.
    #[error(
        "could not {operation}: expected JSON, got {content_type} (HTTP {status}, starts with \
         {starts_with:?}); is the address that of the Enreach API, and is there a proxy between?"
    )]
    NotJson {
        /// What was attempted.
        operation: &'static str,
        /// HTTP status.
        status: u16,
        /// What the answer calls itself.
        content_type: String,
        /// Its first characters, long runs of digits masked.
        starts_with: String,
    },
    /// An answer in JSON that is broken, for example cut off.
    #[error("could not {operation}: the JSON of the answer (HTTP {status}) is broken")]
    BrokenJson {
        /// What was attempted.
        operation: &'static str,
        /// HTTP status.
        status: u16,
        /// Where.
        #[source]
        source: serde_json::Error,
    },
    /// A successful answer without a body.
    #[error("could not {operation}: the answer (HTTP {status}) is empty, expected JSON")]
    Empty {
        /// What was attempted.
        operation: &'static str,
        /// HTTP status.
        status: u16,
    },
    /// An answer of another shape than documented.
    #[error("could not {operation}: expected {expected}, got {got}")]
    UnexpectedShape {
        /// What was attempted.
        operation: &'static str,
        /// What the answer should be.
        expected: &'static str,
        /// What it is.
        got: &'static str,
    },
    /// A single row that was asked for cannot be read.
    #[error("could not {operation}: {reason}")]
    Unreadable {
        /// What was attempted.
        operation: &'static str,
        /// What is wrong with it, naming the field.
        reason: String,
    },
    /// An id that cannot be a part of a path. Nothing was sent.
    #[error(
        "cannot {operation}: the id {id:?} cannot stand in a URL; nothing of that id can be asked \
         for"
    )]
    UnusableId {
        /// What was attempted.
        operation: &'static str,
        /// The id.
        id: String,
    },
    /// A window that the API would refuse. Nothing was sent.
    #[error(
        "refused to {operation} from {start} to {end}: Enreach accepts at most 31 days (reference, \
         section 2.2); split the window"
    )]
    WindowTooLong {
        /// What was attempted.
        operation: &'static str,
        /// First instant, rounded down to a whole second.
        start: DateTime<Utc>,
        /// Last instant, rounded up to a whole second.
        end: DateTime<Utc>,
    },
}

/// Why discovery failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoveryProblem {
    /// The answer lists no platform for the user.
    #[error("no Enreach platform knows this user; check the user name in the configuration")]
    UnknownUser,
    /// It did not answer 200.
    #[error("it answered HTTP {status}; check the user name and the discovery URL")]
    Status {
        /// HTTP status.
        status: u16,
        /// The wait it asked for.
        retry_after: Option<Duration>,
    },
    /// It answered with something that is not a discovery answer.
    #[error("its answer is unusable ({reason}); check the discovery URL")]
    Unusable {
        /// What is wrong with it.
        reason: String,
        /// Whether a later answer may be better.
        passing: bool,
    },
    /// It names an address that credentials must not be sent to, or none.
    #[error(
        "it names an API address that cannot be used ({reason}); check the discovery URL, or set \
         api_url"
    )]
    Endpoint {
        /// What is wrong with it.
        reason: String,
    },
}

impl Error {
    /// What it means for the caller.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Discovery { problem, .. } => problem.class(),
            Self::Transport { source, .. } => source.class(),
            Self::Credentials { .. } => ErrorClass::Auth,
            Self::Status { status, retry_after, .. } => class_of_status(*status, *retry_after),
            // Pages of proxies and cut-off answers pass.
            Self::NotJson { .. } | Self::BrokenJson { .. } | Self::Empty { .. } => {
                ErrorClass::Transient
            }
            Self::UnexpectedShape { .. } | Self::Unreadable { .. } => ErrorClass::Bug,
            Self::Configuration { .. } | Self::WindowTooLong { .. } | Self::UnusableId { .. } => {
                ErrorClass::Rejected
            }
        }
    }

    /// Whether a write may have been carried out although it failed here. The only write is the
    /// closing of a callback; after it, anything but a plain refusal may hide a success.
    pub fn may_have_applied(&self) -> bool {
        match self {
            Self::Transport { source, .. } => source.may_have_applied(),
            Self::Status { operation: CLOSE_A_CALLBACK, status, .. } => {
                matches!(status, 408 | 500 | 502 | 504..)
            }
            Self::NotJson { operation, .. } | Self::BrokenJson { operation, .. } => {
                *operation == CLOSE_A_CALLBACK
            }
            _ => false,
        }
    }
}

impl DiscoveryProblem {
    fn class(&self) -> ErrorClass {
        match self {
            // The user name is half of the credentials, and discovery's only question.
            Self::UnknownUser | Self::Status { status: 404, .. } => ErrorClass::Auth,
            Self::Status { status, retry_after } => class_of_status(*status, *retry_after),
            Self::Unusable { passing: true, .. } => ErrorClass::Transient,
            Self::Unusable { passing: false, .. } => ErrorClass::Bug,
            Self::Endpoint { .. } => ErrorClass::Rejected,
        }
    }
}

fn class_of_status(status: u16, retry_after: Option<Duration>) -> ErrorClass {
    match status {
        401 | 403 => ErrorClass::Auth,
        404 => ErrorClass::NotFound,
        429 => ErrorClass::Throttled { retry_after },
        408 | 500.. => ErrorClass::Transient,
        _ => ErrorClass::Rejected,
    }
}
