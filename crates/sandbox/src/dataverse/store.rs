//! The rows of one environment, their indexes, and the undo log that makes changes all or nothing.
//!
//! Invariants: every index agrees with the rows at all times; while a transaction is open, undoing
//! it restores rows, links and indexes exactly. The version counter alone never goes back, so an
//! ETag is never given out twice.

mod adapt;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;

use uuid::Uuid;

use super::collation;
use super::row::{Row, RowRef};
use super::schema::{ColumnId, LinkId, Schema, TableId};
use super::tombstones::{Grave, Tombstones};
use super::value::Value;

/// Rows of all tables.
#[derive(Debug)]
pub(super) struct Store {
    tables: Vec<TableRows>,
    links: Vec<LinkRows>,
    version: u64,
    /// Change tokens below this version have expired.
    oldest_token: u64,
    undo: Option<Vec<Undo>>,
}

#[derive(Debug, Default)]
struct TableRows {
    rows: BTreeMap<Uuid, Row>,
    /// For each indexed lookup: (row pointed to, row that points).
    references: BTreeMap<ColumnId, BTreeSet<(Uuid, Uuid)>>,
    /// For each alternate key, in the schema's order: the folded key parts, and whose they are.
    keys: Vec<HashMap<String, Uuid>>,
    /// The rows by their versions: the order of changes.
    changes: BTreeMap<u64, Uuid>,
    /// The deletions by their versions.
    tombstones: Tombstones,
}

#[derive(Debug, Default)]
struct LinkRows {
    forward: BTreeSet<(Uuid, Uuid)>,
    back: BTreeSet<(Uuid, Uuid)>,
}

#[derive(Debug)]
enum Undo {
    /// The row as it was; `None` = it did not exist.
    Row(RowRef, Option<Row>),
    /// A deletion was noted.
    Tombstone(TableId, Grave),
    /// The link was made (`true`) or taken away.
    Link(LinkId, Uuid, Uuid, bool),
}

impl Store {
    /// Empty tables for a schema.
    pub(super) fn new(schema: &Schema) -> Self {
        let tables = schema
            .tables()
            .iter()
            .map(|table| TableRows {
                rows: BTreeMap::new(),
                references: table
                    .columns
                    .iter()
                    .zip(0..)
                    .filter(|(column, _)| column.lookup().is_some_and(|lookup| lookup.indexed))
                    .map(|(_, at)| (ColumnId(at), BTreeSet::new()))
                    .collect(),
                keys: table.keys.iter().map(|_| HashMap::new()).collect(),
                ..TableRows::default()
            })
            .collect();
        let links = schema.links().iter().map(|_| LinkRows::default()).collect();
        Self { tables, links, version: 1_000_000, oldest_token: 0, undo: None }
    }

    /// Starts to remember how to undo.
    pub(super) fn begin(&mut self) {
        self.undo = Some(Vec::new());
    }

    /// Keeps the changes made since [`Self::begin`].
    pub(super) fn commit(&mut self) {
        self.undo = None;
    }

    /// Undoes the changes made since [`Self::begin`].
    pub(super) fn roll_back(&mut self, schema: &Schema) {
        for step in self.undo.take().unwrap_or_default().into_iter().rev() {
            match step {
                Undo::Row(at, before) => {
                    self.swap(schema, at, before);
                }
                Undo::Tombstone(table, grave) => {
                    self.tables[usize::from(table.0)].tombstones.undo(&grave);
                }
                Undo::Link(link, first, second, made) => {
                    self.apply_link(link, first, second, !made);
                }
            }
        }
    }

    /// A row.
    pub(super) fn row(&self, at: RowRef) -> Option<&Row> {
        self.rows(at.table).get(&at.id)
    }

    /// All rows of a table in order of their keys.
    pub(super) fn rows(&self, table: TableId) -> &BTreeMap<Uuid, Row> {
        &self.tables[usize::from(table.0)].rows
    }

