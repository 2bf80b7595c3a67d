//! Every setting of a tenant in one table: name, default, limits, meaning, and how it is read.
//!
//! Invariant, held by a test: the default text of a spec, where there is one, reads as the value in
//! `TenantSettings::default()`.

use serde::Serialize;
use voice_model::AgentId;

use crate::tenant::reading::{
    boolean, count, country, quoted, seconds, size, subject, whole, word,
};
use crate::tenant::{RecipientRule, SettingWindowBasis, TenantSettings, UnansweredCallState};

/// What kind of text a setting holds: the choice `ev_datatype` of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum DataType {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// Yes or no: true, false, 1, 0, yes or no, without case.
    Boolean,
}

type Apply = fn(&mut TenantSettings, &str) -> Result<(), String>;

/// One setting: what it is called, means, may hold, and holds when nobody sets it.
#[derive(Debug, Clone, Serialize)]
pub struct SettingSpec {
    /// Its name in Dynamics and in the file; compared without case.
    pub name: &'static str,
    /// What kind of text it holds.
    pub data_type: DataType,
    /// Its default as text; empty when nothing is the default.
    pub default: &'static str,
    /// What it may hold.
    pub expected: &'static str,
    /// What it does.
    pub meaning: &'static str,
    /// Reads a trimmed, non-empty text into the settings.
    #[serde(skip)]
    apply: Apply,
}

impl SettingSpec {
    /// Reads a text into the settings; on failure they are unchanged and the words say why and what
    /// would be right.
    pub(crate) fn read_into(
        &self,
        settings: &mut TenantSettings,
        text: &str,
    ) -> Result<(), String> {
        let text = text.trim();
        if text.is_empty() {
            return Err(format!("the value is empty; expected {}", self.expected));
        }
        (self.apply)(settings, text).map_err(|why| format!("{why}; expected {}", self.expected))
    }
}

/// All settings, in the order of the documentation.
pub fn catalogue() -> &'static [SettingSpec] {
    CATALOGUE
}

/// The setting with this name, compared without case and blanks around it.
pub(crate) fn spec(name: &str) -> Option<&'static SettingSpec> {
    CATALOGUE.iter().find(|spec| spec.name.eq_ignore_ascii_case(name.trim()))
}

const YES_OR_NO: &str = "true or false";
const SUBJECT: &str = "a text of at most 200 characters";

macro_rules! catalogue {
    ($($name:ident: $kind:ident = $default:literal, $expected:expr, $meaning:literal,
       |$settings:ident, $text:ident| $read:expr;)*) => {
        const CATALOGUE: &[SettingSpec] = &[$(SettingSpec {
            name: stringify!($name),
            data_type: DataType::$kind,
            default: $default,
            expected: $expected,
            meaning: $meaning,
            apply: |$settings, $text| { $read; Ok(()) },
        },)*];
    };
}

