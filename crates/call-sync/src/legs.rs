//! Folding: rows that share a call id become one conversation.
//!
//! Pure. The rules are those of the design, section 3, "Fold legs"; facts about the rows come from
//! the Enreach reference, sections 2 and 3.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use enreach_client::{CallRow, Direction, Privacy, Reported, RowKind};
use serde::{Deserialize, Serialize};
use voice_model::{AgentId, CallId};

/// Where a row was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Source {
    /// `/calls`: rows of users.
    #[serde(rename = "calls")]
    Calls,
    /// `/servicecall`: rows of queues.
    #[serde(rename = "servicecall")]
    ServiceCalls,
}

/// One row of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    /// Where it was read.
    pub source: Source,
    /// What it says.
    pub row: CallRow,
}

/// What a conversation counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallKind {
    /// Made by or to a person.
    Direct,
    /// Arrived at a queue.
    Service,
}

/// All that is known of one call.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// Its id.
    pub call: CallId,
    /// Every row, personal work-number rows included: the evidence.
    pub legs: Vec<Leg>,
    /// What it counts as.
    pub kind: CallKind,
    /// Which way it went.
    pub direction: Direction,
    /// The customer's number, as received.
    pub customer_number: Option<String>,
    /// The number on our side, as received.
    pub our_number: Option<String>,
    /// Start of the earliest row.
    pub start: Option<DateTime<Utc>>,
    /// End of the latest row.
    pub end: Option<DateTime<Utc>>,
    /// Whether somebody answered.
    pub answered: bool,
    /// Time talked.
    pub talk: Duration,
    /// The agent who had the call last.
    pub agent: Option<AgentId>,
    /// The privacy class that this agent gave it.
    pub privacy: Privacy,
    /// The queue that answered, else the first.
    pub queue_name: Option<String>,
    /// When a row last changed.
    pub modified: Option<DateTime<Utc>>,
    /// Whether some row has not ended yet.
    pub in_progress: bool,
    /// Whether nothing but traffic of a personal work number is left.
    pub personal_work: bool,
}

/// Folds rows into conversations, oldest first. The order of the rows does not matter.
pub fn fold(legs: impl IntoIterator<Item = Leg>) -> Vec<Conversation> {
    let mut calls: BTreeMap<CallId, Vec<Leg>> = BTreeMap::new();
    for leg in legs {
        calls.entry(leg.row.call_id.clone()).or_default().push(leg);
    }
    let mut conversations: Vec<_> =
        calls.into_iter().map(|(call, legs)| Conversation::of(call, legs)).collect();
    conversations.sort_by(|a, b| (a.start, &a.call).cmp(&(b.start, &b.call)));
    conversations
}

impl Leg {
    /// A row of a queue whose queue has no name belongs to a personal work number
    /// (reference, section 3).
    fn is_personal_work(&self) -> bool {
        self.source == Source::ServiceCalls && self.row.queue_name.is_none()
    }

    fn is_queue_row(&self) -> bool {
        self.source == Source::ServiceCalls && self.row.queue_name.is_some()
    }

    /// Whether a row of `/calls` is a person's own call. A row that does not say is one unless it
    /// names a queue (reference, section 12, question 3).
    fn is_direct(&self) -> bool {
        let names_queue = self.row.queue.is_some() || self.row.queue_name.is_some();
        self.source == Source::Calls
            && match self.row.kind {
                RowKind::Direct => true,
                RowKind::Service => false,
                RowKind::Unknown => !names_queue,
            }
    }

    fn end(&self) -> Option<DateTime<Utc>> {
        self.row.end.value().or_else(|| {
            let talk = Duration::seconds(i64::try_from(self.row.duration_secs?).ok()?);
            self.row.answer.value().or(self.row.start)?.checked_add_signed(talk)
        })
    }

    /// The time between answer and end, if both are known.
    fn talk_span(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let span = (self.row.answer.value()?, self.row.end.value()?);
        (span.0 <= span.1).then_some(span)
    }

    /// What makes two rows the same row.
    fn row_key(&self) -> (Source, &Option<String>) {
        (self.source, &self.row.id)
    }

    /// Orders rows of a call: start, then id; a row without start comes last.
    fn order(&self) -> (bool, Option<DateTime<Utc>>, &Option<String>, Source) {
        (self.row.start.is_none(), self.row.start, &self.row.id, self.source)
    }
}

