//! Error answers of the Enreach API (Enreach reference, section 1.5).

use http::header::{ALLOW, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, StatusCode};
use serde_json::json;

use super::collection::Collection;
use crate::server::{Answer, json_answer};

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    status: StatusCode,
    message: String,
    allow: Option<HeaderValue>,
}

impl Failure {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), allow: None }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Authentication failed: unknown user or wrong key")
    }

    pub(super) fn unknown_resource(segments: &[&str]) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("No resource at /{}", segments.join("/")))
    }

    pub(super) fn unknown_row(collection: Collection, id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("{} {id} not found", collection.row_name()))
    }

    pub(super) fn method(method: &Method, allowed: &'static str) -> Self {
        let message = format!("{method} is not supported here; use {allowed}");
        let allow = Some(HeaderValue::from_static(allowed));
        Self { allow, ..Self::new(StatusCode::METHOD_NOT_ALLOWED, message) }
    }

    #[cfg(test)]
    pub(super) fn status(&self) -> u16 {
        self.status.as_u16()
    }

    pub(super) fn into_answer(self) -> Answer {
        let body = json!({"ErrorCode": self.status.as_u16(), "Message": self.message});
        let mut answer = json_answer(self.status, &body);
        if let Some(allow) = self.allow {
            answer.headers_mut().insert(ALLOW, allow);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"enreach\"");
            answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        answer
    }
}
