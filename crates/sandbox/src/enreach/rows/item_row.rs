//! A callback item (Enreach reference, section 4.2).

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::super::callback_state::State;
use super::super::instant;
use super::world_row::{EnreachLoadError, WorldRow};

/// The row with what filters and state changes need to know of it.
#[derive(Debug, Clone)]
pub(in super::super) struct ItemRow {
    pub(in super::super) id: Uuid,
    row: Map<String, Value>,
    pub(in super::super) list: Uuid,
    pub(in super::super) created: DateTime<Utc>,
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
        row.default("State", || State::Open.name().into());
        match row.get("State").and_then(Value::as_str).map(State::of_name) {
            Some(Some(_)) => Ok(Self { id: row.id(), list, created, row: row.into_fields() }),
            _ => {
                let given = row.get("State").unwrap_or(&Value::Null);
                Err(row.refused(format!("State is {given}; expected {}", State::names())))
            }
        }
    }

    /// A complete row that was made now.
    pub(in super::super) fn new(
        id: Uuid,
        list: Uuid,
        row: Map<String, Value>,
        now: DateTime<Utc>,
    ) -> Self {
        Self { id, row, list, created: now }
    }

    /// The item with other values in some fields, changed now.
    pub(in super::super) fn with(&self, fields: Map<String, Value>, now: DateTime<Utc>) -> Self {
        let mut row = self.row_at(now);
        row.extend(fields);
        let modified = self.modified(now).max(now);
        row.insert("Modified".to_owned(), instant::iso(modified).into());
        Self { row, ..self.clone() }
    }

    /// Its state; one that is not closed expires with its time.
    pub(in super::super) fn state(&self, now: DateTime<Utc>) -> State {
        let stored = self.text("State").and_then(State::of_name).unwrap_or(State::Open);
        let is_over = self.instant("ExpirationTime").is_some_and(|at| at <= now);
        if stored != State::Closed && is_over { State::Expired } else { stored }
    }

    /// When it was last changed; expiring is a change.
    pub(in super::super) fn modified(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let stored = self.instant("Modified").unwrap_or(self.created);
        let has_expired = self.state(now) == State::Expired;
        let expired = self.instant("ExpirationTime").filter(|_| has_expired);
        expired.map_or(stored, |expired| expired.max(stored))
    }

    /// Whether it is there and open.
    pub(in super::super) fn is_waiting(&self, now: DateTime<Utc>) -> bool {
        self.created <= now && self.state(now) == State::Open
    }

    /// Who has it.
    pub(in super::super) fn assigned_to(&self) -> Option<Uuid> {
        self.text("AssignedUserId")?.parse().ok()
    }

    /// The row as it is now.
    pub(in super::super) fn row_at(&self, now: DateTime<Utc>) -> Map<String, Value> {
        let mut row = self.row.clone();
        row.insert("State".to_owned(), self.state(now).name().into());
        row.insert("Modified".to_owned(), instant::iso(self.modified(now)).into());
        row
    }

    /// The text of a field.
    pub(in super::super) fn text(&self, name: &str) -> Option<&str> {
        self.row.get(name).and_then(Value::as_str)
    }

    /// The row as it is kept.
    pub(super) fn fields(&self) -> &Map<String, Value> {
        &self.row
    }

    fn instant(&self, name: &str) -> Option<DateTime<Utc>> {
        self.text(name).and_then(instant::parse_in_row)
    }
}
