//! A row of `/calls` or `/servicecall` (Enreach reference, sections 2 and 3).

use chrono::{DateTime, Duration, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::super::instant;
use super::world_row::WorldRow;

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
    /// For a direct call, which appears only after it has ended. One whose `EndTime` is null or
    /// absent is shown at once: who wrote the world wants it to be seen.
    ends: Option<DateTime<Utc>>,
}

impl CallRow {
    /// Takes a checked row; one without `Modified` gets `EndTime`, else start plus `Duration`. A
    /// row that names no time at all is filed under the time of loading.
    pub(super) fn read(mut row: WorldRow, now: DateTime<Utc>) -> Self {
        let start = ["StartTime", "TimeStamp", "AnswerTime", "EndTime", "Modified"]
            .into_iter()
            .find_map(|field| row.instant(field))
            .unwrap_or(now);
        let talk = row.get("Duration").and_then(Value::as_i64).unwrap_or(0).max(0);
        let usual_end = Duration::try_seconds(talk).and_then(|talk| start.checked_add_signed(talk));
        let usual_end = row.instant("EndTime").or(usual_end).unwrap_or(start);
        let modified = row.instant("Modified").unwrap_or(usual_end);
        row.default("Modified", || instant::iso(modified).into());
        Self {
            id: row.id(),
            start,
            call_id: row.guid("CallId").or_else(|| row.guid("CallID")),
            user: row.guid("UserId"),
            queues: [row.guid("QueueId"), row.guid("AnswerQueueId")],
            modified,
            ends: row.instant("EndTime").filter(|_| is_direct(&row)),
            row: row.into_fields(),
        }
    }

    /// When the platform's post-processing makes the row appear; also its `Modified` on the wire.
    pub(in super::super) fn visible_from(&self, delay: Duration) -> DateTime<Utc> {
        self.modified.checked_add_signed(delay).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// The row on the wire.
    pub(in super::super) fn row_with(&self, delay: Duration) -> Map<String, Value> {
        let mut row = self.row.clone();
        row.insert("Modified".to_owned(), instant::iso(self.visible_from(delay)).into());
        row
    }

    /// Whether the row is there now.
    pub(in super::super) fn is_visible(&self, now: DateTime<Utc>, delay: Duration) -> bool {
        let has_ended = self.ends.is_none_or(|end| end <= now);
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
