//! `CreateMultiple`, `UpdateMultiple`, `UpsertMultiple`: many rows of one table in one request
//! (reference, section 6.4).
//!
//! All rows are written, or none: the first refusal is the answer, and the caller of a write undoes
//! what a refused request did. Activities do not offer these messages.

use http::StatusCode;
use serde_json::{Map, Value as Json};

use super::convert::to_cell;
use super::work::Work;
use super::{body, rows};
use crate::dataverse::address::{Key, below_service, parse_path};
use crate::dataverse::exchange::Response;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::read::collection::context;
use crate::dataverse::reply;
use crate::dataverse::row::RowRef;
use crate::dataverse::schema::{Behaviour, ColumnId, Ownership, Table};
use crate::dataverse::target::{Target, read_key, table_of_set};
use crate::dataverse::value::Value;

const PREFIX: &str = "Microsoft.Dynamics.CRM.";

/// The messages that tables with bulk writes offer.
pub(in crate::dataverse) const BULK_MESSAGES: &[&str] =
    &["CreateMultiple", "UpdateMultiple", "UpsertMultiple"];

/// Whether a table offers the bulk messages: ordinary tables do, activities do not.
pub(in crate::dataverse) fn offered(table: &Table) -> bool {
    table.behaviour == Behaviour::Plain
        && table.writes.create
        && matches!(table.ownership, Ownership::User | Ownership::Organization)
}

/// Answers a message bound to a whole table.
///
/// # Errors
/// 404 where the table does not have the message, else the refusal of the first row that is wrong.
pub(super) fn answer(
    work: &mut Work<'_>,
    table: &Table,
    message: &str,
    body: &[u8],
) -> Outcome<Response> {
    let name = message.strip_prefix(PREFIX).filter(|_| offered(table));
    match name {
        Some("CreateMultiple") => create(work, table, body),
        Some("UpdateMultiple") => update(work, table, body),
        Some("UpsertMultiple") => upsert(work, table, body),
        Some("DeleteMultiple") => {
            Err(Failure::bad_request("0x80040216", "DeleteMultiple has not yet been implemented."))
        }
        _ => Err(Failure::unknown_segment(message)),
    }
}

fn create(work: &mut Work<'_>, table: &Table, body: &[u8]) -> Outcome<Response> {
    let mut ids = Vec::new();
    for target in targets(table, body)? {
        let at = rows::create(work, table, &target, None, Vec::new())?;
        ids.push(Json::from(at.id.to_string()));
    }
    let mut members = Map::new();
    let fragment = format!("{PREFIX}CreateMultipleResponse");
    members.insert("@odata.context".into(), context(work.view(), &fragment).into());
    members.insert("Ids".into(), Json::Array(ids));
    Ok(reply::json(StatusCode::OK, members))
}

