//! Activity parties: made with their activity, never by themselves (reference, section 2.4).
//!
//! Clients send senders and recipients; the rows for regarding and owner are the platform's own
//! and follow the activity's columns.

use serde_json::{Map, Value as Json};

use super::body::{self, Moment};
use super::work::Work;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::row::{Row, RowRef};
use crate::dataverse::schema::{ColumnId, Table};
use crate::dataverse::value::Value;

const SENDER: i32 = 1;
const RECIPIENT: i32 = 2;
const REGARDING: i32 = 8;
const OWNER: i32 = 9;

/// The columns of the party table.
struct Columns<'s> {
    table: &'s Table,
    activity: ColumnId,
    party: ColumnId,
    part: ColumnId,
    party_table: ColumnId,
    deleted: ColumnId,
}

impl<'s> Columns<'s> {
    fn of(work: &Work<'s>) -> Option<Self> {
        let table = work.schema.find("activityparty")?;
        Some(Self {
            table,
            activity: table.find("activityid")?,
            party: table.find("partyid")?,
            part: table.find("participationtypemask")?,
            party_table: table.find("partyobjecttypecode")?,
            deleted: table.find("ispartydeleted")?,
        })
    }

    fn of_activity(&self, work: &Work<'_>, activity: RowRef, parts: &[i32]) -> Vec<RowRef> {
        work.store
            .pointing_to(self.table.id, self.activity, activity.id)
            .into_iter()
            .map(|id| RowRef::new(self.table.id, id))
            .filter(|at| {
                let part = work.store.row(*at).and_then(|row| row.get(self.part)?.as_int());
                part.is_some_and(|part| parts.contains(&part))
            })
            .collect()
    }
}

/// Puts `rows` in the place of the activity's senders and recipients.
///
/// # Errors
/// 400 `0x80094006` for parts that phone calls do not take, as of [`body::read`] otherwise.
pub(in crate::dataverse) fn replace(
    work: &mut Work<'_>,
    activity: RowRef,
    rows: &[Map<String, Json>],
) -> Outcome<()> {
    let Some(columns) = Columns::of(work) else { return Ok(()) };
    let made =
        rows.iter().map(|row| read(work, &columns, activity, row)).collect::<Outcome<Vec<_>>>()?;
    for old in columns.of_activity(work, activity, &[SENDER, RECIPIENT]) {
        work.remove(old);
    }
    for row in made {
        insert(work, &columns, row);
    }
    Ok(())
}

fn read(
    work: &Work<'_>,
    columns: &Columns<'_>,
    activity: RowRef,
    members: &Map<String, Json>,
) -> Outcome<Row> {
    let mut change = body::read(work, columns.table, &without_choice(members), Moment::Create)?;
    if let Some(children) = change.children.first() {
        let name = &work.schema.table(children.table).logical_name;
        return Err(Failure::payload(format!("An activity party holds no rows of '{name}'.")));
    }
    change.parents.clear();
    let part = members.get("participationtypemask").and_then(Json::as_i64);
    let part = part.and_then(|part| i32::try_from(part).ok());
    let Some(part @ (SENDER | RECIPIENT)) = part else {
        let sent = members.get("participationtypemask").unwrap_or(&Json::Null);
        return Err(Failure::bad_request(
            "0x80094006",
            format!("Invalid participation type mask {sent}: a phone call takes 1 and 2."),
        ));
    };
    let mut row = new_row(columns, activity, part);
    for (column, value) in change.cells {
        row.set(column, value);
    }
    Ok(row)
}

/// The party without its part, which has rules of its own.
fn without_choice(members: &Map<String, Json>) -> Map<String, Json> {
    let mut rest = members.clone();
    rest.remove("participationtypemask");
    rest
}

/// Brings the rows for regarding and owner in step with the activity.
pub(in crate::dataverse) fn follow(work: &mut Work<'_>, activity: RowRef) {
    let Some(columns) = Columns::of(work) else { return };
    let table = work.schema.table(activity.table);
    for (part, name) in [(REGARDING, "regardingobjectid"), (OWNER, "ownerid")] {
        let wanted = table
            .find(name)
            .and_then(|column| work.store.row(activity)?.get(column).and_then(Value::as_lookup));
        let existing = columns.of_activity(work, activity, &[part]);
        let party = |at: &RowRef| {
            work.store.row(*at).and_then(|row| row.get(columns.party).and_then(Value::as_lookup))
        };
        let in_step = match existing.as_slice() {
            [] => wanted.is_none(),
            [only] => wanted.is_some() && party(only) == wanted,
            _ => false,
        };
        if in_step {
            continue;
        }
        for old in existing {
            work.remove(old);
        }
        if let Some((party_table, id)) = wanted {
            let mut row = new_row(&columns, activity, part);
            row.set(columns.party, Some(Value::Lookup(party_table, id)));
            insert(work, &columns, row);
        }
    }
}

/// Takes the parties away with their activity.
pub(super) fn remove_all(work: &mut Work<'_>, activity: RowRef) {
    let Some(columns) = Columns::of(work) else { return };
    for id in work.store.pointing_to(columns.table.id, columns.activity, activity.id) {
        work.remove(RowRef::new(columns.table.id, id));
    }
}

/// Marks the parties that stand for a row which is deleted.
pub(super) fn mark_deleted(work: &mut Work<'_>, gone: RowRef) {
    let Some(columns) = Columns::of(work) else { return };
    for id in work.store.pointing_to(columns.table.id, columns.party, gone.id) {
        let at = RowRef::new(columns.table.id, id);
        let Some(mut row) = work.store.row(at).cloned() else { continue };
        row.set(columns.party, None);
        row.set(columns.deleted, Some(Value::Bool(true)));
        work.put(at, row);
    }
}

fn new_row(columns: &Columns<'_>, activity: RowRef, part: i32) -> Row {
    let mut row = Row::default();
    row.set(columns.activity, Some(Value::Lookup(activity.table, activity.id)));
    row.set(columns.part, Some(Value::Int(part)));
    row.set(columns.deleted, Some(Value::Bool(false)));
    row
}

fn insert(work: &mut Work<'_>, columns: &Columns<'_>, mut row: Row) {
    if let Some((table, _)) = row.get(columns.party).and_then(Value::as_lookup) {
        let name = work.schema.table(table).logical_name.as_str();
        row.set(columns.party_table, Some(Value::text(name)));
    }
    let id = work.ids.next();
    work.put(RowRef::new(columns.table.id, id), row);
}
