//! One stored row: its version and the cells that have a value.

use uuid::Uuid;

use super::schema::{ColumnId, TableId};
use super::value::Value;

/// Cells in order of their columns, empty ones left out: a wide table with few values stays small.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Row {
    /// Row version: the ETag's number, the `versionnumber`, and the position in the change order.
    pub(super) version: u64,
    cells: Vec<(ColumnId, Value)>,
}

impl Row {
    /// The value of a column.
    pub(super) fn get(&self, column: ColumnId) -> Option<&Value> {
        let at = self.cells.binary_search_by_key(&column, |(id, _)| *id).ok()?;
        Some(&self.cells[at].1)
    }

    /// Sets or clears a column.
    pub(super) fn set(&mut self, column: ColumnId, value: Option<Value>) {
        match (self.cells.binary_search_by_key(&column, |(id, _)| *id), value) {
            (Ok(at), Some(value)) => self.cells[at].1 = value,
            (Ok(at), None) => {
                self.cells.remove(at);
            }
            (Err(at), Some(value)) => self.cells.insert(at, (column, value)),
            (Err(_), None) => {}
        }
    }

    /// The row with its cells in other columns; those without a new place are dropped.
    pub(super) fn moved(self, place: impl Fn(ColumnId) -> Option<ColumnId>) -> Self {
        let mut cells: Vec<_> = self
            .cells
            .into_iter()
            .filter_map(|(column, value)| Some((place(column)?, value)))
            .collect();
        cells.sort_by_key(|(column, _)| *column);
        Self { version: self.version, cells }
    }

    /// Gives back memory that growing took; called once a row is stored.
    pub(super) fn shrink(&mut self) {
        self.cells.shrink_to_fit();
    }
}

/// Which row: table and primary key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RowRef {
    /// Table.
    pub(super) table: TableId,
    /// Primary key.
    pub(super) id: Uuid,
}

impl RowRef {
    /// The row `id` of `table`.
    pub(super) fn new(table: TableId, id: Uuid) -> Self {
        Self { table, id }
    }
}
