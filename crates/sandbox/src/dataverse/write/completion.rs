//! Columns that follow from others, and what happens when an activity is closed.

use super::body::Change;
use super::state::is_closed;
use super::work::Work;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::row::{Row, RowRef};
use crate::dataverse::schema::{Behaviour, ColumnId, Computed, Table};
use crate::dataverse::value::{Value, whole_seconds};

/// Works out the computed columns. `touched` tells which columns the change set; names are built
/// anew only if a part of them changed.
pub(in crate::dataverse) fn compute(
    table: &Table,
    at: RowRef,
    row: &mut Row,
    touched: impl Fn(ColumnId) -> bool,
) {
    for (column, id) in table.columns.iter().zip(0..) {
        let id = ColumnId(id);
        match column.computed {
            None => {}
            Some(Computed::OwnKey) => row.set(id, Some(Value::Guid(at.id))),
            Some(Computed::FullName { first, last }) if touched(first) || touched(last) => {
                let name = full_name(row, first, last);
                row.set(id, name);
            }
            Some(Computed::FullName { .. }) => {}
            Some(Computed::MinutesBetween { start, end }) => {
                let minutes = minutes_between(row, start, end);
                row.set(id, minutes);
            }
        }
    }
}

fn full_name(row: &Row, first: ColumnId, last: ColumnId) -> Option<Value> {
    let parts: Vec<&str> =
        [first, last].iter().filter_map(|column| row.get(*column)?.as_text()).collect();
    (!parts.is_empty()).then(|| Value::text(parts.join(" ")))
}

fn minutes_between(row: &Row, start: ColumnId, end: ColumnId) -> Option<Value> {
    let start = row.get(start)?.as_instant()?;
    let end = row.get(end)?.as_instant()?;
    i32::try_from((end - start).num_minutes()).ok().map(Value::Int)
}

/// Refuses changes of a closed activity if the environment is set so, unless they open it again.
///
/// # Errors
/// 400 `0x8004022e`.
pub(super) fn check_open(
    work: &Work<'_>,
    table: &Table,
    before: &Row,
    change: &Change,
) -> Outcome<()> {
    if !work.closed_rows_read_only
        || table.behaviour != Behaviour::Activity
        || !is_closed(table, before)
    {
        return Ok(());
    }
    let reopens = table
        .find("statecode")
        .and_then(|column| change.cell(column).flatten())
        .is_some_and(|state| *state == Value::Int(0));
    if reopens {
        return Ok(());
    }
    Err(Failure::bad_request(
        "0x8004022e",
        format!("This {} is read-only, because it is closed.", table.display),
    ))
}

/// Gives an activity that is being closed its end, if it has none.
pub(super) fn at_close(work: &Work<'_>, table: &Table, row: &mut Row) {
    let Some(column) = table.find("actualend") else { return };
    if row.get(column).is_none() {
        row.set(column, Some(Value::Instant(whole_seconds(work.context.now))));
    }
}
