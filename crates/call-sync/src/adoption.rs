//! Phone calls that are in Dynamics already: ours, and those that somebody else made for the same
//! call.
//!
//! One query looks for a whole batch of calls; which row belongs to which call is decided here.

use std::collections::{HashMap, HashSet};

use call_matching::{CallerNumber, NumberReader};
use chrono::{DateTime, Duration, Utc};
use dataverse_client::{Comparison, Filter, Query, Row};
use enreach_client::Direction;
use settings::Names;
use uuid::Uuid;
use voice_model::{ActivityId, CallId};

use crate::activity::{ACTIVITY_ID, PHONE_CALLS};
use crate::plan::PlannedCall;

/// The state of a canceled phone call (reference, section 2.2).
const CANCELED: i64 = 2;

/// A phone call row that belongs to a call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Existing {
    /// Its key is the call's: an earlier pass made it.
    Ours(ActivityId),
    /// Somebody else made it for this call, or an earlier pass took it over.
    Foreign(ActivityId, Row),
}

impl Existing {
    /// Whether somebody has canceled it: then nothing of it is filled in.
    pub(crate) fn is_canceled(row: &Row) -> bool {
        row.integer("statecode") == Some(CANCELED)
    }
}

/// The query for all rows that could belong to one of the calls. Without a margin only rows that
/// carry a call's key or id are asked for.
pub(crate) fn query(calls: &[PlannedCall], names: &Names, margin: Duration) -> Query {
    let by_key = Filter::is_in(ACTIVITY_ID, calls.iter().map(|call| call.activity.0));
    let by_call =
        Filter::is_in(names.call_id.as_str(), calls.iter().map(|call| call.call.call.as_str()));
    let by_time = spans(calls, margin).into_iter().map(|span| started_in(span, names));
    Query::new(PHONE_CALLS)
        .select([
            ACTIVITY_ID,
            "statecode",
            "phonenumber",
            "directioncode",
            "actualstart",
            "createdon",
        ])
        .select(own_columns(names))
        .filter(Filter::any([by_key, by_call].into_iter().chain(by_time)))
}

fn own_columns(names: &Names) -> [&str; 11] {
    [
        &names.call_id,
        &names.callback_id,
        &names.call_type,
        &names.call_start,
        &names.call_end,
        &names.duration_seconds,
        &names.queue_name,
        &names.queue_number,
        &names.audit,
        &names.match_count,
        &names.sync_source,
    ]
    .map(String::as_str)
}

/// The time around the starts of the calls, overlapping pieces joined.
fn spans(calls: &[PlannedCall], margin: Duration) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    if margin <= Duration::zero() {
        return Vec::new();
    }
    let mut starts: Vec<_> = calls.iter().filter_map(|call| call.call.start).collect();
    starts.sort_unstable();
    let mut spans: Vec<(DateTime<Utc>, DateTime<Utc>)> = Vec::new();
    for start in starts {
        // Stored instants may have lost their fraction: a second more on either side, and the
        // exact margin is checked on the rows.
        let slack = margin + Duration::seconds(1);
        let (from, to) = (start - slack, start + slack);
        match spans.last_mut() {
            Some(last) if last.1 >= from => last.1 = to,
            _ => spans.push((from, to)),
        }
    }
    spans
}

/// The start of a row is `ev_callstart`, else `actualstart`, else `createdon`.
fn started_in((from, to): (DateTime<Utc>, DateTime<Utc>), names: &Names) -> Filter {
    let within = |column: &str| {
        Filter::all([
            Filter::compare(column, Comparison::Ge, from),
            Filter::compare(column, Comparison::Le, to),
        ])
    };
    let no_call_start = || Filter::is_null(names.call_start.as_str());
    Filter::any([
        within(&names.call_start),
        Filter::all([no_call_start(), within("actualstart")]),
        Filter::all([no_call_start(), Filter::is_null("actualstart"), within("createdon")]),
    ])
}

/// Which row belongs to which call. A row made by someone else goes to one call only, the nearest
/// in time; the same input gives the same answer whatever its order.
pub(crate) fn assign(
    calls: &[&PlannedCall],
    rows: Vec<Row>,
    names: &Names,
    reader: &NumberReader,
    margin: Duration,
) -> HashMap<CallId, Existing> {
    let mut found: HashMap<CallId, Existing> = calls
        .iter()
        .filter_map(|call| Some((call.call.call.clone(), by_id(call, &rows, names)?)))
        .collect();
    let mut pairs: Vec<(Duration, Uuid, &CallId, &Row)> = Vec::new();
    for call in calls.iter().filter(|call| !found.contains_key(&call.call.call)) {
        pairs.extend(rows.iter().filter_map(|row| {
            let near = |far: &Duration| margin > Duration::zero() && *far <= margin;
            let distance = distance(call, row, names, reader).filter(near)?;
            Some((distance, row.uuid(ACTIVITY_ID)?, &call.call.call, row))
        }));
    }
    pairs.sort_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)));
    let mut taken = HashSet::new();
    for (_, id, call, row) in pairs {
        if !found.contains_key(call) && taken.insert(id) {
            found.insert(call.clone(), Existing::Foreign(ActivityId(id), row.clone()));
        }
    }
    found
}

/// The row with the call's key, else the first that carries the call's id and is no callback's.
fn by_id(call: &PlannedCall, rows: &[Row], names: &Names) -> Option<Existing> {
    if rows.iter().any(|row| row.uuid(ACTIVITY_ID) == Some(call.activity.0)) {
        return Some(Existing::Ours(call.activity));
    }
    let call_id_of = |row: &Row| CallId::new(row.text(&names.call_id)?).ok();
    rows.iter()
        .filter(|row| call_id_of(row).as_ref() == Some(&call.call.call))
        .filter(|row| row.text(&names.callback_id).is_none())
        .filter_map(|row| Some((row.uuid(ACTIVITY_ID)?, row)))
        .min_by_key(|(id, _)| *id)
        .map(|(id, row)| Existing::Foreign(ActivityId(id), row.clone()))
}

/// How far a row by someone else starts from the call, if it can be that call at all.
fn distance(
    call: &PlannedCall,
    row: &Row,
    names: &Names,
    reader: &NumberReader,
) -> Option<Duration> {
    let free = row.text(&names.call_id).is_none()
        && row.text(&names.callback_id).is_none()
        && !Existing::is_canceled(row);
    let outgoing = call.call.direction == Direction::Outgoing;
    let same_direction = row.boolean("directioncode") == Some(outgoing);
    if !free || !same_direction || !same_number(&call.number, row.text("phonenumber")?, reader) {
        return None;
    }
    let start = row
        .instant(&names.call_start)
        .or_else(|| row.instant("actualstart"))
        .or_else(|| row.instant("createdon"))?;
    Some((start - call.call.start?).abs())
}

fn same_number(number: &CallerNumber, typed: &str, reader: &NumberReader) -> bool {
    match number {
        CallerNumber::International(number) => reader.typed(typed).e164().contains(number),
        other => reader.from_enreach(Some(typed)) == *other,
    }
}

#[cfg(test)]
mod tests;
