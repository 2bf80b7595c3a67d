//! The settings rows that an administrator of the demo company has made (design §3).

use serde_json::{Value, json};

use super::ids::Ids;

/// Seconds of talk below which a call of the demo is not logged.
pub(super) const CALL_DURATION_LIMIT: i64 = 10;

/// Seconds around a call's start within which a phone call made by the widget counts as the call.
pub(super) const CALL_START_MARGIN: i64 = 60;

/// Choice values of `ev_group` and `ev_datatype` (design §6).
const CALL_SYNC: u32 = 451_000_000;
const CALLBACK_SYNC: u32 = 451_000_001;
const GENERAL: u32 = 451_000_002;
const TEXT: u32 = 451_000_000;
const INTEGER: u32 = 451_000_001;
const BOOLEAN: u32 = 451_000_002;

/// Rows of `ev_settings`, with the Enreach id of the fallback owner.
pub(super) fn rows(ids: &Ids, default_assignee: &str) -> Vec<Value> {
    let limit = CALL_DURATION_LIMIT.to_string();
    let margin = CALL_START_MARGIN.to_string();
    let rows = [
        ("CallDurationLimit", limit.as_str(), CALL_SYNC, INTEGER),
        ("CallStartMargin", margin.as_str(), CALL_SYNC, INTEGER),
        ("DefaultCrmAssignee", default_assignee, GENERAL, TEXT),
        ("EnableAudit", "false", CALL_SYNC, BOOLEAN),
        ("EnableMultipleMatchCreate", "false", CALL_SYNC, BOOLEAN),
        ("ExecutionInterval", "15", CALL_SYNC, INTEGER),
        ("IncomingDirectCallSubject", "Incoming call", CALL_SYNC, TEXT),
        ("IncomingQueueCallSubject", "Incoming service call", CALL_SYNC, TEXT),
        ("OutgoingDirectCallSubject", "Outgoing call", CALL_SYNC, TEXT),
        ("MultipleMatchPhoneCallStatus", "1", CALL_SYNC, INTEGER),
        ("MultipleMatchesPickFirst", "false", CALL_SYNC, BOOLEAN),
        ("NumbersToCut", "4", GENERAL, INTEGER),
        ("ProcessDirectCalls", "true", CALL_SYNC, BOOLEAN),
        ("ProcessServiceCalls", "true", CALL_SYNC, BOOLEAN),
        ("ProcessServiceCallsUnanswered", "false", CALL_SYNC, BOOLEAN),
        ("RunInDebugMode", "false", GENERAL, BOOLEAN),
        ("DefaultRegion", "FI", GENERAL, TEXT),
        ("PreferExactMatch", "true", GENERAL, BOOLEAN),
        ("MinimumMatchDigits", "6", GENERAL, INTEGER),
        ("SharedNumberToAccount", "false", GENERAL, BOOLEAN),
        ("UnansweredCallState", "Completed", CALL_SYNC, TEXT),
        ("WindowBasis", "Modified", CALL_SYNC, TEXT),
        ("DirectoryRefreshSeconds", "300", GENERAL, INTEGER),
        ("SettingsRefreshSeconds", "300", GENERAL, INTEGER),
        ("CallbackRequestDefaultSubject", "Callback request", CALLBACK_SYNC, TEXT),
        ("CallbackRequestRecipientRule", "QueueOwner", CALLBACK_SYNC, TEXT),
        ("CloseCallbacksInEnreach", "true", CALLBACK_SYNC, BOOLEAN),
    ];
    rows.into_iter()
        .map(|(name, value, group, data_type)| {
            json!({
                "ev_settingid": ids.id("ev_setting", name), "ev_name": name, "ev_value": value,
                "ev_group": group, "ev_datatype": data_type,
            })
        })
        .collect()
}
