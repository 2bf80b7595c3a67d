//! Worlds: the data of both systems in one JSON document (design, section 9).
//!
//! Reading one resolves relative dates and checks the outer shape; what rows must look like is
//! known to the simulators. A world is loaded as a whole or not at all.

mod relative_date;
mod stream;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::dataverse::LoadError;
use crate::enreach::{Collection, EnreachLoadError};

pub(crate) use stream::read_stream;

/// Why a world was refused; nothing of it was loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// A part of the document is not what belongs there.
    #[error("world: {path} {problem}")]
    Shape {
        /// Where, such as `enreach.calls[3]`.
        path: String,
        /// What is there, and what belongs there.
        problem: String,
    },
    /// An Enreach row that cannot be served.
    #[error(transparent)]
    Enreach(#[from] EnreachLoadError),
    /// A Dataverse row that the schema does not allow; the text names set, row and column.
    #[error("{0}")]
    Dataverse(String),
}

impl From<LoadError> for WorldError {
    fn from(error: LoadError) -> Self {
        Self::Dataverse(format!("dataverse.{error}"))
    }
}

impl WorldError {
    fn shape(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Shape { path: path.into(), problem: problem.into() }
    }
}

/// How many rows were loaded, by system and collection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LoadSummary {
    /// Enreach rows by collection, such as `calls`.
    pub enreach: BTreeMap<String, usize>,
    /// Dataverse rows by entity set, such as `contacts`.
    pub dataverse: BTreeMap<String, usize>,
}

/// A world with absolute dates, by system and collection.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) enreach: BTreeMap<Collection, Vec<Value>>,
    pub(crate) dataverse: BTreeMap<String, Vec<Value>>,
}

impl World {
    /// Checks the outer shape and resolves relative dates against `now`.
    pub(crate) fn read(world: Value, now: DateTime<Utc>) -> Result<Self, WorldError> {
        let mut read = Self { enreach: BTreeMap::new(), dataverse: BTreeMap::new() };
        for (system, sets) in object("the document", world)? {
            for (set, rows) in match system.as_str() {
                "enreach" | "dataverse" => object(&system, sets)?,
                _ => return Err(unknown(&system, "enreach, dataverse")),
            } {
                let path = format!("{system}.{set}");
                let rows = rows_of(&path, rows, now)?;
                if system == "dataverse" {
                    read.dataverse.insert(set, rows);
                } else {
                    let collection = Collection::of_name(&set)
                        .ok_or_else(|| unknown(&path, &Collection::names().join(", ")))?;
                    read.enreach.insert(collection, rows);
                }
            }
        }
        Ok(read)
    }

    /// Its row counts.
    pub(crate) fn summary(&self) -> LoadSummary {
        let enreach = self.enreach.iter();
        let dataverse = self.dataverse.iter();
        LoadSummary {
            enreach: enreach.map(|(set, rows)| (set.name().to_owned(), rows.len())).collect(),
            dataverse: dataverse.map(|(set, rows)| (set.clone(), rows.len())).collect(),
        }
    }
}

fn unknown(path: &str, known: &str) -> WorldError {
    WorldError::shape(path, format!("is unknown; expected one of {known}"))
}

fn object(path: &str, value: Value) -> Result<Map<String, Value>, WorldError> {
    match value {
        Value::Object(map) => Ok(map),
        other => Err(WorldError::shape(path, format!("is {}; expected an object", kind(&other)))),
    }
}

fn rows_of(path: &str, rows: Value, now: DateTime<Utc>) -> Result<Vec<Value>, WorldError> {
    let Value::Array(mut rows) = rows else {
        let problem = format!("is {}; expected an array of rows", kind(&rows));
        return Err(WorldError::shape(path, problem));
    };
    for (index, row) in rows.iter_mut().enumerate() {
        let path = format!("{path}[{index}]");
        if !row.is_object() {
            let problem = format!("is {}; expected an object", kind(row));
            return Err(WorldError::shape(path, problem));
        }
        relative_date::resolve(row, &path, now)
            .map_err(|error| WorldError::shape(error.path, error.problem))?;
    }
    Ok(rows)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use serde_json::json;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
    }

    #[track_caller]
    fn refused(world: Value, expected: &str) {
        assert_eq!(World::read(world, now()).unwrap_err().to_string(), expected);
    }

    #[test]
    fn a_bad_outer_shape_is_refused_with_its_place() {
        refused(json!([]), "world: the document is an array; expected an object");
        refused(
            json!({"enrich": {}}),
            "world: enrich is unknown; expected one of enreach, dataverse",
        );
        refused(json!({"dataverse": []}), "world: dataverse is an array; expected an object");
        refused(
            json!({"enreach": {"call": []}}),
            "world: enreach.call is unknown; expected one of users, queues, calls, servicecalls, \
             callback_lists, callback_items",
        );
        refused(
            json!({"dataverse": {"contacts": {}}}),
            "world: dataverse.contacts is an object; expected an array of rows",
        );
        refused(
            json!({"enreach": {"calls": [{}, 7]}}),
            "world: enreach.calls[1] is a number; expected an object",
        );
    }

    #[test]
    fn relative_dates_are_resolved_wherever_they_stand() {
        let world = json!({"dataverse": {"phonecalls": [{"a": "now", "b": [{"c": "now-PT1H"}]}]}});
        let world = World::read(world, now()).unwrap();
        let row = &world.dataverse["phonecalls"][0];
        assert_eq!(row["a"], "2026-03-01T12:00:00Z");
        assert_eq!(row["b"][0]["c"], "2026-03-01T11:00:00Z");
    }

    #[test]
    fn a_bad_relative_date_is_refused_with_its_place() {
        let world = json!({"enreach": {"calls": [{"StartTime": "now-P1M"}]}});
        let error = World::read(world, now()).unwrap_err().to_string();
        assert!(error.starts_with("world: enreach.calls[0].StartTime"), "{error}");
    }
}
