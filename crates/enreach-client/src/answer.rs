//! From an HTTP answer to a JSON value, or to the error that says what came instead.

use http::header;
use http_kit::Response;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::quote::quote;
use crate::text::as_text;
use crate::wire::kind_of;

/// How much of a foreign message is shown.
const MESSAGE_CHARS: usize = 200;
/// How much of an answer that is not JSON is shown.
const START_CHARS: usize = 24;

/// Reads a successful answer.
///
/// # Errors
/// [`Error::Credentials`] for 401, [`Error::Status`] for any other status but 2xx, and
/// [`Error::Empty`], [`Error::NotJson`] or [`Error::BrokenJson`] for a body that is not JSON.
pub(crate) fn json(operation: &'static str, username: &str, answer: &Response) -> Result<Value> {
    let status = answer.status.as_u16();
    if status == 401 {
        return Err(Error::Credentials { operation, username: username.to_owned() });
    }
    if !answer.status.is_success() {
        let (message, retry_after) = (refusal(answer), answer.retry_after());
        return Err(Error::Status { operation, status, message, retry_after });
    }
    body(operation, answer)
}

/// Reads the body as JSON, whatever the status.
pub(crate) fn body(operation: &'static str, answer: &Response) -> Result<Value> {
    let status = answer.status.as_u16();
    let text = as_text(&answer.body);
    if text.trim().is_empty() {
        return Err(Error::Empty { operation, status });
    }
    serde_json::from_str(&text).map_err(|source| {
        let content_type = content_type(answer);
        if content_type.contains("json") && !text.trim_start().starts_with('<') {
            return Error::BrokenJson { operation, status, source };
        }
        let starts_with = quote(&text, START_CHARS);
        Error::NotJson { operation, status, content_type, starts_with }
    })
}

/// Whether there is no body.
pub(crate) fn is_empty(answer: &Response) -> bool {
    as_text(&answer.body).trim().is_empty()
}

/// Whether the API says that what was asked for is not there, and not a host where the API is not.
pub(crate) fn is_gone(answer: &Response) -> bool {
    matches!(answer.status.as_u16(), 404 | 410) && !is_page(answer)
}

/// Whether the body is something else than JSON, such as a proxy's page: not what the API says.
pub(crate) fn is_page(answer: &Response) -> bool {
    !is_empty(answer) && serde_json::from_str::<IgnoredAny>(&as_text(&answer.body)).is_err()
}

fn content_type(answer: &Response) -> String {
    let value = answer.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = value.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if media_type.is_empty() { "no content type".to_owned() } else { quote(media_type, 60) }
}

/// What an answer with an error status says: `Message` and `ErrorCode` (reference, section 1.5),
/// or what it is if it is not JSON.
pub(crate) fn refusal(answer: &Response) -> Option<String> {
    if answer.status.is_redirection() {
        return Some("a redirect, which is not followed".to_owned());
    }
    let text = as_text(&answer.body);
    if text.trim().is_empty() {
        return None;
    }
    let Ok(value) = serde_json::from_str::<Value>(&text) else {
        return Some(format!("expected JSON, got {}", content_type(answer)));
    };
    let message = value.get("Message").and_then(Value::as_str).map(|it| quote(it, MESSAGE_CHARS));
    let code = match value.get("ErrorCode") {
        Some(Value::Number(code)) => Some(code.to_string()),
        Some(Value::String(code)) => Some(quote(code, 20)),
        _ => None,
    };
    match (message, code) {
        (Some(message), Some(code)) => Some(format!("{message}; error code {code}")),
        (Some(message), None) => Some(message),
        (None, Some(code)) => Some(format!("error code {code}")),
        (None, None) => Some(format!("{} without Message", kind_of(&value))),
    }
}
