//! Finds the row that a key in a URL, a bind or a reference stands for.

use http::StatusCode;

use super::address::{Key, key_literal, parse_path};
use super::failure::{Failure, Outcome};
use super::row::RowRef;
use super::schema::{AlternateKey, ColumnId, ColumnKind, Schema, Table};
use super::value::Value;
use super::view::View;

/// A table by its entity set name.
///
/// # Errors
/// 404 `0x8006088a`.
pub(super) fn table_of_set<'s>(schema: &'s Schema, name: &str) -> Outcome<&'s Table> {
    schema.find_set(name).ok_or_else(|| Failure::unknown_segment(name))
}

/// A key read against its table.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Target {
    /// By primary key, whether or not the row exists.
    Id(RowRef),
    /// By alternate key: its position, its parts, and the row if there is one.
    Alternate { key: usize, parts: Vec<(ColumnId, Value)>, row: Option<RowRef> },
}

/// Reads a key.
///
/// # Errors
/// 400 for keys that the table does not have.
pub(super) fn read_key(view: View<'_>, table: &Table, key: &Key) -> Outcome<Target> {
    let pairs = match key {
        Key::Id(id) => return Ok(Target::Id(RowRef::new(table.id, *id))),
        Key::Empty => return Err(invalid_key(table)),
        Key::Named(pairs) => pairs,
    };
    let primary = &table.column(table.key).logical_name;
    if let [(name, value)] = pairs.as_slice()
        && name == primary
        && !table.inherited_key
    {
        let value = key_literal(value)?.for_column(&ColumnKind::Key).flatten();
        return match value {
            Some(Value::Guid(id)) => Ok(Target::Id(RowRef::new(table.id, id))),
            _ => Err(invalid_key(table)),
        };
    }
    let mut parts = Vec::new();
    for (name, value) in pairs {
        let column = table.find_property(name).ok_or_else(|| invalid_key(table))?;
        let value = key_literal(value)?
            .for_column(&table.column(column).kind)
            .flatten()
            .ok_or_else(|| invalid_key(table))?;
        parts.push((column, stored_form(table, column, value)));
    }
    let (position, definition) = matching_key(table, &parts).ok_or_else(|| invalid_key(table))?;
    let ordered: Vec<Value> = definition
        .columns
        .iter()
        .filter_map(|wanted| parts.iter().find(|(column, _)| column == wanted))
        .map(|(_, value)| value.clone())
        .collect();
    let row = view.store.by_key(table.id, position, &ordered).map(|id| RowRef::new(table.id, id));
    Ok(Target::Alternate { key: position, parts, row })
}

/// Numbers and lookups in the form in which cells hold them.
fn stored_form(table: &Table, column: ColumnId, value: Value) -> Value {
    match (&table.column(column).kind, value) {
        (ColumnKind::Lookup(lookup), Value::Guid(id)) => match lookup.targets.first() {
            Some(target) => Value::Lookup(target.table, id),
            None => Value::Guid(id),
        },
        (ColumnKind::Long, value) => value,
        (_, Value::Long(number)) => i32::try_from(number).map_or(Value::Long(number), Value::Int),
        (_, value) => value,
    }
}

fn matching_key<'t>(
    table: &'t Table,
    parts: &[(ColumnId, Value)],
) -> Option<(usize, &'t AlternateKey)> {
    table.keys.iter().enumerate().find(|(_, key)| {
        key.columns.len() == parts.len()
            && key.columns.iter().all(|wanted| parts.iter().any(|(column, _)| column == wanted))
    })
}

/// The row that a key stands for. A primary key is taken as it is.
///
/// # Errors
/// 404 `0x80060891` if no row has the alternate key, 400 if the table has no such key.
pub(super) fn find_row(view: View<'_>, table: &Table, key: &Key) -> Outcome<RowRef> {
    match read_key(view, table, key)? {
        Target::Id(at) => Ok(at),
        Target::Alternate { row: Some(at), .. } => Ok(at),
        Target::Alternate { row: None, .. } => Err(Failure::new(
            StatusCode::NOT_FOUND,
            "0x80060891",
            format!(
                "A record with the specified key values does not exist in {} entity",
                table.logical_name
            ),
        )),
    }
}

/// The row that a path such as `contacts(1f0e…)` stands for.
///
/// # Errors
/// As of [`find_row`]; 400 for other paths.
pub(super) fn find_path(view: View<'_>, path: &str) -> Outcome<RowRef> {
    let segments = parse_path(path)?;
    let [segment] = segments.as_slice() else {
        return Err(Failure::payload(format!("Resource not found for the segment '{path}'.")));
    };
    let table = table_of_set(view.schema, &segment.name)?;
    let key = segment.key.as_ref().ok_or_else(|| {
        Failure::payload(format!("The URI '{path}' is not valid: it does not identify a row."))
    })?;
    find_row(view, table, key)
}

fn invalid_key(table: &Table) -> Failure {
    Failure::bad_request(
        "0x80060890",
        format!("The key in the request URI is not valid for resource '{}'.", table.set_name),
    )
}
