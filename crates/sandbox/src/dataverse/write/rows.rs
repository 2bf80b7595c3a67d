//! Making, changing and deleting rows.

use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::body::{self, Change, Children, Moment};
use super::work::Work;
use super::{completion, ownership, parties, queueing, state};
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::row::{Row, RowRef};
use crate::dataverse::schema::{AtDeletion, Behaviour, ColumnId, LinkId, Table};
use crate::dataverse::store::key_parts;
use crate::dataverse::value::{Value, whole_seconds};

/// Rows made inside one another by one request.
const MAX_DEPTH: usize = 8;

/// Makes a row. `id` is the key of the URL, for upserts; else the body's key, else a new one.
///
/// # Errors
/// 412 `0x80040237` if the key exists, `0x80060892` if an alternate key does; 400, 403, 404 as the
/// body deserves.
pub(super) fn create(
    work: &mut Work<'_>,
    table: &Table,
    members: &Map<String, Json>,
    id: Option<Uuid>,
    key_cells: Vec<(ColumnId, Value)>,
) -> Outcome<RowRef> {
    create_nested(work, table, members, id, key_cells, 0)
}

fn create_nested(
    work: &mut Work<'_>,
    table: &Table,
    members: &Map<String, Json>,
    id: Option<Uuid>,
    key_cells: Vec<(ColumnId, Value)>,
    depth: usize,
) -> Outcome<RowRef> {
    if !table.writes.create {
        return Err(unsupported(table, "Create"));
    }
    if depth > MAX_DEPTH {
        return Err(Failure::payload("Rows are nested too deeply."));
    }
    let mut change = body::read(work, table, members, Moment::Create)?;
    for (column, value) in key_cells {
        change.set(column, Some(value));
    }
    let at = RowRef::new(table.id, id.or(change.id).unwrap_or_else(|| work.ids.next()));
    if work.store.row(at).is_some() {
        return Err(Failure::duplicate_row());
    }
    for (column, parent, members) in std::mem::take(&mut change.parents) {
        let parent = work.schema.table(parent);
        let parent = create_nested(work, parent, &members, None, Vec::new(), depth + 1)?;
        change.set(column, Some(Value::Lookup(parent.table, parent.id)));
    }
    let row = new_row(work, table, at, &change)?;
    check_keys(work, table, at, &row)?;
    work.put(at, row);
    if table.behaviour == Behaviour::Activity {
        parties::follow(work, at);
    }
    children(work, table, at, change, depth)?;
    Ok(at)
}

fn new_row(work: &Work<'_>, table: &Table, at: RowRef, change: &Change) -> Outcome<Row> {
    let mut row = Row::default();
    set_defaults(table, &mut row);
    for (column, value) in &change.cells {
        row.set(*column, value.clone());
    }
    state::at_create(table, at, change, &mut row)?;
    ownership::settle(work, table, &mut row)?;
    business_unit(work, table, &mut row);
    if table.behaviour == Behaviour::QueueItem {
        queueing::complete_new(work, &mut row)?;
    }
    audit(work, table, true, &mut row);
    backdate(work, table, change, &mut row)?;
    completion::compute(table, at, &mut row, |_| true);
    Ok(row)
}

/// Rows of collections that came with the body.
fn children(
    work: &mut Work<'_>,
    table: &Table,
    at: RowRef,
    change: Change,
    depth: usize,
) -> Outcome<()> {
    for Children { table: child, column, rows } in change.children {
        let child = work.schema.table(child);
        if child.behaviour == Behaviour::ActivityParty && table.behaviour == Behaviour::Activity {
            parties::replace(work, at, &rows)?;
            continue;
        }
        for members in rows {
            let own = Value::Lookup(at.table, at.id);
            create_nested(work, child, &members, None, vec![(column, own)], depth + 1)?;
        }
    }
    Ok(())
}

/// Values of columns that a new row does not bring.
pub(in crate::dataverse) fn set_defaults(table: &Table, row: &mut Row) {
    for (column, id) in table.columns.iter().zip(0..) {
        if let Some(default) = &column.default {
            row.set(ColumnId(id), Some(default.clone()));
        }
    }
}

