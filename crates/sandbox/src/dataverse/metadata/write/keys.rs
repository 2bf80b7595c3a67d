//! Alternate keys made, built again and deleted (reference, section 9.5).

use http::StatusCode;
use serde_json::{Map, Value as Json};

use super::labels::label;
use super::names::check_custom;
use super::{Customizing, absent, definition_key, invalid, text};
use crate::dataverse::address::Segment;
use crate::dataverse::exchange::Response;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::reply;
use crate::dataverse::schema::{ColumnId, ColumnKind, KeySpec, Table, metadata_id};

/// Keys of one table, and columns of one key.
const MOST_KEYS: usize = 10;
const MOST_COLUMNS: usize = 16;

/// Adds a key. Its index is built at once; if rows share a value, it is there but `Failed`.
///
/// # Errors
/// 404 for an unknown table; 400 `0x80060893` and `0x80060894` if there is a key of that name or
/// with these columns; 400 for columns that can be no key.
pub(super) fn create(
    customizing: &mut Customizing<'_>,
    segment: &Segment,
    body: &Map<String, Json>,
) -> Outcome<Response> {
    let table = customizing.table(segment)?;
    let name = table.logical_name.clone();
    let schema_name = text(body, "SchemaName")?;
    check_custom(schema_name)?;
    let columns = columns(table, body)?;
    check_free(table, schema_name, &columns)?;
    let active = !customizing.store.has_duplicates(table.id, &columns);
    let key = KeySpec {
        name: schema_name.to_owned(),
        display: label(body, "DisplayName")?.unwrap_or_else(|| schema_name.to_owned()),
        columns: columns.iter().map(|id| table.column(*id).logical_name.clone()).collect(),
        active,
    };
    if let Some(spec) = customizing.definitions.find(&name) {
        spec.keys.push(key);
    }
    let key = metadata_id(&format!("key/{name}/{schema_name}"));
    customizing.written_part(segment, "Keys", key)
}

fn columns(table: &Table, body: &Map<String, Json>) -> Outcome<Vec<ColumnId>> {
    let names = body
        .get("KeyAttributes")
        .and_then(Json::as_array)
        .filter(|names| (1..=MOST_COLUMNS).contains(&names.len()))
        .ok_or_else(|| {
            invalid(format!("'KeyAttributes' must name 1 to {MOST_COLUMNS} attributes."))
        })?;
    let mut columns = Vec::new();
    for name in names {
        let name = name.as_str().unwrap_or_default();
        let id = table.find(&name.to_ascii_lowercase()).ok_or_else(|| {
            invalid(format!(
                "'{name}', named in 'KeyAttributes', is no attribute of '{}'.",
                table.logical_name
            ))
        })?;
        let fits = matches!(
            table.column(id).kind,
            ColumnKind::Text { .. }
                | ColumnKind::Int { .. }
                | ColumnKind::Decimal
                | ColumnKind::Instant { .. }
                | ColumnKind::Date
                | ColumnKind::Choice(_)
                | ColumnKind::Lookup(_)
        );
        if !fits || columns.contains(&id) {
            return Err(invalid(format!("The attribute '{name}' cannot be part of this key.")));
        }
        columns.push(id);
    }
    Ok(columns)
}

fn check_free(table: &Table, name: &str, columns: &[ColumnId]) -> Outcome<()> {
    let keys = || table.keys.iter().chain(&table.failed_keys);
    if keys().any(|key| key.name.eq_ignore_ascii_case(name)) {
        return Err(Failure::bad_request(
            "0x80060893",
            format!(
                "An entity key with the name '{name}' already exists on '{}'.",
                table.logical_name
            ),
        ));
    }
    let same = |other: &[ColumnId]| {
        other.len() == columns.len() && other.iter().all(|column| columns.contains(column))
    };
    if let Some(key) = keys().find(|key| same(&key.columns)) {
        return Err(Failure::bad_request(
            "0x80060894",
            format!("The entity key '{}' has the same attributes.", key.name),
        ));
    }
    if keys().count() >= MOST_KEYS {
        return Err(invalid(format!("A table can have at most {MOST_KEYS} keys.")));
    }
    Ok(())
}

/// Deletes a key.
///
/// # Errors
/// 404 for an unknown one.
pub(super) fn delete(
    customizing: &mut Customizing<'_>,
    table: &Segment,
    key: &Segment,
) -> Outcome<Response> {
    let table = customizing.table(table)?.logical_name.clone();
    let wanted = definition_key(key)?;
    let spec =
        customizing.definitions.find(&table).ok_or_else(|| Failure::unknown_segment(&table))?;
    let found = spec.keys.iter().position(|key| {
        let id = metadata_id(&format!("key/{table}/{}", key.name));
        wanted.names(&key.name.to_ascii_lowercase(), id) || wanted.names(&key.name, id)
    });
    let at = found.ok_or_else(|| absent("key", &wanted))?;
    spec.keys.remove(at);
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// The action `ReactivateEntityKey`: tries once more to build the index.
///
/// # Errors
/// 400 for an unknown table or key.
pub(super) fn reactivate(
    customizing: &mut Customizing<'_>,
    body: &Map<String, Json>,
) -> Outcome<Response> {
    let (table, name) = (text(body, "EntityLogicalName")?, text(body, "EntityKeyLogicalName")?);
    let unknown = || invalid(format!("The entity '{table}' has no key '{name}'."));
    let known = customizing.schema.find(table).ok_or_else(unknown)?;
    let key = known
        .keys
        .iter()
        .chain(&known.failed_keys)
        .find(|key| key.name.eq_ignore_ascii_case(name))
        .ok_or_else(unknown)?;
    let active = !customizing.store.has_duplicates(known.id, &key.columns);
    let key = customizing
        .definitions
        .find(table)
        .and_then(|spec| spec.keys.iter_mut().find(|spec| spec.name == key.name));
    if let Some(key) = key {
        key.active = active;
    }
    Ok(reply::empty(StatusCode::NO_CONTENT))
}
