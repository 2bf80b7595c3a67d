//! What the platform tells of callback items by webhook (Enreach reference, section 8).

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::instant;
use super::rows::ItemRow;
use crate::identity::ENREACH_ORGANIZATION_ID;

/// An event about one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CallbackEvent {
    /// `CallbackCreated` and its like.
    pub(crate) event_type: &'static str,
    /// The item's list.
    pub(crate) list: Uuid,
    /// The whole event.
    pub(crate) body: Value,
}

impl CallbackEvent {
    /// An item has come.
    pub(super) fn created(item: &ItemRow, event: Uuid, now: DateTime<Utc>) -> Self {
        Self::new("CallbackCreated", item, event, now)
    }

    /// An item has changed.
    pub(super) fn updated(item: &ItemRow, event: Uuid, now: DateTime<Utc>) -> Self {
        Self::new("CallbackUpdated", item, event, now)
    }

    /// An item is done.
    pub(super) fn closed(item: &ItemRow, event: Uuid, now: DateTime<Utc>) -> Self {
        Self::new("CallbackClosed", item, event, now)
    }

    fn new(event_type: &'static str, item: &ItemRow, event: Uuid, now: DateTime<Utc>) -> Self {
        let row = item.row_at(now);
        let of = |name: &str| row.get(name).cloned().unwrap_or(Value::Null);
        let body = json!({
            "Id": event,
            "Timestamp": instant::iso(now),
            "RootEntityType": "Organization",
            "RootEntityId": ENREACH_ORGANIZATION_ID,
            "EntityType": "CallList",
            "EntityId": item.list,
            "EventType": event_type,
            "CallbackListId": item.list,
            "CallbackListName": of("CallbackListName"),
            "CallbackListItemId": item.id,
            "RequestTypeId": of("RequestTypeId"),
            "Number": of("Number"),
            "QueueId": of("QueueId"),
            "CallId": of("CallId"),
            "State": of("State"),
        });
        Self { event_type, list: item.list, body }
    }
}
