//! Which callback items a request asks for (Enreach reference, section 4.2).

use chrono::{DateTime, Utc};

use super::call_filter::instant;
use super::callback_state::State;
use super::failure::Failure;
use super::number::digits;
use super::rows::ItemRow;
use crate::server::Received;

/// The conditions of one request; all must hold, and none is needed.
#[derive(Debug, Default)]
pub(super) struct CallbackFilter {
    created_after: Option<DateTime<Utc>>,
    created_before: Option<DateTime<Utc>>,
    modified_after: Option<DateTime<Utc>>,
    modified_before: Option<DateTime<Utc>>,
    states: Option<Vec<State>>,
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
        let modified = item.modified(now);
        item.created <= now
            && not_before(self.created_after, item.created)
            && not_after(self.created_before, item.created)
            && not_before(self.modified_after, modified)
            && not_after(self.modified_before, modified)
            && self.states.as_ref().is_none_or(|states| states.contains(&item.state(now)))
            && self.number.as_deref().is_none_or(|number| {
                digits(number) == digits(item.text("Number").unwrap_or_default())
            })
    }
}

fn states(received: &Received) -> Result<Option<Vec<State>>, Failure> {
    let Some(list) = received.parameter("States") else { return Ok(None) };
    let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
    let unknown =
        |name| Failure::bad_request(format!("States holds {name:?}; expected {}", State::names()));
    let states = names.map(|name| State::of_name(name).ok_or_else(|| unknown(name)));
    let states: Vec<_> = states.collect::<Result<_, _>>()?;
    // An empty list filters nothing, as an absent one.
    Ok((!states.is_empty()).then_some(states))
}
