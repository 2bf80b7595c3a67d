//! Phone calls that an agent's widget has made in Dynamics while the call ran.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::ids::instant;
use super::numbers::{Number, Style};

/// `ev_syncsource` of a row made by the widget (design §6).
const SYNC_SOURCE_WIDGET: u32 = 451_000_004;

/// What the widget knew.
pub(super) struct WidgetCall<'a> {
    /// Key of the row.
    pub(super) id: String,
    /// The customer's number.
    pub(super) number: &'a Number,
    /// Made by the agent.
    pub(super) outgoing: bool,
    /// When the widget saw the call begin.
    pub(super) start: DateTime<Utc>,
    /// When it saw it end.
    pub(super) end: DateTime<Utc>,
    /// The agent's Dynamics user.
    pub(super) owner: &'a str,
    /// Whether that user can own the row.
    pub(super) owned: bool,
}

/// The row: completed, without the call id, its number as the agent saw it.
pub(super) fn widget_row(call: &WidgetCall<'_>) -> Value {
    let minutes = (call.end - call.start).num_seconds().max(0) / 60;
    let mut row = json!({
        "activityid": call.id, "subject": "Call from the phone widget",
        "phonenumber": call.number.written(Style::Blanks), "directioncode": call.outgoing,
        "actualstart": instant(call.start), "actualend": instant(call.end),
        "actualdurationminutes": minutes, "createdon": instant(call.start),
        "statecode": 1, "statuscode": if call.outgoing { 2 } else { 4 },
        "ev_syncsource": SYNC_SOURCE_WIDGET,
    });
    if call.owned {
        row["ownerid@odata.bind"] = json!(format!("/systemusers({})", call.owner));
    }
    row
}
