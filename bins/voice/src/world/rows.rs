//! Rows as Enreach Cloud reports them (reference, sections 2.3 and 3).

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::ids::{Ids, instant};
use super::team::{Agent, ServiceQueue};

/// `Direction` of a row.
pub(super) const INCOMING: u8 = 0;
/// `Direction` of a row.
pub(super) const OUTGOING: u8 = 1;

/// When one leg rang, was answered and ended; all three known once it is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// Ringing began.
    pub(super) start: DateTime<Utc>,
    /// It was answered, if it was.
    pub(super) answer: Option<DateTime<Utc>>,
    /// It was disconnected; `None` while it runs.
    pub(super) end: Option<DateTime<Utc>>,
    /// The row's last change.
    pub(super) modified: DateTime<Utc>,
}

impl Times {
    /// Seconds of talk, 0 without an answer or while the call runs.
    fn talk(&self) -> i64 {
        match (self.answer, self.end) {
            (Some(answer), Some(end)) => (end - answer).num_seconds(),
            _ => 0,
        }
    }

    fn wait(&self) -> i64 {
        let until = self.answer.or(self.end).unwrap_or(self.modified);
        (until - self.start).num_seconds()
    }
}

/// Rows appear about ten seconds after the event (reference, section 2.1).
pub(super) fn reported(end: DateTime<Utc>) -> DateTime<Utc> {
    end + TimeDelta::seconds(9)
}

/// What the two kinds of rows have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    /// `CallId`.
    pub(super) id: &'a str,
    /// `ANum`: the caller.
    pub(super) caller: &'a str,
    /// `BNum`: the called number.
    pub(super) called: &'a str,
}

/// A row of `/calls`: one agent's part of a call.
pub(super) fn user_row(
    ids: &Ids,
    call: Call<'_>,
    agent: &Agent,
    queue: Option<&ServiceQueue>,
    direction: u8,
    times: Times,
) -> Value {
    let (kind, kind_name) = if queue.is_some() { (2, "ServiceCall") } else { (1, "DirectCall") };
    let leg = ids.id("leg", format_args!("{}|{}", call.id, agent.id));
    json!({
        "Id": ids.id("event", format_args!("{}|{}", call.id, agent.id)),
        "CallId": call.id,
        "CallLegId": format!("{}@198.51.100.7_br1", leg.replace('-', "")),
        "TimeStamp": instant(times.start), "StartTime": instant(times.start),
        "AnswerTime": times.answer.map(instant), "EndTime": times.end.map(instant),
        "ANum": call.caller, "BNum": call.called,
        "CallType": kind, "CallTypeString": kind_name, "Direction": direction,
        "EndResult": i32::from(times.answer.is_none()), "Duration": times.talk(),
        "UserId": agent.id, "UserName": agent.user_name,
        "QueueId": queue.map(|queue| &queue.id), "QueueName": queue.map(|queue| queue.name),
        "Privacy": "Work", "RecordingIds": [], "TranscriptIds": [],
        "Modified": instant(times.modified),
    })
}

/// A row of `/servicecall`: the journey of a queue call. Without a queue it is traffic of a personal
/// work number, which the platform reports with a null name.
pub(super) fn service_row(
    ids: &Ids,
    call: Call<'_>,
    agent: Option<&Agent>,
    queue: Option<&ServiceQueue>,
    times: Times,
) -> Value {
    let queue_id = match (queue, agent) {
        (Some(queue), _) => Some(queue.id.clone()),
        (None, Some(agent)) => Some(ids.id("personal-queue", &agent.id)),
        (None, None) => None,
    };
    let queue_name = queue.map(|queue| queue.name);
    let answered = times.answer.is_some();
    json!({
        "Id": ids.id("service-event", call.id), "CallId": call.id,
        "QueueId": queue_id, "QueueName": queue_name,
        "AnswerQueueId": queue_id.filter(|_| answered),
        "AnswerQueueName": queue_name.filter(|_| answered),
        "ANum": call.caller, "BNum": call.called, "Direction": INCOMING,
        "EndResult": i32::from(!answered),
        "TimeStamp": instant(times.start), "StartTime": instant(times.start),
        "AnswerTime": times.answer.map(instant), "EndTime": times.end.map(instant),
        "WaitTime": times.wait(), "Duration": times.talk(),
        "UserId": agent.map(|agent| &agent.id), "UserName": agent.map(|agent| &agent.user_name),
        "RecordingIds": [], "TranscriptIds": [],
        "Modified": instant(times.modified),
    })
}
