//! What a sender is told.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// When to send again what could not be stored.
const SEND_AGAIN_SECS: &str = "5";

/// The answer to a webhook. Only the first two let the sender forget it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It is in the store, now or since an earlier time.
    Stored,
    /// It is about nothing that we work on.
    PassedOver,
    /// No such tenant, or one that takes no webhooks.
    UnknownTenant,
    /// The token is missing or wrong.
    WrongToken,
    /// The body is too large.
    TooLarge,
    /// The body did not come, or not in time.
    Incomplete,
    /// The body is not a JSON object.
    Malformed,
    /// More wait to be stored than may.
    Full,
    /// The store failed, or took too long.
    Unavailable,
}

impl Answer {
    /// Its name in metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::PassedOver => "passed_over",
            Self::UnknownTenant => "unknown_tenant",
            Self::WrongToken => "wrong_token",
            Self::TooLarge => "too_large",
            Self::Incomplete => "incomplete",
            Self::Malformed => "malformed",
            Self::Full => "full",
            Self::Unavailable => "unavailable",
        }
    }

    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Stored | Self::PassedOver => StatusCode::OK,
            Self::UnknownTenant => StatusCode::NOT_FOUND,
            Self::WrongToken => StatusCode::UNAUTHORIZED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Incomplete => StatusCode::REQUEST_TIMEOUT,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Full | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Stored => "stored\n",
            Self::PassedOver => "nothing to do\n",
            Self::UnknownTenant => "no such address\n",
            Self::WrongToken => "X-Benemen-Token is missing or wrong\n",
            Self::TooLarge => "the body is too large\n",
            Self::Incomplete => "the body did not arrive in time\n",
            Self::Malformed => "the body is not a JSON object\n",
            Self::Full | Self::Unavailable => "not stored; send it again\n",
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self.status() {
            status @ StatusCode::SERVICE_UNAVAILABLE => {
                (status, [(header::RETRY_AFTER, SEND_AGAIN_SECS)], self.text()).into_response()
            }
            status => (status, self.text()).into_response(),
        }
    }
}
