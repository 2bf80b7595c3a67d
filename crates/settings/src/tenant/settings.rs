//! The settings of a tenant as the engines use them.

use chrono::Duration;
use voice_model::AgentId;

use crate::tenant::MatchColumns;

/// The settings in force for a tenant. What each means and may be: [`catalogue`](crate::catalogue).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantSettings {
    /// An answered call with less talk is skipped.
    pub call_duration_limit_secs: u64,
    /// Seconds around the start in which an existing phone call counts as this call; 0 = off.
    pub call_start_margin_secs: u64,
    /// The Enreach user whose Dynamics user owns what nobody else can own.
    pub default_crm_assignee: Option<AgentId>,
    /// The audit column holds all values retrieved, not just the call id.
    pub enable_audit: bool,
    /// A service call is created although several customers match.
    pub enable_multiple_match_create: bool,
    /// How far a pass looks back.
    pub execution_interval: Duration,
    /// Subject of an incoming direct call.
    pub incoming_direct_call_subject: String,
    /// Subject of an incoming service call.
    pub incoming_queue_call_subject: String,
    /// Subject of an outgoing call.
    pub outgoing_direct_call_subject: String,
    /// Status reason of a call that several customers match.
    pub multiple_match_phone_call_status: Option<i64>,
    /// Of several customers the first is taken.
    pub multiple_matches_pick_first: bool,
    /// Characters cut from the start of the E.164 form, plus sign included.
    pub numbers_to_cut: usize,
    /// Direct calls are processed.
    pub process_direct_calls: bool,
    /// Answered service calls are processed.
    pub process_service_calls: bool,
    /// Unanswered service calls are processed.
    pub process_service_calls_unanswered: bool,
    /// Passes look back 45 days.
    pub run_in_debug_mode: bool,
    /// Country of numbers without prefix: two upper-case letters. `None`: the commonest country
    /// among the tenant's own numbers.
    pub default_region: Option<String>,
    /// Exact candidates push contained ones out.
    pub prefer_exact_match: bool,
    /// Fewest digits that may be searched by containment.
    pub minimum_match_digits: usize,
    /// One account and only its own contacts become the account.
    pub shared_number_to_account: bool,
    /// Columns searched for numbers.
    pub match_columns: MatchColumns,
    /// State of the row of an unanswered call.
    pub unanswered_call_state: UnansweredCallState,
    /// Callbacks put into Dynamics are closed in Enreach.
    pub close_callbacks_in_enreach: bool,
    /// Age at which the directory of customers is read again.
    pub directory_refresh: Duration,
    /// Age at which the settings are read again.
    pub settings_refresh: Duration,
    /// What the window of a live pass is compared with.
    pub window_basis: SettingWindowBasis,
    /// Subject of a callback whose profile has none.
    pub callback_request_default_subject: String,
    /// Who a callback is addressed to.
    pub callback_request_recipient_rule: RecipientRule,
}

/// `UnansweredCallState`: the state of the row of an unanswered call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnansweredCallState {
    /// Completed, like an answered one.
    Completed,
    /// Left open, for somebody to call back.
    Open,
}

/// `WindowBasis`: which instant of a call the window of a live pass is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingWindowBasis {
    /// When its row last changed.
    Modified,
    /// When it started.
    StartTime,
}

/// `CallbackRequestRecipientRule`: who a callback is addressed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecipientRule {
    /// The owner of the queue.
    QueueOwner,
    /// The queue itself.
    Queue,
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self {
            call_duration_limit_secs: 0,
            call_start_margin_secs: 60,
            default_crm_assignee: None,
            enable_audit: false,
            enable_multiple_match_create: false,
            execution_interval: Duration::minutes(15),
            incoming_direct_call_subject: "Incoming call".to_owned(),
            incoming_queue_call_subject: "Incoming service call".to_owned(),
            outgoing_direct_call_subject: "Outgoing call".to_owned(),
            multiple_match_phone_call_status: None,
            multiple_matches_pick_first: false,
            numbers_to_cut: 0,
            process_direct_calls: true,
            process_service_calls: true,
            process_service_calls_unanswered: false,
            run_in_debug_mode: false,
            default_region: None,
            prefer_exact_match: true,
            minimum_match_digits: 6,
            shared_number_to_account: false,
            match_columns: MatchColumns::default(),
            unanswered_call_state: UnansweredCallState::Completed,
            close_callbacks_in_enreach: true,
            directory_refresh: Duration::minutes(5),
            settings_refresh: Duration::minutes(5),
            window_basis: SettingWindowBasis::Modified,
            callback_request_default_subject: "Callback request".to_owned(),
            callback_request_recipient_rule: RecipientRule::Queue,
        }
    }
}
