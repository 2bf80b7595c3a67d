//! Which callback items a request asks for (Enreach reference, section 4.2).

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::call_filter::instant;
use super::failure::Failure;
use super::instant as wire_instant;
use super::rows::ItemRow;
use crate::server::Received;

/// The states that an item can be in.
const STATES: [&str; 4] = ["Open", "Reserved", "Closed", "Expired"];

/// The conditions of one request; all must hold, and none is needed.
#[derive(Debug, Default)]
pub(super) struct CallbackFilter {
    created_after: Option<DateTime<Utc>>,
    created_before: Option<DateTime<Utc>>,
    modified_after: Option<DateTime<Utc>>,
    modified_before: Option<DateTime<Utc>>,
    states: Option<Vec<String>>,
    number: Option<String>,
}

impl CallbackFilter {
    /// Reads the query.
    pub(super) fn read(received: &Received) -> Result<Self, Failure> {
        Ok(Self {
            created_after: instant(received, "CreatedAfter")?,
            created_before: instant(received, "CreatedBefore")?,
            modified_after: instant(received, "ModifiedAfter")?,
            modified_before: instant(received, "ModifiedBefore")?,
            states: states(received)?,
            number: received.parameter("Number"),
        })
    }

    /// Whether an item is there at `now` and asked for.
    pub(super) fn admits(&self, item: &ItemRow, now: DateTime<Utc>) -> bool {
        let not_before = |bound: Option<DateTime<Utc>>, at| bound.is_none_or(|bound| bound <= at);
        let not_after = |bound: Option<DateTime<Utc>>, at| bound.is_none_or(|bound| at <= bound);
        let text = |name: &str| item.row.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_state = |state: &String| state.eq_ignore_ascii_case(state_of(item, now));
        item.created <= now
            && not_before(self.created_after, item.created)
            && not_after(self.created_before, item.created)
            && not_before(self.modified_after, item.modified)
            && not_after(self.modified_before, item.modified)
            && self.states.as_ref().is_none_or(|states| states.iter().any(is_state))
            && self.number.as_deref().is_none_or(|number| digits(number) == digits(text("Number")))
    }
}

fn state_of(item: &ItemRow, now: DateTime<Utc>) -> &str {
    let text = |name: &str| item.row.get(name).and_then(Value::as_str);
    let expires = text("ExpirationTime").and_then(wire_instant::parse_in_row);
    let state = text("State").unwrap_or_default();
    if state != "Closed" && expires.is_some_and(|at| at <= now) { "Expired" } else { state }
}

fn states(received: &Received) -> Result<Option<Vec<String>>, Failure> {
    let Some(list) = received.parameter("States") else { return Ok(None) };
    let states = list.split(',').map(str::trim).filter(|state| !state.is_empty());
    let states: Vec<_> = states.map(str::to_owned).collect();
    let unknown = |state: &&String| !STATES.iter().any(|known| known.eq_ignore_ascii_case(state));
    match states.iter().find(unknown) {
        Some(state) => {
            let known = STATES.join(", ");
            Err(Failure::bad_request(format!("States holds {state:?}; expected {known}")))
        }
        None => Ok((!states.is_empty()).then_some(states)),
    }
}

fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}