catalogue! {
    CallDurationLimit: Integer = "0", "0 to 86400 seconds",
        "seconds of talk; an answered call below it is skipped",
        |s, text| s.call_duration_limit_secs = count(text, 0..=86_400)?;
    CallStartMargin: Integer = "60", "0 to 86400 seconds, 0 = off",
        "seconds around the start in which an existing phone call counts as this call",
        |s, text| s.call_start_margin_secs = count(text, 0..=86_400)?;
    DefaultCrmAssignee: Text = "", "an Enreach user id",
        "Enreach user id (not a Dynamics id) of the user who owns what nobody else can own; needed",
        |s, text| s.default_crm_assignee = Some(agent(text)?);
    EnableAudit: Boolean = "false", YES_OR_NO,
        "the audit column holds all values retrieved from Enreach instead of the call id alone",
        |s, text| s.enable_audit = boolean(text)?;
    EnableMultipleMatchCreate: Boolean = "false", YES_OR_NO,
        "create a service call although several customers match",
        |s, text| s.enable_multiple_match_create = boolean(text)?;
    ExecutionInterval: Integer = "15", "1 to 44640 minutes",
        "minutes that a pass looks back",
        |s, text| s.execution_interval = chrono::Duration::minutes(whole(text, 1..=44_640)?);
    IncomingDirectCallSubject: Text = "Incoming call", SUBJECT,
        "subject of an incoming direct call",
        |s, text| s.incoming_direct_call_subject = subject(text)?;
    IncomingQueueCallSubject: Text = "Incoming service call", SUBJECT,
        "subject of an incoming service call",
        |s, text| s.incoming_queue_call_subject = subject(text)?;
    OutgoingDirectCallSubject: Text = "Outgoing call", SUBJECT,
        "subject of an outgoing call",
        |s, text| s.outgoing_direct_call_subject = subject(text)?;
    MultipleMatchPhoneCallStatus: Integer = "", "the number of a status reason of phonecall",
        "status reason of a call that several customers match, used with EnableMultipleMatchCreate",
        |s, text| s.multiple_match_phone_call_status = Some(whole(text, 1..=i64::from(i32::MAX))?);
    MultipleMatchesPickFirst: Boolean = "false", YES_OR_NO,
        "of several matching customers take the first",
        |s, text| s.multiple_matches_pick_first = boolean(text)?;
    NumbersToCut: Integer = "0", "0 to 15 characters",
        "characters cut from the start of the E.164 form before the search, plus sign included",
        |s, text| s.numbers_to_cut = size(text, 0..=15)?;
    ProcessDirectCalls: Boolean = "true", YES_OR_NO,
        "process direct calls",
        |s, text| s.process_direct_calls = boolean(text)?;
    ProcessServiceCalls: Boolean = "true", YES_OR_NO,
        "process answered service calls",
        |s, text| s.process_service_calls = boolean(text)?;
    ProcessServiceCallsUnanswered: Boolean = "false", YES_OR_NO,
        "process unanswered service calls",
        |s, text| s.process_service_calls_unanswered = boolean(text)?;
    RunInDebugMode: Boolean = "false", YES_OR_NO,
        "look back 45 days",
        |s, text| s.run_in_debug_mode = boolean(text)?;
    CallbackRequestDefaultSubject: Text = "Callback request", SUBJECT,
        "subject of a callback whose profile has none",
        |s, text| s.callback_request_default_subject = subject(text)?;
    CallbackRequestRecipientRule: Text = "Queue", "QueueOwner; anything else means the queue",
        "who a callback is addressed to",
        |s, text| s.callback_request_recipient_rule = recipient(text);
    DefaultRegion: Text = "", "two letters of ISO 3166, such as FI",
        "country of numbers without prefix; else the commonest among the tenant's own numbers",
        |s, text| s.default_region = Some(country(text)?);
    PreferExactMatch: Boolean = "true", YES_OR_NO,
        "customers whose number is equal push out those whose number only contains it",
        |s, text| s.prefer_exact_match = boolean(text)?;
    MinimumMatchDigits: Integer = "6", "1 to 15 digits",
        "fewest digits that are searched by containment",
        |s, text| s.minimum_match_digits = size(text, 1..=15)?;
    SharedNumberToAccount: Boolean = "false", YES_OR_NO,
        "one account and only its own contacts become the account",
        |s, text| s.shared_number_to_account = boolean(text)?;
    MatchColumns: Text =
        "contact: telephone1, telephone2, telephone3, mobilephone, business2, home2, \
         address1_telephone1; account: telephone1, telephone2, telephone3, address1_telephone1; \
         lead: telephone1, telephone2, telephone3, mobilephone",
        "columns per table, such as contact: telephone1, mobilephone; account: telephone1",
        "columns that are searched for numbers; a table not named keeps its default",
        |s, text| s.match_columns = text.parse().map_err(|error| format!("{error}"))?;
    UnansweredCallState: Text = "Completed", "Completed or Open",
        "state of the phone call of an unanswered call",
        |s, text| s.unanswered_call_state = word(text, &[
            ("Completed", UnansweredCallState::Completed),
            ("Open", UnansweredCallState::Open),
        ])?;
    CloseCallbacksInEnreach: Boolean = "true", YES_OR_NO,
        "close callbacks in Enreach once they are in Dynamics",
        |s, text| s.close_callbacks_in_enreach = boolean(text)?;
    DirectoryRefreshSeconds: Integer = "300", "1 to 86400 seconds",
        "age at which the directory of customers is read again",
        |s, text| s.directory_refresh = seconds(text, 1..=86_400)?;
    SettingsRefreshSeconds: Integer = "300", "1 to 3600 seconds",
        "age at which these settings are read again",
        |s, text| s.settings_refresh = seconds(text, 1..=3_600)?;
    WindowBasis: Text = "Modified", "Modified or StartTime",
        "which instant of a call the window of a live pass is compared with",
        |s, text| s.window_basis = word(text, &[
            ("Modified", SettingWindowBasis::Modified),
            ("StartTime", SettingWindowBasis::StartTime),
        ])?;
}

fn agent(text: &str) -> Result<AgentId, String> {
    AgentId::new(text).map_err(|error| format!("{}: {error}", quoted(text)))
}

/// Any text but `QueueOwner` means the queue (design §4).
fn recipient(text: &str) -> RecipientRule {
    if text.eq_ignore_ascii_case("QueueOwner") {
        RecipientRule::QueueOwner
    } else {
        RecipientRule::Queue
    }
}
