//! The rows of one schema carried over to another that was made from it.
//!
//! Tables and relationships keep their positions, so only what changed is touched: rows of a table
//! whose columns moved, indexes of a table whose keys or lookups changed.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::mem;

use super::{LinkRows, Store, TableRows, key_parts, key_text};
use crate::dataverse::row::Row;
use crate::dataverse::schema::{ColumnId, ColumnKind, Schema, Table, TableId};
use crate::dataverse::value::Value;

impl Store {
    /// Makes the rows fit `new`, which takes the place of `old`. No transaction can undo this.
    pub(in crate::dataverse) fn adapt(&mut self, old: &Schema, new: &Schema) {
        for (table, at) in new.tables().iter().zip(0..) {
            match old.tables().get(at) {
                None => {
                    let mut rows = TableRows::default();
                    rows.index(table);
                    self.tables.push(rows);
                }
                Some(_) if table.is_removed() => self.tables[at] = TableRows::default(),
                Some(before) if !same_layout(before, table) => {
                    self.tables[at].lay_out(before, table);
                }
                Some(_) => {}
            }
        }
        self.links.resize_with(new.links().len(), LinkRows::default);
        for (link, rows) in new.links().iter().zip(&mut self.links) {
            if link.removed {
                *rows = LinkRows::default();
            }
        }
    }

    /// Whether two rows of a table share the values of all these columns, which then cannot be a
    /// key.
    pub(in crate::dataverse) fn has_duplicates(
        &self,
        table: TableId,
        columns: &[ColumnId],
    ) -> bool {
        let mut seen = HashSet::new();
        self.rows(table)
            .values()
            .filter_map(|row| key_parts(row, columns))
            .any(|parts| !seen.insert(key_text(&parts)))
    }
}

impl TableRows {
    /// Moves the cells to their columns' new places and builds the indexes anew.
    fn lay_out(&mut self, before: &Table, after: &Table) {
        let places: Vec<Option<ColumnId>> = before
            .columns
            .iter()
            .map(|column| {
                let place = after.find(&column.logical_name)?;
                same_kind(&column.kind, &after.column(place).kind).then_some(place)
            })
            .collect();
        let place = |column: ColumnId| places.get(usize::from(column.0)).copied().flatten();
        for row in self.rows.values_mut() {
            let mut moved = mem::take(row).moved(place);
            drop_lost_references(after, &mut moved);
            *row = moved;
        }
        self.index(after);
    }

    fn index(&mut self, table: &Table) {
        self.references = table
            .columns
            .iter()
            .zip(0..)
            .filter(|(column, _)| column.lookup().is_some_and(|lookup| lookup.indexed))
            .map(|(_, at)| (ColumnId(at), BTreeSet::new()))
            .collect();
        self.keys = table.keys.iter().map(|_| HashMap::new()).collect();
        for (id, row) in &self.rows {
            for (column, index) in &mut self.references {
                if let Some((_, target)) = row.get(*column).and_then(Value::as_lookup) {
                    index.insert((target, *id));
                }
            }
            for (key, index) in table.keys.iter().zip(&mut self.keys) {
                if let Some(parts) = key_parts(row, &key.columns) {
                    index.insert(key_text(&parts), *id);
                }
            }
        }
    }
}

/// Empties lookups that point to a table that they can no longer point to.
fn drop_lost_references(table: &Table, row: &mut Row) {
    for (column, at) in table.columns.iter().zip(0..) {
        let at = ColumnId(at);
        let target = row.get(at).and_then(Value::as_lookup);
        if let (Some(lookup), Some((target, _))) = (column.lookup(), target)
            && lookup.target(target).is_none()
        {
            row.set(at, None);
        }
    }
}

/// Whether rows and indexes need no work.
fn same_layout(before: &Table, after: &Table) -> bool {
    before.keys == after.keys
        && before.columns.len() == after.columns.len()
        && before.columns.iter().zip(&after.columns).all(|(before, after)| {
            before.logical_name == after.logical_name && same_layout_of(&before.kind, &after.kind)
        })
}

fn same_layout_of(before: &ColumnKind, after: &ColumnKind) -> bool {
    match (before, after) {
        (ColumnKind::Lookup(before), ColumnKind::Lookup(after)) => {
            before.targets.iter().map(|target| target.table).collect::<Vec<_>>()
                == after.targets.iter().map(|target| target.table).collect::<Vec<_>>()
        }
        (before, after) => same_kind(before, after),
    }
}

fn same_kind(before: &ColumnKind, after: &ColumnKind) -> bool {
    mem::discriminant(before) == mem::discriminant(after)
}
