//! A row of a world while it is being checked.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::super::collection::Collection;
use super::super::instant;

/// Why an Enreach row of a world was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("enreach.{set}[{index}]{}: {problem}", .id.map(|id| format!(" (Id {id})")).unwrap_or_default())]
pub struct EnreachLoadError {
    set: &'static str,
    index: usize,
    id: Option<Uuid>,
    problem: String,
}

/// A row with its place in the world, for messages. Its id and its instants are known to be good.
#[derive(Debug)]
pub(super) struct WorldRow {
    collection: Collection,
    index: usize,
    id: Uuid,
    fields: Map<String, Value>,
}

impl WorldRow {
    /// Checks a row's id and that every field for an instant holds one or nothing.
    pub(super) fn read(
        collection: Collection,
        index: usize,
        row: Value,
    ) -> Result<Self, EnreachLoadError> {
        let refused = |id, problem| EnreachLoadError { set: collection.name(), index, id, problem };
        let Value::Object(fields) = row else {
            return Err(refused(None, format!("is {row}; expected an object")));
        };
        let id = match fields.get("Id") {
            None => return Err(refused(None, "Id is missing; expected a GUID".to_owned())),
            Some(value) => guid(value)
                .ok_or_else(|| refused(None, format!("Id is {value}; expected a GUID")))?,
        };
        for &name in collection.instants() {
            match fields.get(name) {
                None | Some(Value::Null) => {}
                Some(value) if value.as_str().and_then(instant::parse_in_row).is_some() => {}
                Some(value) => {
                    let problem = format!(
                        "{name} is {value}; expected an instant such as 2025-03-04T08:15:30Z or \
                         now-PT15M"
                    );
                    return Err(refused(Some(id), problem));
                }
            }
        }
        Ok(Self { collection, index, id, fields })
    }

    pub(super) fn id(&self) -> Uuid {
        self.id
    }

    /// Whether it belongs to `/servicecall`.
    pub(super) fn is_service_call(&self) -> bool {
        self.collection == Collection::ServiceCalls
    }

    /// The value of a field that is present, null included.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    /// The instant of a field, if it has one.
    pub(super) fn instant(&self, name: &str) -> Option<DateTime<Utc>> {
        self.get(name).and_then(Value::as_str).and_then(instant::parse_in_row)
    }

    /// The GUID of a field, if it has one.
    pub(super) fn guid(&self, name: &str) -> Option<Uuid> {
        self.get(name).and_then(guid)
    }

    /// Fills a field that is absent. A null stays: the world asks for it.
    pub(super) fn default(&mut self, name: &str, value: impl FnOnce() -> Value) {
        self.fields.entry(name.to_owned()).or_insert_with(value);
    }

    pub(super) fn refused(&self, problem: impl Into<String>) -> EnreachLoadError {
        EnreachLoadError {
            set: self.collection.name(),
            index: self.index,
            id: Some(self.id),
            problem: problem.into(),
        }
    }

    pub(super) fn into_fields(self) -> Map<String, Value> {
        self.fields
    }
}

fn guid(value: &Value) -> Option<Uuid> {
    value.as_str()?.parse().ok()
}
