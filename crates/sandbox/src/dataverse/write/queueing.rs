//! Queue items: one for each queued row, closed with it (reference, section 3.2).

use uuid::Uuid;

use super::work::Work;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::row::{Row, RowRef};
use crate::dataverse::schema::{ColumnId, Table};
use crate::dataverse::value::Value;

/// The columns of the queue item table.
struct Columns<'s> {
    table: &'s Table,
    queue: ColumnId,
    object: ColumnId,
    object_table: ColumnId,
    title: ColumnId,
    entered: ColumnId,
    state: ColumnId,
    status: ColumnId,
}

impl<'s> Columns<'s> {
    fn of(work: &Work<'s>) -> Option<Self> {
        let table = work.schema.find("queueitem")?;
        Some(Self {
            table,
            queue: table.find("queueid")?,
            object: table.find("objectid")?,
            object_table: table.find("objecttypecode")?,
            title: table.find("title")?,
            entered: table.find("enteredon")?,
            state: table.find("statecode")?,
            status: table.find("statuscode")?,
        })
    }
}

/// The queue item of a row.
pub(super) fn item_of(work: &Work<'_>, object: RowRef) -> Option<RowRef> {
    let columns = Columns::of(work)?;
    let items = work.store.pointing_to(columns.table.id, columns.object, object.id);
    items.first().map(|id| RowRef::new(columns.table.id, *id))
}

/// Completes a new queue item.
///
/// # Errors
/// 400 `0x80040526` if the row is in a queue already, `0x80040203` without queue or row.
pub(super) fn complete_new(work: &Work<'_>, row: &mut Row) -> Outcome<()> {
    let Some(columns) = Columns::of(work) else { return Ok(()) };
    let object = row.get(columns.object).and_then(Value::as_lookup);
    if row.get(columns.queue).is_none() {
        return Err(missing("queueid"));
    }
    let Some((table, id)) = object else { return Err(missing("objectid")) };
    let object = RowRef::new(table, id);
    if item_of(work, object).is_some() {
        return Err(Failure::bad_request(
            "0x80040526",
            "The object could not be added to the queue because it already exists in a queue.",
        ));
    }
    describe(work, &columns, object, row);
    Ok(())
}

/// Puts a row into a queue, or moves its item there; gives the item.
///
/// # Errors
/// 404 if row or queue do not exist.
pub(in crate::dataverse) fn add_to_queue(
    work: &mut Work<'_>,
    queue: RowRef,
    object: RowRef,
) -> Outcome<RowRef> {
    work.view().existing(queue)?;
    work.view().existing(object)?;
    let Some(columns) = Columns::of(work) else {
        return Err(Failure::unknown_segment("queueitems"));
    };
    let existing = item_of(work, object);
    let at = existing.unwrap_or_else(|| RowRef::new(columns.table.id, work.ids.next()));
    let mut row = work.store.row(at).cloned().unwrap_or_default();
    row.set(columns.queue, Some(Value::Lookup(queue.table, queue.id)));
    row.set(columns.object, Some(Value::Lookup(object.table, object.id)));
    row.set(columns.state, Some(Value::Int(0)));
    row.set(columns.status, Some(Value::Int(1)));
    describe(work, &columns, object, &mut row);
    super::rows::audit(work, columns.table, existing.is_none(), &mut row);
    work.put(at, row);
    Ok(at)
}

/// Gives a queue item to a user, or takes it out of its queue on the user's behalf.
///
/// # Errors
/// 404 if item or user do not exist.
pub(in crate::dataverse) fn pick(
    work: &mut Work<'_>,
    item: RowRef,
    user: Uuid,
    remove: bool,
) -> Outcome<()> {
    work.view().existing(item)?;
    let users = work.schema.find("systemuser").map(|users| users.id);
    let users = users.ok_or_else(|| Failure::unknown_segment("systemusers"))?;
    work.view().existing(RowRef::new(users, user))?;
    if remove {
        return super::rows::delete(work, item);
    }
    set_worker(work, item, Some(Value::Lookup(users, user)))
}

/// Takes a queue item from the user who works on it.
///
/// # Errors
/// 404 if it does not exist.
pub(in crate::dataverse) fn release(work: &mut Work<'_>, item: RowRef) -> Outcome<()> {
    set_worker(work, item, None)
}

fn set_worker(work: &mut Work<'_>, item: RowRef, worker: Option<Value>) -> Outcome<()> {
    let table = work.schema.table(item.table);
    let mut row = work.view().existing(item)?.row.clone();
    let now = crate::dataverse::value::whole_seconds(work.context.now);
    for (name, value) in [("workerid", worker), ("workeridmodifiedon", Some(Value::Instant(now)))] {
        if let Some(column) = table.find(name) {
            row.set(column, value);
        }
    }
    super::rows::audit(work, table, false, &mut row);
    work.put(item, row);
    Ok(())
}

/// Sets the item of a closed row inactive.
pub(super) fn close(work: &mut Work<'_>, object: RowRef) {
    let (Some(columns), Some(at)) = (Columns::of(work), item_of(work, object)) else { return };
    let Some(mut row) = work.store.row(at).cloned() else { return };
    row.set(columns.state, Some(Value::Int(1)));
    row.set(columns.status, Some(Value::Int(2)));
    super::rows::audit(work, columns.table, false, &mut row);
    work.put(at, row);
}

/// Refuses to take a queue away from under its items (Microsoft, "Web service error codes":
/// CannotDeleteQueueWithQueueItems). That inactive items count as well is inferred.
///
/// # Errors
/// 400 `0x80631117` if the row is a queue with items.
pub(super) fn check_empty(work: &Work<'_>, row: RowRef) -> Outcome<()> {
    let Some(columns) = Columns::of(work) else { return Ok(()) };
    let is_queue = work.schema.find("queue").is_some_and(|queues| queues.id == row.table);
    if !is_queue || work.store.pointing_to(columns.table.id, columns.queue, row.id).is_empty() {
        return Ok(());
    }
    Err(Failure::bad_request(
        "0x80631117",
        "You can't delete this queue because it has items assigned to it. Assign these items to \
         another user, team, or queue and try again.",
    ))
}

/// Takes the item away with its row.
pub(super) fn remove(work: &mut Work<'_>, object: RowRef) {
    if let Some(at) = item_of(work, object) {
        work.remove(at);
    }
}

fn describe(work: &Work<'_>, columns: &Columns<'_>, object: RowRef, row: &mut Row) {
    let now = crate::dataverse::value::whole_seconds(work.context.now);
    let kind = work.schema.table(object.table).logical_name.as_str();
    row.set(columns.object_table, Some(Value::text(kind)));
    row.set(columns.entered, Some(Value::Instant(now)));
    if let Some(title) = work.view().label(object) {
        row.set(columns.title, Some(Value::text(title)));
    }
}

fn missing(column: &str) -> Failure {
    Failure::bad_request("0x80040203", format!("A queue item needs a value for {column}."))
}
