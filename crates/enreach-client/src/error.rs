//! What can go wrong when talking to Enreach Cloud.

use std::time::Duration;

use voice_model::ErrorClass;

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed operation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
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
}

impl Error {
    /// What it means for the caller.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Status { status: 401 | 403, .. } => ErrorClass::Auth,
            Self::Status { status: 404, .. } => ErrorClass::NotFound,
            Self::Status { status: 429, retry_after, .. } => {
                ErrorClass::Throttled { retry_after: *retry_after }
            }
            Self::Status { status: 500.., .. } => ErrorClass::Transient,
            Self::Status { .. } => ErrorClass::Rejected,
        }
    }

    /// Whether a write may have been carried out although it failed here.
    pub fn may_have_applied(&self) -> bool {
        false
    }
}
