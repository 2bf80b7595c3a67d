//! A callback item (Enreach reference, section 4.2).

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::super::instant;
use super::world_row::{EnreachLoadError, WorldRow};

/// The row with what filters need to know of it.
#[derive(Debug)]
pub(in super::super) struct ItemRow {
    pub(in super::super) id: Uuid,
    pub(in super::super) row: Map<String, Value>,
    pub(in super::super) list: Uuid,
    pub(in super::super) created: DateTime<Utc>,
    pub(in super::super) modified: DateTime<Utc>,
}

impl ItemRow {
    /// Takes a checked row; without `Created` it is new, without `State` it is open.
    pub(super) fn read(mut row: WorldRow, now: DateTime<Utc>) -> Result<Self, EnreachLoadError> {
        let list = row.guid("CallbackListId");
        let list = list.ok_or_else(|| row.refused("CallbackListId is missing or not a GUID"))?;
        let created = row.instant("Created").unwrap_or(now);
        let modified = row.instant("Modified").unwrap_or(created);
        row.default("Created", || instant::iso(created).into());
        row.default("Modified", || instant::iso(modified).into());
        row.default("State", || "Open".into());
        Ok(Self { id: row.id(), list, created, modified, row: row.into_fields() })
    }
}
