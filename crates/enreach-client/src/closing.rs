//! What an answer to closing a callback item means: a pure function of the answer.
//!
//! Only what Enreach itself says counts. A page in HTML comes from a proxy, or from a host where
//! the API no longer is, and tells nothing about an item.

use http_kit::Response;
use serde_json::Value;

use crate::error::Result;
use crate::wire::callback_items;
use crate::{CallbackState, CloseAnswer, answer};

/// Reads the answer.
///
/// A refusal lies in the item when it may be another for the next item: 400, 409, 412, 422 and 423,
/// and 403, because rights are given per list (reference, section 1.3): the credentials are good,
/// or it would be 401. Any other status says nothing about the item: it is an error, and its class
/// says what to do.
///
/// # Errors
/// As [`answer::json`], for every status that is not about the item and for a page instead of JSON.
pub(crate) fn read(
    operation: &'static str,
    username: &str,
    answer: &Response,
) -> Result<CloseAnswer> {
    let status = answer.status.as_u16();
    match status {
        _ if answer::is_gone(answer) => Ok(CloseAnswer::Gone),
        400 | 403 | 409 | 412 | 422 | 423 if !answer::is_page(answer) => {
            Ok(CloseAnswer::Refused { status, message: answer::refusal(answer) })
        }
        _ if answer.status.is_success() && answer::is_empty(answer) => Ok(CloseAnswer::Closed),
        _ => answer::json(operation, username, answer).map(|body| of_item(status, &body)),
    }
}

/// A success, unless the item in the answer says that it is something else than closed.
fn of_item(status: u16, body: &Value) -> CloseAnswer {
    match body.as_object().map(callback_items::state) {
        None | Some(CallbackState::Closed | CallbackState::Unknown) => CloseAnswer::Closed,
        Some(other) => {
            let name = callback_items::name(other).unwrap_or_default();
            CloseAnswer::Refused { status, message: Some(format!("the item is {name}")) }
        }
    }
}
