//! Callback lists (reference, section 4.2).

use serde_json::{Map, Value};

use super::fields::Fields;
use crate::CallbackList;

/// Reads a list; it needs an id.
pub(crate) fn read(row: Map<String, Value>) -> Result<CallbackList, String> {
    let fields = Fields(&row);
    Ok(CallbackList {
        id: fields.required_id(&["Id", "CallbackListId", "ListId"])?,
        name: fields.text("Name").or_else(|| fields.text("ListName")),
        deleted: fields.flag("Deleted"),
        queue: fields.id(&["QueueId", "QueueID"]),
    })
}
