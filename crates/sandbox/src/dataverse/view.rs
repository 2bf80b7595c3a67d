//! What one request may see: schema, rows, instant, caller and the address it used.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::failure::{Failure, Outcome};
use super::row::{Row, RowRef};
use super::schema::{ColumnId, ColumnKind, Schema, Table, TableId};
use super::store::Store;
use super::value::Value;

/// A readable state of the environment, as of one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    /// Tables.
    pub(super) schema: &'a Schema,
    /// Rows.
    pub(super) store: &'a Store,
    /// The request's context.
    pub(super) context: &'a Context,
}

/// Who asks, when, and over which address.
#[derive(Debug, Clone)]
pub(super) struct Context {
    /// Instant at which the request came in.
    pub(super) now: DateTime<Utc>,
    /// The `systemuser` in whose name it acts.
    pub(super) caller: Uuid,
    /// The application behind the caller, if it acts for somebody else.
    pub(super) on_behalf_by: Option<Uuid>,
    /// Scheme, host and port that the client used.
    pub(super) base_url: String,
}

impl Context {
    /// `http://host/api/data/v9.2/`.
    pub(super) fn service_root(&self) -> String {
        format!("{}{}", self.base_url, SERVICE_PATH)
    }
}

/// Path of the service below the environment's address.
pub(super) const SERVICE_PATH: &str = "/api/data/v9.2/";

/// A row with the place it lives in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    /// Table and key.
    pub(super) at: RowRef,
    /// Cells.
    pub(super) row: &'a Row,
}

impl<'a> Record<'a> {
    /// A column's value; key and row version included.
    pub(super) fn get(&self, table: &Table, column: ColumnId) -> Option<Cow<'a, Value>> {
        match table.column(column).kind {
            ColumnKind::Key => Some(Cow::Owned(Value::Guid(self.at.id))),
            ColumnKind::Long => {
                let version = i64::try_from(self.row.version).unwrap_or(i64::MAX);
                Some(Cow::Owned(Value::Long(version)))
            }
            _ => self.row.get(column).map(Cow::Borrowed),
        }
    }
}

impl<'a> View<'a> {
    /// A table.
    pub(super) fn table(&self, id: TableId) -> &'a Table {
        self.schema.table(id)
    }

    /// A row.
    pub(super) fn record(&self, at: RowRef) -> Option<Record<'a>> {
        self.store.row(at).map(|row| Record { at, row })
    }

    /// A row.
    ///
    /// # Errors
    /// 404 if there is none.
    pub(super) fn existing(&self, at: RowRef) -> Outcome<Record<'a>> {
        self.record(at).ok_or_else(|| Failure::row_not_found(self.table(at.table), at.id))
    }

    /// The row that a lookup of `record` points to, if it points into `target` (any if `None`).
    pub(super) fn follow(
        &self,
        record: Record<'a>,
        column: ColumnId,
        target: Option<TableId>,
    ) -> Option<Record<'a>> {
        let (table, id) = record.row.get(column)?.as_lookup()?;
        if target.is_some_and(|wanted| wanted != table) {
            return None;
        }
        self.record(RowRef::new(table, id))
    }

    /// The text that names a row to people.
    pub(super) fn label(&self, at: RowRef) -> Option<String> {
        let column = self.table(at.table).primary_name?;
        let name = self.store.row(at)?.get(column)?;
        name.as_text().map(str::to_owned)
    }

    /// The rows that a navigation property of many leads to, in order of their keys.
    pub(super) fn related(
        &self,
        from: RowRef,
        navigation: super::schema::Navigation,
    ) -> Vec<RowRef> {
        use super::schema::Navigation;
        let (table, ids) = match navigation {
            Navigation::One { .. } => return Vec::new(),
            Navigation::Many { table, column } => {
                (table, self.store.pointing_to(table, column, from.id))
            }
            Navigation::Linked { link, table, forward } => {
                (table, self.store.linked(link, from.id, forward))
            }
        };
        ids.into_iter().map(|id| RowRef::new(table, id)).collect()
    }
}