/// Users, teams, roles and queues belong to a business unit: the caller's unless told otherwise.
fn business_unit(work: &Work<'_>, table: &Table, row: &mut Row) {
    let Some(column) = table.find("businessunitid").filter(|id| *id != table.key) else { return };
    if row.get(column).is_some() {
        return;
    }
    let Some(users) = work.schema.find("systemuser") else { return };
    let unit = users.find("businessunitid").and_then(|column| {
        work.store.row(RowRef::new(users.id, work.context.caller))?.get(column).cloned()
    });
    row.set(column, unit);
}

/// Changes a row.
///
/// # Errors
/// 404 if it does not exist; 400, 403, 404, 412 as the body deserves.
pub(super) fn update(work: &mut Work<'_>, at: RowRef, members: &Map<String, Json>) -> Outcome<()> {
    let table = work.schema.table(at.table);
    if !table.writes.update {
        return Err(unsupported(table, "Update"));
    }
    work.view().existing(at)?;
    let change = body::read(work, table, members, Moment::Update)?;
    apply(work, at, change)
}

/// Applies a change to an existing row.
///
/// # Errors
/// As of [`update`].
pub(super) fn apply(work: &mut Work<'_>, at: RowRef, change: Change) -> Outcome<()> {
    let table = work.schema.table(at.table);
    let before = work.view().existing(at)?.row.clone();
    completion::check_open(work, table, &before, &change)?;
    let mut row = before.clone();
    for (column, value) in &change.cells {
        row.set(*column, value.clone());
    }
    state::at_update(table, at, &change, &before, &mut row)?;
    match table.find("ownerid").and_then(|column| change.cell(column)) {
        None => {}
        Some(Some(_)) => ownership::settle(work, table, &mut row)?,
        Some(None) => {
            return Err(Failure::bad_request("0x80040203", "The owner cannot be empty."));
        }
    }
    let activity = table.behaviour == Behaviour::Activity;
    let closes = activity && !state::is_closed(table, &before) && state::is_closed(table, &row);
    if closes {
        completion::at_close(work, table, &mut row);
    }
    audit(work, table, false, &mut row);
    completion::compute(table, at, &mut row, |column| change.cell(column).is_some());
    check_keys(work, table, at, &row)?;
    work.put(at, row);
    if activity {
        parties::follow(work, at);
    }
    if closes {
        queueing::close(work, at);
    }
    update_children(work, table, at, change)
}

/// Of the collections, only an activity's parties can be written with a change.
fn update_children(work: &mut Work<'_>, table: &Table, at: RowRef, change: Change) -> Outcome<()> {
    for Children { table: child, rows, .. } in change.children {
        let child = work.schema.table(child);
        if child.behaviour == Behaviour::ActivityParty && table.behaviour == Behaviour::Activity {
            parties::replace(work, at, &rows)?;
        } else {
            return Err(Failure::payload(format!(
                "Deep update of related rows of '{}' is not supported.",
                child.logical_name
            )));
        }
    }
    Ok(())
}

/// Deletes a row, with the parties and queue items that live by it, and clears what points to it.
///
/// # Errors
/// 404 if it does not exist, 405 if the table offers no deletion, 400 if it is a queue with items.
pub(in crate::dataverse) fn delete(work: &mut Work<'_>, at: RowRef) -> Outcome<()> {
    let table = work.schema.table(at.table);
    if !table.writes.delete {
        return Err(unsupported(table, "Delete"));
    }
    work.view().existing(at)?;
    queueing::check_empty(work, at)?;
    if table.behaviour == Behaviour::Activity {
        parties::remove_all(work, at);
        queueing::remove(work, at);
    }
    parties::mark_deleted(work, at);
    for (pointing, column) in work.schema.references_to(at.table) {
        for id in work.store.pointing_to(*pointing, *column, at.id) {
            let_go(work, RowRef::new(*pointing, id), *column, at)?;
        }
    }
    unlink(work, at);
    work.remove(at);
    Ok(())
}

