//! Which calls a request asks for (Enreach reference, sections 2.2 and 3).

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::collection::Collection;
use super::failure::Failure;
use super::instant;
use super::rows::CallRow;
use crate::server::Received;

/// Longest span between the two ends of a filter, both ends inclusive.
const LONGEST_SPAN_DAYS: i64 = 31;

/// The conditions of one request; all must hold.
#[derive(Debug, Default)]
pub(super) struct CallFilter {
    started: Option<Span>,
    modified: Option<Span>,
    call_id: Option<Uuid>,
    users: Option<Vec<Uuid>>,
    queues: Option<Vec<Uuid>>,
}

/// Two instants, both inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl Span {
    fn holds(self, instant: DateTime<Utc>) -> bool {
        self.from <= instant && instant <= self.to
    }
}

impl CallFilter {
    /// Reads the query. A pair of instants is needed; `/calls` also takes a lone `CallId`.
    pub(super) fn read(received: &Received, collection: Collection) -> Result<Self, Failure> {
        let filter = Self {
            started: span(received, "StartTime", "EndTime")?,
            modified: span(received, "ModifiedAfter", "ModifiedBefore")?,
            call_id: call_id(received)?,
            users: ids(received, "UserIDs")?,
            queues: ids(received, "QueueIDs")?,
        };
        let has_span = filter.started.is_some() || filter.modified.is_some();
        let takes_call_id = collection == Collection::Calls;
        if has_span || (takes_call_id && filter.call_id.is_some()) {
            return Ok(filter);
        }
        Err(Failure::bad_request(if takes_call_id {
            "StartTime and EndTime, ModifiedAfter and ModifiedBefore, or CallId are required"
        } else {
            "StartTime and EndTime, or ModifiedAfter and ModifiedBefore are required"
        }))
    }

    /// Whether a call is asked for.
    pub(super) fn admits(&self, call: &CallRow, delay: Duration) -> bool {
        let listed = |ids: &Option<Vec<Uuid>>, having: &[Option<Uuid>]| {
            ids.as_ref().is_none_or(|ids| having.iter().flatten().any(|id| ids.contains(id)))
        };
        self.started.is_none_or(|span| span.holds(call.start))
            && self.modified.is_none_or(|span| span.holds(call.visible_from(delay)))
            && self.call_id.is_none_or(|id| call.call_id == Some(id))
            && listed(&self.users, &[call.user])
            && listed(&self.queues, &call.queues)
    }
}

fn span(received: &Received, from: &str, to: &str) -> Result<Option<Span>, Failure> {
    let span = match (instant(received, from)?, instant(received, to)?) {
        (None, None) => return Ok(None),
        (Some(from), Some(to)) => Span { from, to },
        _ => return Err(Failure::bad_request(format!("{from} and {to} are required together"))),
    };
    if span.to < span.from {
        return Err(Failure::bad_request(format!("{to} is before {from}")));
    }
    if span.to - span.from > Duration::days(LONGEST_SPAN_DAYS) {
        let message = format!("{from} and {to} are more than {LONGEST_SPAN_DAYS} days apart");
        return Err(Failure::bad_request(message));
    }
    Ok(Some(span))
}

/// The instant of a parameter, if it is there.
pub(super) fn instant(received: &Received, name: &str) -> Result<Option<DateTime<Utc>>, Failure> {
    let Some(text) = received.parameter(name) else { return Ok(None) };
    instant::parse(text.trim()).map(Some).ok_or_else(|| {
        Failure::bad_request(format!(
            "{name} is {text:?}; expected UTC as yyyy-MM-dd HH:mm:ss or yyyy-MM-ddTHH:mm:ssZ"
        ))
    })
}

fn call_id(received: &Received) -> Result<Option<Uuid>, Failure> {
    received.parameter("CallId").map(|text| guid("CallId", &text)).transpose()
}

fn ids(received: &Received, name: &str) -> Result<Option<Vec<Uuid>>, Failure> {
    let Some(list) = received.parameter(name) else { return Ok(None) };
    let ids = list.split(',').filter(|text| !text.trim().is_empty());
    let ids: Vec<_> = ids.map(|text| guid(name, text)).collect::<Result<_, _>>()?;
    // An empty list filters nothing, as an absent one.
    Ok((!ids.is_empty()).then_some(ids))
}

fn guid(name: &str, text: &str) -> Result<Uuid, Failure> {
    let refused = || Failure::bad_request(format!("{name} holds {text:?}; expected GUIDs"));
    text.trim().parse().map_err(|_| refused())
}
