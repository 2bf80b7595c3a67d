//! Events that the platform posts to us, as hints: whoever gets one reads the item itself before
//! acting (reference, section 8).

use serde_json::Value;
use voice_model::{CallbackItemId, CallbackListId};

use crate::text::as_text;
use crate::wire;

/// Which callback an event may be about. Nothing of it is proof; no part need be there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallbackHint {
    /// `CallbackCreated` and its like, as received.
    pub event_type: Option<String>,
    /// The callback list (`CallbackListId`, else `ListId`, else the entity if that is a call list).
    pub list: Option<CallbackListId>,
    /// The item (`CallbackListItemId`, else `CallListItemId`, else `CallbackId`).
    pub item: Option<CallbackItemId>,
}

/// Reads the body of an event as it was received. `None` if it is not a JSON object.
///
/// ```
/// let body = br#"{"Id":"e-1","EventType":"CallbackCreated","CallbackListItemId":"i-1"}"#;
/// let hint = enreach_client::callback_hint(body).unwrap();
/// assert_eq!(hint.item.unwrap().as_str(), "i-1");
/// assert_eq!(enreach_client::callback_hint(b"hello"), None);
/// ```
pub fn callback_hint(body: &[u8]) -> Option<CallbackHint> {
    let Ok(Value::Object(event)) = serde_json::from_str(&as_text(body)) else { return None };
    Some(wire::callback_events::read(&event))
}
