//! Rows of `GET /calls` (reference, section 2.3).

use serde_json::{Map, Value};

use super::fields::Fields;
use crate::{CallRow, Direction, Privacy, RowKind};

/// Reads a row; it needs a call id.
pub(crate) fn read(row: Map<String, Value>) -> Result<CallRow, String> {
    let fields = Fields(&row);
    let call_id = fields.required_id(&["CallId", "CallID"])?;
    let read = CallRow {
        id: fields.text("Id").or_else(|| fields.text("ServiceCallId")),
        start: fields.instant("StartTime").or_else(|| fields.instant("TimeStamp")),
        answer: fields.reported_instant("AnswerTime"),
        end: fields.reported_instant("EndTime"),
        modified: fields.instant("Modified"),
        a_number: fields.text("ANum"),
        b_number: fields.text("BNum"),
        kind: kind(&fields),
        direction: direction(&fields),
        end_result: fields.integer("EndResult"),
        duration_secs: fields.seconds("Duration"),
        agent: fields.id(&["UserId", "UserID"]),
        agent_name: fields.text("UserName"),
        queue: fields.id(&["QueueId", "QueueID"]),
        queue_name: fields.text("QueueName"),
        answer_queue: fields.id(&["AnswerQueueId", "AnswerQueueID"]),
        answer_queue_name: fields.text("AnswerQueueName"),
        privacy: privacy(&fields),
        ..CallRow::new(call_id)
    };
    Ok(CallRow { raw: row, ..read })
}

/// `CallType`; only if it is missing or unknown, `CallTypeString`.
fn kind(fields: &Fields<'_>) -> RowKind {
    let named = |name| match fields.word(name)?.as_str() {
        "1" | "directcall" | "direct" => Some(RowKind::Direct),
        "2" | "servicecall" | "service" => Some(RowKind::Service),
        _ => fields.unknown(name),
    };
    named("CallType").or_else(|| named("CallTypeString")).unwrap_or_default()
}

fn direction(fields: &Fields<'_>) -> Direction {
    let named = match fields.word("Direction").as_deref() {
        Some("0" | "false" | "in" | "inbound" | "incoming") => Some(Direction::Incoming),
        Some("1" | "true" | "out" | "outbound" | "outgoing") => Some(Direction::Outgoing),
        Some(_) => fields.unknown("Direction"),
        None => None,
    };
    named.unwrap_or_default()
}

fn privacy(fields: &Fields<'_>) -> Privacy {
    let named = match fields.word("Privacy").as_deref() {
        Some("work") => Some(Privacy::Work),
        Some("private") => Some(Privacy::Private),
        Some("undefined") => Some(Privacy::Undefined),
        Some(_) => fields.unknown("Privacy"),
        None => None,
    };
    named.unwrap_or_default()
}
