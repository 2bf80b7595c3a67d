//! Queues (reference, section 6).

use serde_json::{Map, Value};

use super::fields::Fields;
use crate::Queue;

/// Reads a queue; it needs an id.
pub(crate) fn read(row: Map<String, Value>) -> Result<Queue, String> {
    let fields = Fields(&row);
    Ok(Queue {
        id: fields.required_id(&["Id", "QueueId", "QueueID"])?,
        name: fields.text("Name"),
        type_id: fields.integer("TypeId"),
        numbers: fields.texts("Numbers"),
    })
}