/// Does to a row that points to a deleted one what their relationship says.
fn let_go(work: &mut Work<'_>, other: RowRef, column: ColumnId, deleted: RowRef) -> Outcome<()> {
    if work.store.row(other).is_none() {
        return Ok(());
    }
    let table = work.schema.table(other.table);
    let lookup = table.column(column).lookup();
    match lookup.and_then(|lookup| lookup.target(deleted.table)).map(|target| target.cascade) {
        // A row that points to itself, or in a circle, is on its way out already.
        Some(AtDeletion::Cascade) if other != deleted => {
            clear_lookup(work, other, column);
            delete(work, other)
        }
        Some(AtDeletion::Restrict) if other != deleted => Err(Failure::bad_request(
            "0x80040227",
            format!(
                "The object cannot be deleted because a row of '{}' points to it through '{}'.",
                table.logical_name,
                table.column(column).logical_name
            ),
        )),
        _ => {
            clear_lookup(work, other, column);
            Ok(())
        }
    }
}

fn clear_lookup(work: &mut Work<'_>, at: RowRef, column: ColumnId) {
    let Some(mut row) = work.store.row(at).cloned() else { return };
    row.set(column, None);
    work.put(at, row);
    if work.schema.table(at.table).behaviour == Behaviour::Activity {
        parties::follow(work, at);
    }
}

/// Takes away the many-to-many links of a row.
fn unlink(work: &mut Work<'_>, at: RowRef) {
    for (link, id) in work.schema.links().iter().zip(0..) {
        let id = LinkId(id);
        if link.first == at.table {
            for other in work.store.linked(id, at.id, true) {
                work.store.set_link(id, at.id, other, false);
            }
        }
        if link.second == at.table {
            for other in work.store.linked(id, at.id, false) {
                work.store.set_link(id, other, at.id, false);
            }
        }
    }
}

/// Writes who made or changed the row, and when.
pub(in crate::dataverse) fn audit(work: &Work<'_>, table: &Table, new: bool, row: &mut Row) {
    let now = Value::Instant(whole_seconds(work.context.now));
    let users = work.schema.find("systemuser").map(|users| users.id);
    let user = |id: Uuid| users.map(|users| Value::Lookup(users, id));
    let caller = user(work.context.caller);
    let behind = work.context.on_behalf_by.and_then(user);
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(column) = table.find(name) {
            row.set(column, value);
        }
    };
    set("modifiedon", Some(now.clone()));
    set("modifiedby", caller.clone());
    set("modifiedonbehalfby", behind.clone());
    if new {
        set("createdon", Some(now));
        set("createdby", caller);
        set("createdonbehalfby", behind);
    }
}

/// `overriddencreatedon` changes places with `createdon` (reference, section 2.1).
fn backdate(work: &Work<'_>, table: &Table, change: &Change, row: &mut Row) -> Outcome<()> {
    let (Some(sent), Some(created)) = (table.find("overriddencreatedon"), table.find("createdon"))
    else {
        return Ok(());
    };
    let Some(Some(Value::Instant(at))) = change.cell(sent) else { return Ok(()) };
    if *at > work.context.now {
        return Err(Failure::bad_request(
            "0x80040203",
            "overriddencreatedon must be an instant in the past.",
        ));
    }
    let at = Value::Instant(*at);
    let now = row.get(created).cloned();
    row.set(created, Some(at));
    row.set(sent, now);
    Ok(())
}

/// Refuses a second row with the same alternate key.
fn check_keys(work: &Work<'_>, table: &Table, at: RowRef, row: &Row) -> Outcome<()> {
    for (position, key) in table.keys.iter().enumerate() {
        let Some(parts) = key_parts(row, &key.columns) else { continue };
        let holder = work.store.by_key(table.id, position, &parts);
        if holder.is_some_and(|holder| holder != at.id) {
            let names: Vec<&str> = key
                .columns
                .iter()
                .map(|column| table.column(*column).logical_name.as_str())
                .collect();
            return Err(Failure::new(
                http::StatusCode::PRECONDITION_FAILED,
                "0x80060892",
                format!(
                    "Entity Key {} violated. A record with the same value for {} already exists. \
                     A duplicate record cannot be created. Select one or more unique values and \
                     try again.",
                    key.name,
                    names.join(", ")
                ),
            ));
        }
    }
    Ok(())
}

fn unsupported(table: &Table, message: &str) -> Failure {
    Failure::new(
        http::StatusCode::METHOD_NOT_ALLOWED,
        "0x80040800",
        format!(
            "The '{message}' method does not support entities of type '{}'.",
            table.logical_name
        ),
    )
}
