//! A row as Dataverse returns it, with typed access to its columns.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

/// A row of a table. Column names are logical names; a column that was not selected is absent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row(Map<String, Value>);

impl Row {
    /// Wraps a JSON object.
    pub fn new(columns: Map<String, Value>) -> Self {
        Self(columns)
    }

    /// The raw value of a column; null and absent are both `None`.
    pub fn value(&self, column: &str) -> Option<&Value> {
        self.0.get(column).filter(|value| !value.is_null())
    }

    /// A text column. Empty text is `None`, as Dataverse itself stores it.
    pub fn text(&self, column: &str) -> Option<&str> {
        self.value(column)?.as_str().filter(|text| !text.is_empty())
    }

    /// A whole-number or choice column.
    pub fn integer(&self, column: &str) -> Option<i64> {
        self.value(column)?.as_i64()
    }

    /// A yes/no column.
    pub fn boolean(&self, column: &str) -> Option<bool> {
        self.value(column)?.as_bool()
    }

    /// A date-and-time column.
    pub fn instant(&self, column: &str) -> Option<DateTime<Utc>> {
        let text = self.text(column)?;
        DateTime::parse_from_rfc3339(text).ok().map(|instant| instant.to_utc())
    }

    /// A key column.
    pub fn uuid(&self, column: &str) -> Option<Uuid> {
        Uuid::try_parse(self.text(column)?).ok()
    }

    /// The id that a lookup column points to (read as `_<column>_value`).
    pub fn lookup(&self, column: &str) -> Option<Uuid> {
        self.uuid(&format!("_{column}_value"))
    }

    /// The table that a lookup points to, when annotations were asked for.
    pub fn lookup_table(&self, column: &str) -> Option<&str> {
        self.text(&format!("_{column}_value@Microsoft.Dynamics.CRM.lookuplogicalname"))
    }

    /// The row's version, for optimistic concurrency.
    pub fn etag(&self) -> Option<&str> {
        self.text("@odata.etag")
    }

    /// The rows of an expanded collection.
    pub fn expanded(&self, navigation: &str) -> Vec<Row> {
        let Some(Value::Array(rows)) = self.0.get(navigation) else { return Vec::new() };
        rows.iter().filter_map(|row| row.as_object().cloned().map(Row)).collect()
    }
}

impl From<Value> for Row {
    /// Anything but an object becomes a row without columns.
    fn from(value: Value) -> Self {
        match value {
            Value::Object(columns) => Self(columns),
            _ => Self::default(),
        }
    }
}

/// A page of rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// Its rows.
    pub rows: Vec<Row>,
    /// Where the rest is, if there is more.
    pub next: Option<NextLink>,
}

/// The opaque link to the next page, with the preferences to send along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextLink {
    pub(crate) url: String,
    pub(crate) prefer: Option<String>,
}

/// A status reason of a table and the state that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusOption {
    /// `statuscode`.
    pub status: i64,
    /// `statecode`.
    pub state: i64,
}