impl Conversation {
    fn of(call: CallId, mut legs: Vec<Leg>) -> Self {
        // A row that was read twice counts once, in its newest state.
        legs.sort_by(|a, b| {
            a.row_key().cmp(&b.row_key()).then_with(|| b.row.modified.cmp(&a.row.modified))
        });
        legs.dedup_by(|older, newer| newer.row.id.is_some() && newer.row_key() == older.row_key());
        legs.sort_by(|a, b| a.order().cmp(&b.order()));

        let identified = legs.iter().any(|leg| leg.is_direct() || leg.is_queue_row());
        let personal_work = !identified && legs.iter().any(Leg::is_personal_work);
        let counted: Vec<&Leg> =
            legs.iter().filter(|leg| personal_work || !leg.is_personal_work()).collect();

        let queue_row = counted.iter().copied().find(|leg| leg.source == Source::ServiceCalls);
        let leading = queue_row.or(counted.first().copied());
        let last_talker = last_answered(&counted).or(counted.first().copied());
        let direction = leading.map(|leg| leg.row.direction).unwrap_or_default();
        let (customer_number, our_number) = numbers(leading, counted.first().copied(), direction);
        let start = counted.iter().filter_map(|leg| leg.row.start).min();
        let end = counted.iter().filter_map(|leg| leg.end()).max().max(start);

        Self {
            kind: match leading {
                Some(leg) if leg.is_direct() => CallKind::Direct,
                _ => CallKind::Service,
            },
            direction,
            customer_number,
            our_number,
            start,
            end,
            answered: match queue_row {
                Some(leg) => leg.row.answered(),
                None => counted.iter().any(|leg| leg.row.answered()),
            },
            talk: talk(queue_row, &counted),
            agent: last_talker.and_then(|leg| leg.row.agent.clone()),
            privacy: last_talker.map(|leg| leg.row.privacy).unwrap_or_default(),
            queue_name: leading.and_then(queue_name),
            modified: legs.iter().filter_map(|leg| leg.row.modified).max(),
            in_progress: counted.iter().any(|leg| leg.row.end == Reported::Null),
            personal_work,
            call,
            legs,
        }
    }
}

fn last_answered<'a>(legs: &[&'a Leg]) -> Option<&'a Leg> {
    legs.iter().copied().filter(|leg| leg.row.answered()).max_by_key(|leg| {
        let answer = leg.row.answer.value().or(leg.row.start);
        (answer, leg.row.agent.is_some(), Reverse(leg.order()))
    })
}

/// The customer's number and ours: from the leading row, or from the earliest if it has none.
fn numbers(
    leading: Option<&Leg>,
    earliest: Option<&Leg>,
    direction: Direction,
) -> (Option<String>, Option<String>) {
    let pick = |number: fn(&CallRow) -> &Option<String>| {
        [leading, earliest].into_iter().flatten().find_map(|leg| number(&leg.row).clone())
    };
    let (caller, called) = (pick(|row| &row.a_number), pick(|row| &row.b_number));
    match direction {
        Direction::Incoming => (caller, called),
        Direction::Outgoing => (called, caller),
    }
}

fn talk(queue_row: Option<&Leg>, legs: &[&Leg]) -> Duration {
    let seconds = |secs: u64| Duration::seconds(i64::try_from(secs).unwrap_or(i64::from(i32::MAX)));
    if let Some(duration) = queue_row.and_then(|leg| leg.row.duration_secs) {
        return seconds(duration);
    }
    let spans: Vec<_> =
        legs.iter().filter(|leg| leg.row.answered()).filter_map(|leg| leg.talk_span()).collect();
    if spans.is_empty() {
        return seconds(legs.iter().filter_map(|leg| leg.row.duration_secs).max().unwrap_or(0));
    }
    length_of_union(spans)
}

fn length_of_union(mut spans: Vec<(DateTime<Utc>, DateTime<Utc>)>) -> Duration {
    spans.sort_unstable();
    let mut total = Duration::zero();
    let mut covered_until = DateTime::<Utc>::MIN_UTC;
    for (start, end) in spans {
        let start = start.max(covered_until);
        if end > start {
            total += end - start;
            covered_until = end;
        }
    }
    total
}

fn queue_name(leg: &Leg) -> Option<String> {
    leg.row.answer_queue_name.clone().or_else(|| leg.row.queue_name.clone())
}

#[cfg(test)]
mod tests;
