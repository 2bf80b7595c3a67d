//! What a write may touch.

use std::collections::HashMap;

use crate::dataverse::ids::IdSource;
use crate::dataverse::row::{Row, RowRef};
use crate::dataverse::schema::Schema;
use crate::dataverse::store::Store;
use crate::dataverse::view::{Context, View};

/// Rows written earlier in the same change set, by their `Content-ID`: `phonecalls(6f1c…)`.
pub(in crate::dataverse) type References = HashMap<String, String>;

/// The environment during one write. Changes are undone by whoever opened the transaction.
#[derive(Debug)]
pub(in crate::dataverse) struct Work<'a> {
    /// Tables.
    pub(in crate::dataverse) schema: &'a Schema,
    /// Rows.
    pub(in crate::dataverse) store: &'a mut Store,
    /// The request's context.
    pub(in crate::dataverse) context: &'a Context,
    /// New ids.
    pub(in crate::dataverse) ids: &'a IdSource,
    /// What `$1` and its like stand for.
    pub(in crate::dataverse) references: &'a References,
    /// Closed activities refuse changes.
    pub(in crate::dataverse) closed_rows_read_only: bool,
}

impl Work<'_> {
    /// The environment as it is now.
    pub(in crate::dataverse) fn view(&self) -> View<'_> {
        View { schema: self.schema, store: self.store, context: self.context }
    }

    /// Stores a row.
    pub(in crate::dataverse) fn put(&mut self, at: RowRef, row: Row) {
        self.store.put(self.schema, at, row);
    }

    /// Takes a row away.
    pub(in crate::dataverse) fn remove(&mut self, at: RowRef) {
        self.store.remove(self.schema, at);
    }
}
