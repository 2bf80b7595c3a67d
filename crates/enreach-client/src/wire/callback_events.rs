//! What webhooks tell of callbacks (reference, section 8).

use serde_json::{Map, Value};

use super::fields::Fields;
use crate::CallbackHint;

/// Reads an event. `Id` is the event's own, so it names nothing here.
pub(crate) fn read(event: &Map<String, Value>) -> CallbackHint {
    let fields = Fields(event);
    let entity = || match fields.word("EntityType").as_deref() {
        Some("calllist") => fields.id(&["EntityId"]),
        _ => None,
    };
    CallbackHint {
        event_type: fields.text("EventType").map(|name| name.trim().to_owned()),
        list: fields.id(&["CallbackListId", "ListId"]).or_else(entity),
        item: fields.id(&["CallbackListItemId", "CallListItemId", "CallbackId"]),
    }
}
