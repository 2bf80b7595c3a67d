//! Joined rows as JSON: columns of the asked table by their property names, those of joined tables
//! as `alias.column`, all others by their own alias.

use serde_json::{Map, Value as Json};

use super::plan::{Joined, Plan};
use crate::dataverse::prefer::{Annotations, FORMATTED_VALUE, LOOKUP_TABLE, NAVIGATION};
use crate::dataverse::read::label::label;
use crate::dataverse::read::render::etag;
use crate::dataverse::schema::{Column, ColumnId, Table};
use crate::dataverse::value::Value;
use crate::dataverse::view::{Record, View};

/// One row of an answer. A row that stands for several (`distinct`) has neither ETag nor key.
pub(super) fn row(
    view: View<'_>,
    plan: &Plan,
    annotations: &Annotations,
    joined: &Joined<'_>,
    distinct: bool,
) -> Map<String, Json> {
    let cells = Cells { view, annotations };
    let mut members = Map::new();
    let record = |slot: usize| joined.get(slot).copied().flatten();
    if let (Some(root), false) = (record(0), distinct) {
        members.insert("@odata.etag".into(), etag(root.row).into());
    }
    for (slot, definition) in plan.slots.iter().enumerate() {
        if let (true, Some(row)) = (definition.all, record(slot)) {
            let table = view.table(definition.table);
            cells.all(table, row, &definition.alias, &mut members);
        }
    }
    for output in &plan.outputs {
        let Some(row) = record(output.slot) else { continue };
        let table = view.table(row.at.table);
        cells.one(table, row, output.column, &output.name, output.slot == 0, &mut members);
    }
    if let (Some(root), false) = (record(0), distinct) {
        let table = plan.table(view.schema);
        let key = &table.column(table.key).wire_name;
        if !members.contains_key(key) {
            members.insert(key.clone(), root.at.id.to_string().into());
        }
    }
    members
}

/// A value under a name, with its annotations.
pub(super) fn cell(
    view: View<'_>,
    annotations: &Annotations,
    column: &Column,
    name: &str,
    value: &Value,
    members: &mut Map<String, Json>,
) {
    if annotations.want(FORMATTED_VALUE)
        && let Some(label) = label(view, column, value)
    {
        members.insert(format!("{name}@{FORMATTED_VALUE}"), label.into());
    }
    if let (Value::Lookup(target, _), Some(lookup)) = (value, column.lookup()) {
        if annotations.want(NAVIGATION)
            && let Some(target) = lookup.target(*target)
        {
            members.insert(format!("{name}@{NAVIGATION}"), target.navigation.as_str().into());
        }
        if annotations.want(LOOKUP_TABLE) {
            let target = view.table(*target).logical_name.as_str();
            members.insert(format!("{name}@{LOOKUP_TABLE}"), target.into());
        }
    }
    members.insert(name.to_owned(), value.to_json());
}

struct Cells<'a> {
    view: View<'a>,
    annotations: &'a Annotations,
}

impl Cells<'_> {
    fn all(&self, table: &Table, record: Record<'_>, alias: &str, members: &mut Map<String, Json>) {
        for at in 0..table.columns.len() {
            let id = ColumnId(u16::try_from(at).unwrap_or(u16::MAX));
            let column = table.column(id);
            if alias.is_empty() {
                self.one(table, record, id, &column.wire_name, true, members);
            } else {
                let name = format!("{alias}.{}", column.logical_name);
                self.one(table, record, id, &name, false, members);
            }
        }
    }

    /// An empty cell of the asked table is null; one of a joined table is left out.
    fn one(
        &self,
        table: &Table,
        record: Record<'_>,
        id: ColumnId,
        name: &str,
        show_null: bool,
        members: &mut Map<String, Json>,
    ) {
        match record.get(table, id) {
            Some(value) => {
                cell(self.view, self.annotations, table.column(id), name, &value, members);
            }
            None if show_null => {
                members.insert(name.to_owned(), Json::Null);
            }
            None => {}
        }
    }
}
