//! From rows to one conversation (design §3, Fold legs).

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::json::{instant, text};
use super::window::{RowsOfCall, started};
use crate::oracle::known::A_ROW_WITHOUT_END_AND_DURATION_ENDS_AS_IT_BEGINS;

/// One call, whatever number of rows it has.
#[derive(Debug)]
pub(super) struct Conversation<'a> {
    pub(super) call: String,
    pub(super) in_progress: bool,
    /// Only traffic of a personal work number.
    pub(super) personal: bool,
    pub(super) service: bool,
    pub(super) outgoing: bool,
    pub(super) answered: bool,
    pub(super) start: DateTime<Utc>,
    pub(super) end: DateTime<Utc>,
    /// In milliseconds.
    pub(super) talk: i64,
    /// Enreach id of the agent, or nothing.
    pub(super) agent: &'a str,
    pub(super) privacy: &'a str,
    /// The customer's number as Enreach gives it, and the other party's.
    pub(super) customer: &'a str,
    pub(super) other: &'a str,
    /// Id and name of the queue that answered, else of the first.
    pub(super) queue: Option<(&'a str, &'a str)>,
    /// The rows that count.
    pub(super) rows: Vec<&'a Value>,
}

impl<'a> Conversation<'a> {
    pub(super) fn of(call: &str, rows: &RowsOfCall<'a>) -> Self {
        let (named, unnamed): (Vec<&Value>, Vec<&Value>) =
            rows.service.iter().partition(|row| !text(row, "QueueName").trim().is_empty());
        let has_direct = rows.user.iter().any(|row| !is_service_type(row));
        let personal = !unnamed.is_empty() && !has_direct;
        let kept_service = if personal { &rows.service } else { &named };
        let mut kept: Vec<&Value> = kept_service.iter().chain(&rows.user).copied().collect();
        kept.sort_by_key(|row| (started(row), text(row, "Id").to_lowercase()));

        let service_row = kept_service.first().copied();
        let lead = service_row.unwrap_or(kept[0]);
        let outgoing = lead["Direction"].as_i64().unwrap_or(0) != 0;
        let answered: Vec<&Value> = kept.iter().copied().filter(|row| is_answered(row)).collect();
        let of_agent = latest_answered(&answered).unwrap_or(kept[0]);
        let (a, b) = (text(lead, "ANum"), text(lead, "BNum"));
        Self {
            call: call.to_owned(),
            in_progress: kept.iter().any(|row| row.get("EndTime").is_some_and(Value::is_null)),
            personal,
            service: service_row.is_some() || is_service_type(lead),
            outgoing,
            answered: !answered.is_empty(),
            start: kept.iter().map(|row| started(row)).min().unwrap(),
            end: kept.iter().map(|row| ended(row)).max().unwrap(),
            talk: talk(service_row, &kept, &answered),
            agent: text(of_agent, "UserId"),
            privacy: text(of_agent, "Privacy"),
            customer: if outgoing { b } else { a },
            other: if outgoing { a } else { b },
            queue: queue(lead),
            rows: kept,
        }
    }
}

/// Service-type rows in `/calls` are never direct calls. An unknown type on a row without queue is
/// direct (Enreach reference, section 12, question 3).
fn is_service_type(row: &Value) -> bool {
    match (text(row, "CallTypeString"), row["CallType"].as_i64()) {
        ("ServiceCall", _) => true,
        ("DirectCall", _) => false,
        (_, Some(2)) => true,
        (_, Some(1)) => false,
        _ => !text(row, "QueueId").is_empty(),
    }
}

/// AnswerTime decides; without the key, EndResult (Enreach reference, section 3).
fn is_answered(row: &Value) -> bool {
    match row.get("AnswerTime") {
        Some(answer) => !answer.is_null(),
        None => row["EndResult"].as_i64() == Some(0),
    }
}

/// The answered row with the latest AnswerTime, for which the start stands in where the key is
/// absent. Of several, which the design does not order, the first that names a user.
fn latest_answered<'a>(answered: &[&'a Value]) -> Option<&'a Value> {
    let answer = |row: &Value| instant(row, "AnswerTime").unwrap_or_else(|| started(row));
    let latest = answered.iter().map(|row| answer(row)).max()?;
    let mut latest = answered.iter().copied().filter(|row| answer(row) == latest);
    let first = latest.next()?;
    let names_a_user = |row: &&Value| !text(row, "UserId").is_empty();
    Some(std::iter::once(first).chain(latest).find(names_a_user).unwrap_or(first))
}

/// When a row ended: where the key is absent, as long after its answer, else its start, as it
/// lasted.
fn ended(row: &Value) -> DateTime<Utc> {
    let lasted = row["Duration"].as_i64();
    let mut began = instant(row, "AnswerTime").unwrap_or_else(|| started(row));
    if A_ROW_WITHOUT_END_AND_DURATION_ENDS_AS_IT_BEGINS && lasted.is_none() {
        began = started(row);
    }
    let end = began + chrono::Duration::seconds(lasted.unwrap_or(0));
    instant(row, "EndTime").unwrap_or(end)
}

fn talk(service_row: Option<&Value>, kept: &[&Value], answered: &[&Value]) -> i64 {
    if let Some(duration) = service_row.and_then(|row| row["Duration"].as_i64()) {
        return duration * 1_000;
    }
    let mut spans: Vec<_> = answered
        .iter()
        .filter_map(|row| Some((instant(row, "AnswerTime")?, instant(row, "EndTime")?)))
        .collect();
    spans.sort();
    if spans.is_empty() {
        return kept.iter().filter_map(|row| row["Duration"].as_i64()).max().unwrap_or(0) * 1_000;
    }
    let mut talk = 0;
    let mut told = spans[0].0;
    for (from, to) in spans {
        let from = from.max(told);
        if to > from {
            talk += (to - from).num_milliseconds();
            told = to;
        }
    }
    talk
}

fn queue(lead: &Value) -> Option<(&str, &str)> {
    [("AnswerQueueId", "AnswerQueueName"), ("QueueId", "QueueName")]
        .map(|(id, name)| (text(lead, id), text(lead, name)))
        .into_iter()
        .find(|(_, name)| !name.is_empty())
}
