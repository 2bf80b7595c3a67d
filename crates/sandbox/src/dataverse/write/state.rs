//! State and status reason: which pairs exist, and what follows when only one is given
//! (reference, section 2.2).

use super::body::Change;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::row::{Row, RowRef};
use crate::dataverse::schema::{ColumnId, StateOption, StatusOption, Table};
use crate::dataverse::value::Value;

/// The two columns with their options.
struct States<'t> {
    table: &'t Table,
    state: ColumnId,
    states: &'t [StateOption],
    status: ColumnId,
    statuses: &'t [StatusOption],
}

impl<'t> States<'t> {
    fn of(table: &'t Table) -> Option<Self> {
        let (state, states) = table.states()?;
        let (status, statuses) = table.statuses()?;
        Some(Self { table, state, states, status, statuses })
    }

    fn default_status(&self, state: i32) -> Option<i32> {
        self.states.iter().find(|option| option.value == state).map(|option| option.default_status)
    }

    /// Refuses a status of another state.
    fn check(&self, at: RowRef, state: i32, status: i32) -> Outcome<()> {
        let belongs =
            self.statuses.iter().any(|option| option.value == status && option.state == state);
        if belongs {
            return Ok(());
        }
        let label = self
            .states
            .iter()
            .find(|option| option.value == state)
            .map_or_else(|| state.to_string(), |option| option.label.clone());
        Err(Failure::bad_request(
            "0x80048408",
            format!(
                "{status} is not a valid status code for state code {}State.{label} on {} with Id \
                 {}.",
                self.table.schema_name, self.table.logical_name, at.id
            ),
        ))
    }
}

/// Gives a new row its state: always the first, with the status that the body names.
///
/// # Errors
/// 400 `0x80048408` if that status is of another state.
pub(super) fn at_create(table: &Table, at: RowRef, change: &Change, row: &mut Row) -> Outcome<()> {
    let Some(states) = States::of(table) else { return Ok(()) };
    let Some(first) = states.states.first() else { return Ok(()) };
    let status = match change.cell(states.status).flatten().and_then(Value::as_int) {
        Some(status) => {
            states.check(at, first.value, status)?;
            status
        }
        None => first.default_status,
    };
    row.set(states.state, Some(Value::Int(first.value)));
    row.set(states.status, Some(Value::Int(status)));
    Ok(())
}

/// Makes the pair of a changed row whole. `row` has the change applied already.
///
/// # Errors
/// 400 `0x80048408` if the two do not go together.
pub(super) fn at_update(
    table: &Table,
    at: RowRef,
    change: &Change,
    before: &Row,
    row: &mut Row,
) -> Outcome<()> {
    let Some(states) = States::of(table) else { return Ok(()) };
    let was = before.get(states.state).and_then(Value::as_int).unwrap_or_default();
    let asked = change.cell(states.state).map(|value| value.and_then(Value::as_int));
    let state = match asked {
        None => was,
        Some(Some(state)) => state,
        Some(None) => return Err(empty_state(table)),
    };
    let default = states.default_status(state).ok_or_else(|| unknown_state(table, at, state))?;
    let status = match change.cell(states.status).map(|value| value.and_then(Value::as_int)) {
        Some(Some(status)) => {
            states.check(at, state, status)?;
            status
        }
        Some(None) => return Err(empty_state(table)),
        None if state == was => {
            before.get(states.status).and_then(Value::as_int).unwrap_or(default)
        }
        None => default,
    };
    row.set(states.state, Some(Value::Int(state)));
    row.set(states.status, Some(Value::Int(status)));
    Ok(())
}

/// Whether a row is in another state than the first.
pub(super) fn is_closed(table: &Table, row: &Row) -> bool {
    table
        .states()
        .and_then(|(column, _)| row.get(column))
        .and_then(Value::as_int)
        .is_some_and(|state| state != 0)
}

fn unknown_state(table: &Table, at: RowRef, state: i32) -> Failure {
    Failure::bad_request(
        "0x80048408",
        format!("{state} is not a valid state code on {} with Id {}.", table.logical_name, at.id),
    )
}

fn empty_state(table: &Table) -> Failure {
    Failure::bad_request(
        "0x80040203",
        format!("State and status of {} cannot be empty.", table.logical_name),
    )
}
