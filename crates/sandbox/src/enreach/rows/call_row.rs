//! A row of `/calls` or `/servicecall` (Enreach reference, sections 2 and 3).

use chrono::{DateTime, Duration, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::super::instant;
use super::world_row::{EnreachLoadError, WorldRow};

/// The row with what filters need to know of it.
#[derive(Debug)]
pub(in super::super) struct CallRow {
    pub(in super::super) id: Uuid,
    pub(in super::super) row: Map<String, Value>,
    /// `StartTime`, else `TimeStamp`.
    pub(in super::super) start: DateTime<Utc>,
    pub(in super::super) call_id: Option<Uuid>,
    pub(in super::super) user: Option<Uuid>,
    /// The first queue and the answering one.
    pub(in super::super) queues: [Option<Uuid>; 2],
    modified: DateTime<Utc>,
    /// For a direct call, which appears only after it has ended.
    ends: Option<Ends>,
}

/// When a direct call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    At(DateTime<Utc>),
    /// `EndTime` is null: it still runs.
    NotYet,
}

impl CallRow {
    /// Takes a checked row; one without `Modified` gets `EndTime`, else start plus `Duration`.
    pub(super) fn read(mut row: WorldRow) -> Result<Self, EnreachLoadError> {
        let start = row.instant("StartTime").or_else(|| row.instant("TimeStamp"));
        let start = start
            .ok_or_else(|| row.refused("has neither StartTime nor TimeStamp; one is needed"))?;
        let talk = row.get("Duration").and_then(Value::as_i64).unwrap_or(0).max(0);
        let usual_end = Duration::try_seconds(talk).and_then(|talk| start.checked_add_signed(talk));
        let usual_end = row.instant("EndTime").or(usual_end).unwrap_or(start);
        let modified = row.instant("Modified").unwrap_or(usual_end);
        row.default("Modified", || instant::iso(modified).into());
        Ok(Self {
            id: row.id(),
            start,
            call_id: row.guid("CallId").or_else(|| row.guid("CallID")),
            user: row.guid("UserId"),
            queues: [row.guid("QueueId"), row.guid("AnswerQueueId")],
            modified,
            ends: is_direct(&row).then(|| ends(&row)).flatten(),
            row: row.into_fields(),
        })
    }

    /// When the platform's post-processing makes the row appear; also its `Modified` on the wire.
    pub(in super::super) fn visible_from(&self, delay: Duration) -> DateTime<Utc> {
        self.modified.checked_add_signed(delay).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Whether the row is there now.
    pub(in super::super) fn is_visible(&self, now: DateTime<Utc>, delay: Duration) -> bool {
        let has_ended = match self.ends {
            None => true,
            Some(Ends::At(end)) => end <= now,
            Some(Ends::NotYet) => false,
        };
        has_ended && self.visible_from(delay) <= now
    }
}

/// Rows of `/servicecall` and service-type rows of `/calls` come after each event of the call;
/// the others only once it is disconnected (Enreach reference, section 2.1).
fn is_direct(row: &WorldRow) -> bool {
    let is_service_row = row.is_service_call()
        || row.guid("QueueId").is_some()
        || row.get("CallType").and_then(Value::as_i64) == Some(2)
        || row.get("CallTypeString").and_then(Value::as_str) == Some("ServiceCall");
    !is_service_row
}

/// A row without the key does not tell when the call ended; it counts as over.
fn ends(row: &WorldRow) -> Option<Ends> {
    match row.get("EndTime")? {
        Value::Null => Some(Ends::NotYet),
        _ => row.instant("EndTime").map(Ends::At),
    }
}
