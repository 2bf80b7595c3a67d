//! Callback items, and the body that closes one (reference, section 4.2).

use serde_json::{Map, Value, json};

use super::fields::Fields;
use crate::{CallbackItem, CallbackState};

/// Names of an item's id; classification and webhooks use others than the item itself.
const ID: [&str; 4] = ["Id", "CallbackListItemId", "CallListItemId", "CallbackId"];

/// Reads an item; it needs an id.
pub(crate) fn read(row: Map<String, Value>) -> Result<CallbackItem, String> {
    let fields = Fields(&row);
    let item = CallbackItem {
        id: fields.required_id(&ID)?,
        list: fields.id(&["CallbackListId", "ListId"]),
        list_name: fields.text("CallbackListName").or_else(|| fields.text("ListName")),
        number: fields.text("Number").or_else(|| fields.text("ANum")),
        name: fields.text("Name"),
        source: fields.text("Source"),
        queue_name: fields.text("QueueName"),
        call: fields.id(&["CallId", "CallID"]),
        state: state(&row),
        created: fields.instant("Created").or_else(|| fields.instant("CreatedTime")),
        modified: fields.instant("Modified"),
        due: fields.instant("DueTime").or_else(|| fields.instant("Due")),
        note: fields.text("Note"),
        raw: Map::new(),
    };
    Ok(CallbackItem { raw: row, ..item })
}

/// `State`; only if it is missing or unknown, closed if there is a `ClosedTime`.
///
/// A number is unknown: no source tells which number is which state, and to take a waiting item for
/// a closed one is to lose it.
pub(crate) fn state(row: &Map<String, Value>) -> CallbackState {
    let fields = Fields(row);
    let named = fields.word("State").and_then(|word| {
        KNOWN
            .into_iter()
            .find(|state| name(*state).is_some_and(|it| it.eq_ignore_ascii_case(&word)))
    });
    let closed = || fields.instant("ClosedTime").map(|_| CallbackState::Closed);
    named.or_else(closed).unwrap_or_default()
}

/// The states that have a name on the wire.
const KNOWN: [CallbackState; 4] =
    [CallbackState::Open, CallbackState::Reserved, CallbackState::Closed, CallbackState::Expired];

/// A state's name on the wire.
pub(crate) fn name(state: CallbackState) -> Option<&'static str> {
    match state {
        CallbackState::Open => Some("Open"),
        CallbackState::Reserved => Some("Reserved"),
        CallbackState::Closed => Some("Closed"),
        CallbackState::Expired => Some("Expired"),
        CallbackState::Unknown => None,
    }
}

/// The names of states to ask for, separated by commas. `None` for all states: there is none to ask
/// for, or one of them has no name.
pub(crate) fn names(states: &[CallbackState]) -> Option<String> {
    let names: Option<Vec<_>> = states.iter().map(|state| name(*state)).collect();
    names.filter(|names| !names.is_empty()).map(|names| names.join(","))
}

/// What closes an item. `Force`, which would take it from the one who has reserved it, is never
/// sent.
pub(crate) fn closing() -> Value {
    json!({"State": "Closed", "Result": "Success", "Note": "Moved to CRM"})
}
