//! One row of a call.

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::super::dice::Dice;
use super::super::organisation::Queue;

/// How many answers carry a fraction of a second.
const FRACTIONS_PERCENT: u32 = 5;

/// What the rows of one call have in common.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) id: String,
    pub(super) a: Value,
    pub(super) b: Value,
    pub(super) outgoing: bool,
}

/// A row still to be written.
#[derive(Debug, Clone)]
pub(super) struct Leg {
    pub(super) start: DateTime<Utc>,
    pub(super) answer: Option<DateTime<Utc>>,
    pub(super) end: Option<DateTime<Utc>>,
    /// Enreach user id.
    pub(super) user: Value,
    pub(super) privacy: Option<Value>,
}

impl Leg {
    /// Seconds of talk.
    pub(super) fn talk(&self) -> i64 {
        match (self.answer, self.end) {
            (Some(answer), Some(end)) => (end - answer).num_seconds(),
            _ => 0,
        }
    }

    /// A row of `/calls`; with a queue it is of service type.
    pub(super) fn user_row(&self, dice: &mut Dice, call: &Call, queue: Option<&Queue>) -> Value {
        let mut row = self.row(dice, call);
        if let Some(privacy) = &self.privacy {
            row.insert("Privacy".to_owned(), privacy.clone());
        }
        kind(dice, &mut row, queue.is_some());
        row.insert("QueueId".to_owned(), json!(queue.map(|queue| &queue.id)));
        row.insert("QueueName".to_owned(), json!(queue.map(|queue| &queue.name)));
        row.into()
    }

    /// A row of `/servicecall`.
    pub(super) fn service_row(
        &self,
        dice: &mut Dice,
        call: &Call,
        first: (&str, Value),
        answering: Option<&Queue>,
    ) -> Value {
        let mut row = self.row(dice, call);
        row.remove("CallLegId");
        row.insert("QueueId".to_owned(), first.0.into());
        row.insert("QueueName".to_owned(), first.1);
        row.insert("AnswerQueueId".to_owned(), json!(answering.map(|queue| &queue.id)));
        row.insert("AnswerQueueName".to_owned(), json!(answering.map(|queue| &queue.name)));
        row.into()
    }

    /// Sometimes a GUID is written in capitals.
    fn upper_case(&self, dice: &mut Dice, id: &Value) -> Option<Value> {
        id.as_str().filter(|_| dice.chance(4)).map(|id| id.to_uppercase().into())
    }

    fn row(&self, dice: &mut Dice, call: &Call) -> Map<String, Value> {
        let row = json!({
            "Id": dice.guid(), "CallId": call.id, "CallLegId": "leg",
            "ANum": call.a, "BNum": call.b, "Direction": i64::from(call.outgoing),
            "EndResult": i64::from(self.answer.is_none()),
            "TimeStamp": iso(self.start), "StartTime": iso(self.start),
            "AnswerTime": self.answer.map(iso), "EndTime": self.end.map(iso),
            "Duration": self.talk(), "UserId": self.user,
            "RecordingIds": [], "TranscriptIds": [],
        });
        let Value::Object(mut row) = row else { unreachable!() };
        if dice.chance(4) {
            row.remove("AnswerTime");
        }
        if self.end.is_some() && dice.chance(4) {
            row.remove("EndTime");
        }
        for field in ["StartTime", "Duration"] {
            if dice.chance(4) {
                row.remove(field);
            }
        }
        if !call.outgoing && dice.chance(3) {
            row.remove("Direction");
        }
        if let Some(answer) = self.answer.filter(|_| dice.chance(FRACTIONS_PERCENT)) {
            let answer = iso(answer - Duration::seconds(1)).replace('Z', ".4Z");
            row.insert("AnswerTime".to_owned(), answer.into());
        }
        for field in ["CallId", "UserId"] {
            if let Some(id) = self.upper_case(dice, &row[field]) {
                row.insert(field.to_owned(), id);
            }
        }
        row
    }
}

/// Says the type of a row as text, as number, both, or as something that nobody knows.
fn kind(dice: &mut Dice, row: &mut Map<String, Value>, service: bool) {
    let (name, number) = if service { ("ServiceCall", 2) } else { ("DirectCall", 1) };
    let (name, number) = match dice.weighted(&[64, 14, 14, 4, 4]) {
        0 => (Some(name), Some(number)),
        1 => (Some(name), None),
        2 => (None, Some(number)),
        3 => (Some("Conference"), None),
        _ => (None, None),
    };
    if let Some(name) = name {
        row.insert("CallTypeString".to_owned(), name.into());
    }
    if let Some(number) = number {
        row.insert("CallType".to_owned(), number.into());
    }
}

pub(super) fn iso(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Makes the rows of a call appear after its last event: a few seconds later, and some of those of
/// users later still, when the user has marked them.
pub(super) fn appear(
    dice: &mut Dice,
    rows: &mut [Value],
    last_event: DateTime<Utc>,
    now: DateTime<Utc>,
    marked: bool,
) {
    for row in rows {
        let later = if marked && dice.chance(15) { dice.between(10, 1_500) } else { 0 };
        let at = last_event + Duration::seconds(dice.between(0, 10) + later);
        row["Modified"] = iso(at.min(now)).into();
    }
}
