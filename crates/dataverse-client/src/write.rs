//! Writes as data, and what became of the items of a batch.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{Page, Query, ServiceError};

/// The columns of a write, or the parameters of an action.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Columns(Map<String, Value>);

impl Columns {
    /// No columns yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a column to a JSON value: text, number, boolean or null; for a parameter of an action
    /// also an object.
    #[must_use]
    pub fn set(mut self, column: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.insert(column.into(), value.into());
        self
    }

    /// Sets a column, if there is a value.
    #[must_use]
    pub fn set_some(self, column: impl Into<String>, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.set(column, value),
            None => self,
        }
    }

    /// Sets a date-and-time column; whole seconds, as Dataverse stores them.
    #[must_use]
    pub fn instant(self, column: impl Into<String>, instant: DateTime<Utc>) -> Self {
        self.set(column, instant.to_rfc3339_opts(SecondsFormat::Secs, true))
    }

    /// Points a navigation property at a row. Names are case-sensitive.
    #[must_use]
    pub fn bind(self, navigation: &str, entity_set: &str, id: Uuid) -> Self {
        self.set(format!("{navigation}@odata.bind"), format!("/{entity_set}({id})"))
    }

    /// Rows to create along with this one, behind a collection navigation property.
    #[must_use]
    pub fn children(self, navigation: impl Into<String>, rows: Vec<Columns>) -> Self {
        let rows: Vec<Value> = rows.into_iter().map(|row| Value::Object(row.0)).collect();
        self.set(navigation, rows)
    }

    /// As JSON.
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Whether nothing was set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What must hold for an update to be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// The row exists (`If-Match: *`): never creates one.
    Exists,
    /// The row has this version (`If-Match: W/"…"`).
    Version(String),
}

/// One write.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// A new row with a key that we choose, so that a repeat is refused instead of doubled.
    Create {
        /// Entity set, such as `phonecalls`.
        entity_set: String,
        /// Name of the key column, such as `activityid`.
        key_column: String,
        /// The key.
        id: Uuid,
        /// The other columns.
        columns: Columns,
    },
    /// A change of an existing row.
    Update {
        /// Entity set.
        entity_set: String,
        /// The key.
        id: Uuid,
        /// The columns to change.
        columns: Columns,
        /// When to refuse.
        precondition: Precondition,
    },
    /// An action bound to a row: `POST <set>(<id>)/Microsoft.Dynamics.CRM.<action>`.
    ///
    /// As any other write it is sent again when its answer is lost. So it has to be one that may be
    /// carried out twice, as `AddToQueue` may (reference, section 3.2), or that follows in a change
    /// set on a write that is refused the second time.
    Action {
        /// Entity set of the row, such as `queues`.
        entity_set: String,
        /// The row's key.
        id: Uuid,
        /// Name of the action without its namespace, such as `AddToQueue`.
        action: String,
        /// Its parameters.
        parameters: Columns,
    },
}

/// One item of a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum BatchItem {
    /// Writes that happen together or not at all.
    ChangeSet(Vec<Write>),
    /// One write by itself.
    Write(Write),
    /// A read.
    Query(Query),
}

/// What became of an item of a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemAnswer {
    /// A change set or a write was carried out.
    Written,
    /// A read's first page.
    Read(Page),
    /// The item was refused; a change set as a whole.
    Refused(ServiceError),
    /// The answer does not say: it may or may not have been carried out.
    Unknown,
}