fn update(work: &mut Work<'_>, table: &Table, body: &[u8]) -> Outcome<Response> {
    for mut target in targets(table, body)? {
        let at = match identify(work, table, &mut target)? {
            Target::Id(at) | Target::Alternate { row: Some(at), .. } => at,
            Target::Alternate { row: None, .. } => return Err(no_such_key(table)),
        };
        rows::update(work, at, &target)?;
    }
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

fn upsert(work: &mut Work<'_>, table: &Table, body: &[u8]) -> Outcome<Response> {
    for mut target in targets(table, body)? {
        let (existing, id, parts) = match identify(work, table, &mut target)? {
            Target::Id(at) => (work.store.row(at).map(|_| at), Some(at.id), Vec::new()),
            Target::Alternate { row, parts, .. } => (row, None, parts),
        };
        match existing {
            Some(at) => rows::update(work, at, &target)?,
            None => {
                rows::create(work, table, &target, id, parts)?;
            }
        }
    }
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// The rows of `Targets`, each of the table's type.
fn targets(table: &Table, body: &[u8]) -> Outcome<Vec<Map<String, Json>>> {
    let mut members = body::parse_object(body)?;
    let Some(Json::Array(targets)) = members.shift_remove("Targets") else {
        return Err(Failure::payload("The parameter 'Targets' must be an array of rows."));
    };
    if let Some(other) = members.keys().find(|name| !name.starts_with('@')) {
        return Err(Failure::payload(format!(
            "The parameter '{other}' in the request payload is not a valid parameter for the \
             operation."
        )));
    }
    targets.into_iter().map(|target| typed(table, target)).collect()
}

fn typed(table: &Table, target: Json) -> Outcome<Map<String, Json>> {
    let Json::Object(members) = target else {
        return Err(Failure::payload("Each of 'Targets' must be an object."));
    };
    let kind = members.get("@odata.type").and_then(Json::as_str).unwrap_or_default();
    let name = kind.trim_start_matches('#').strip_prefix(PREFIX);
    if name == Some(table.logical_name.as_str()) {
        return Ok(members);
    }
    Err(Failure::payload(format!(
        "Each of 'Targets' must say '@odata.type': '{PREFIX}{}'; found '{kind}'.",
        table.logical_name
    )))
}

/// Which row a target stands for: by `@odata.id`, by its primary key, or by the columns of an
/// alternate key. What names it is taken out of the target.
fn identify(work: &Work<'_>, table: &Table, target: &mut Map<String, Json>) -> Outcome<Target> {
    if let Some(address) = target.shift_remove("@odata.id") {
        let address = address.as_str().unwrap_or_default();
        return addressed(work, table, address);
    }
    let key = table.column(table.key);
    if let Some(value) = target.shift_remove(&key.logical_name) {
        return match to_cell(table, key, &value)? {
            Some(Value::Guid(id)) => Ok(Target::Id(RowRef::new(table.id, id))),
            _ => Err(Failure::payload(format!("'{}' cannot be empty.", key.logical_name))),
        };
    }
    for (position, key) in table.keys.iter().enumerate() {
        if let Some(parts) = given_parts(table, &key.columns, target)? {
            let values: Vec<Value> = parts.iter().map(|(_, value)| value.clone()).collect();
            let row = work.store.by_key(table.id, position, &values);
            let row = row.map(|id| RowRef::new(table.id, id));
            return Ok(Target::Alternate { key: position, parts, row });
        }
    }
    Err(Failure::bad_request(
        "0x80040203",
        format!(
            "Each of 'Targets' needs '{}', an alternate key or '@odata.id'.",
            table.column(table.key).logical_name
        ),
    ))
}

fn addressed(work: &Work<'_>, table: &Table, address: &str) -> Outcome<Target> {
    let segments = parse_path(below_service(address))?;
    let [segment] = segments.as_slice() else {
        return Err(Failure::unknown_segment(address));
    };
    if table_of_set(work.schema, &segment.name)?.id != table.id {
        return Err(Failure::payload(format!(
            "'@odata.id' '{address}' names no row of '{}'.",
            table.set_name
        )));
    }
    read_key(work.view(), table, segment.key.as_ref().unwrap_or(&Key::Empty))
}

/// The parts of an alternate key that a target gives, if it gives them all.
fn given_parts(
    table: &Table,
    columns: &[ColumnId],
    target: &Map<String, Json>,
) -> Outcome<Option<Vec<(ColumnId, Value)>>> {
    let mut parts = Vec::new();
    for id in columns {
        let column = table.column(*id);
        let Some(value) = target.get(&column.wire_name) else { return Ok(None) };
        match to_cell(table, column, value)? {
            Some(value) => parts.push((*id, value)),
            None => return Ok(None),
        }
    }
    Ok((!parts.is_empty()).then_some(parts))
}

fn no_such_key(table: &Table) -> Failure {
    Failure::new(
        StatusCode::NOT_FOUND,
        "0x80060891",
        format!(
            "A record with the specified key values does not exist in {} entity",
            table.logical_name
        ),
    )
}