    /// Rows of a table whose keys come after `after`.
    pub(super) fn rows_after(
        &self,
        table: TableId,
        after: Option<Uuid>,
    ) -> impl Iterator<Item = (Uuid, &Row)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.rows(table).range((from, Bound::Unbounded)).map(|(id, row)| (*id, row))
    }

    /// Keys of the rows of `table` whose lookup `column` points to `target`, in order.
    pub(super) fn pointing_to(&self, table: TableId, column: ColumnId, target: Uuid) -> Vec<Uuid> {
        let rows = &self.tables[usize::from(table.0)];
        match rows.references.get(&column) {
            Some(index) => between(index, target).collect(),
            None => rows
                .rows
                .iter()
                .filter(|(_, row)| {
                    row.get(column).and_then(Value::as_lookup).is_some_and(|(_, id)| id == target)
                })
                .map(|(id, _)| *id)
                .collect(),
        }
    }

    /// The row that holds the parts of an alternate key.
    pub(super) fn by_key(&self, table: TableId, key: usize, parts: &[Value]) -> Option<Uuid> {
        self.tables[usize::from(table.0)].keys.get(key)?.get(&key_text(parts)).copied()
    }

    /// Keys linked to `id`; `forward` when `id` is of the relationship's first table.
    pub(super) fn linked(&self, link: LinkId, id: Uuid, forward: bool) -> Vec<Uuid> {
        let rows = &self.links[usize::from(link.0)];
        between(if forward { &rows.forward } else { &rows.back }, id).collect()
    }

    /// The version of the latest change.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// Lets all change tokens given out so far expire.
    pub(super) fn expire_tokens(&mut self) {
        self.version += 1;
        self.oldest_token = self.version;
    }

    /// Goes on counting versions where another store ended, whose change tokens are worth nothing
    /// here.
    pub(super) fn succeed(&mut self, other: &Self) {
        self.version = self.version.max(other.version);
        self.expire_tokens();
    }

    /// Whether a change token with this version is one that still counts.
    pub(super) fn knows_token(&self, version: u64) -> bool {
        (self.oldest_token..=self.version).contains(&version)
    }

    /// Rows of a table by version, of those after one version up to another.
    pub(super) fn changed(
        &self,
        table: TableId,
        after: u64,
        until: u64,
    ) -> impl Iterator<Item = (u64, Uuid)> {
        let changes = &self.tables[usize::from(table.0)].changes;
        versions(after, until).flat_map(|range| changes.range(range)).map(|(at, id)| (*at, *id))
    }

    /// Deletions from a table by version, of those after one version up to another. A row that
    /// exists again is none.
    pub(super) fn deleted(
        &self,
        table: TableId,
        after: u64,
        until: u64,
    ) -> impl Iterator<Item = (u64, Uuid)> {
        let rows = &self.tables[usize::from(table.0)];
        versions(after, until)
            .flat_map(|range| rows.tombstones.range(range))
            .filter(|(_, id)| !rows.rows.contains_key(id))
    }

    /// Stores a row under a new version, in place of what was there.
    pub(super) fn put(&mut self, schema: &Schema, at: RowRef, mut row: Row) {
        self.version += 1;
        row.version = self.version;
        row.shrink();
        let before = self.swap(schema, at, Some(row));
        self.remember(Undo::Row(at, before));
    }

    /// Takes a row away.
    pub(super) fn remove(&mut self, schema: &Schema, at: RowRef) {
        if let Some(before) = self.swap(schema, at, None) {
            self.version += 1;
            let tombstones = &mut self.tables[usize::from(at.table.0)].tombstones;
            let grave = tombstones.bury(at.id, self.version);
            self.remember(Undo::Row(at, Some(before)));
            self.remember(Undo::Tombstone(at.table, grave));
        }
    }

    /// Makes or takes away a link; false if it was so already.
    pub(super) fn set_link(&mut self, link: LinkId, first: Uuid, second: Uuid, on: bool) -> bool {
        let changed = self.apply_link(link, first, second, on);
        if changed {
            self.remember(Undo::Link(link, first, second, on));
        }
        changed
    }

    fn apply_link(&mut self, link: LinkId, first: Uuid, second: Uuid, on: bool) -> bool {
        let rows = &mut self.links[usize::from(link.0)];
        if on {
            rows.back.insert((second, first));
            rows.forward.insert((first, second))
        } else {
            rows.back.remove(&(second, first));
            rows.forward.remove(&(first, second))
        }
    }

    fn remember(&mut self, step: Undo) {
        if let Some(undo) = &mut self.undo {
            undo.push(step);
        }
    }

    /// Replaces a row and keeps the indexes right; gives the row that was there.
    fn swap(&mut self, schema: &Schema, at: RowRef, row: Option<Row>) -> Option<Row> {
        let table = schema.table(at.table);
        let rows = &mut self.tables[usize::from(at.table.0)];
        let before = rows.rows.remove(&at.id);
        if let Some(before) = &before {
            rows.changes.remove(&before.version);
            for (column, index) in &mut rows.references {
                if let Some((_, target)) = before.get(*column).and_then(Value::as_lookup) {
                    index.remove(&(target, at.id));
                }
            }
            for (key, index) in table.keys.iter().zip(&mut rows.keys) {
                if let Some(parts) = key_parts(before, &key.columns) {
                    index.remove(&key_text(&parts));
                }
            }
        }
        if let Some(row) = row {
            for (column, index) in &mut rows.references {
                if let Some((_, target)) = row.get(*column).and_then(Value::as_lookup) {
                    index.insert((target, at.id));
                }
            }
            for (key, index) in table.keys.iter().zip(&mut rows.keys) {
                if let Some(parts) = key_parts(&row, &key.columns) {
                    index.insert(key_text(&parts), at.id);
                }
            }
            rows.changes.insert(row.version, at.id);
            rows.rows.insert(at.id, row);
        }
        before
    }

    /// Everything that a client can see, in a fixed order: to compare before and after.
    #[cfg(test)]
    pub(super) fn snapshot(&self) -> String {
        use std::fmt::Write as _;
        let mut text = String::new();
        for table in &self.tables {
            let keys: Vec<BTreeMap<_, _>> =
                table.keys.iter().map(|key| key.iter().collect()).collect();
            let _ = writeln!(
                text,
                "{:?} {:?} {keys:?} {:?} {:?}",
                table.rows,
                table.references,
                table.changes,
                table.tombstones.range(..).collect::<Vec<_>>()
            );
        }
        let _ = writeln!(text, "{:?}", self.links);
        text
    }
}

/// The parts of a key, unless one is missing: keys with empty parts are not held unique.
pub(super) fn key_parts(row: &Row, columns: &[ColumnId]) -> Option<Vec<Value>> {
    columns.iter().map(|column| row.get(*column).cloned()).collect()
}

fn key_text(parts: &[Value]) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            Value::Text(value) => text.push_str(&collation::fold(value)),
            other => text.push_str(&other.to_json().to_string()),
        }
        text.push('\u{1f}');
    }
    text
}

/// After one version, up to another; none if that is before the first.
fn versions(after: u64, until: u64) -> impl Iterator<Item = (Bound<u64>, Bound<u64>)> {
    (after < until).then_some((Bound::Excluded(after), Bound::Included(until))).into_iter()
}

fn between(index: &BTreeSet<(Uuid, Uuid)>, id: Uuid) -> impl Iterator<Item = Uuid> {
    index.range((id, Uuid::nil())..=(id, Uuid::max())).map(|(_, other)| *other)
}
