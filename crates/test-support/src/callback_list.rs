//! Callback lists of Enreach Cloud (Enreach reference, section 4.2).

use serde_json::{Value, json};
use uuid::Uuid;
use voice_model::CallbackListId;

use crate::ids::id;

/// A callback list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackList {
    number: u32,
    deleted: bool,
}

impl CallbackList {
    /// The n-th list.
    pub fn new(number: u32) -> Self {
        Self { number, deleted: false }
    }

    /// Somebody has deleted it.
    #[must_use]
    pub fn deleted(mut self) -> Self {
        self.deleted = true;
        self
    }

    /// Its id.
    pub fn id(&self) -> CallbackListId {
        CallbackListId::new(&self.guid().to_string()).unwrap()
    }

    /// Its name.
    pub fn name(&self) -> String {
        format!("Callback list {}", self.number)
    }

    pub(crate) fn guid(&self) -> Uuid {
        id(0xCB, self.number)
    }

    pub(crate) fn row(&self) -> Value {
        json!({
            "Id": self.guid(), "Name": self.name(), "ListType": "Callback",
            "RequestTypes": [{"Id": 50, "Name": "Missed call"}], "Deleted": self.deleted
        })
    }
}
