//! The settings in force (design §3, Settings).

use std::collections::BTreeMap;

use serde_json::Value;

use super::json::{list, text};

/// What the settings of a tenant come to.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) call_duration_limit: i64,
    pub(super) call_start_margin: i64,
    pub(super) default_crm_assignee: Option<String>,
    pub(super) enable_audit: bool,
    pub(super) enable_multiple_match_create: bool,
    pub(super) execution_interval: i64,
    pub(super) incoming_direct_call_subject: String,
    pub(super) incoming_queue_call_subject: String,
    pub(super) outgoing_direct_call_subject: String,
    pub(super) multiple_match_phone_call_status: Option<i64>,
    pub(super) multiple_matches_pick_first: bool,
    pub(super) numbers_to_cut: i64,
    pub(super) process_direct_calls: bool,
    pub(super) process_service_calls: bool,
    pub(super) process_service_calls_unanswered: bool,
    pub(super) run_in_debug_mode: bool,
    pub(super) default_region: Option<String>,
    pub(super) prefer_exact_match: bool,
    pub(super) minimum_match_digits: i64,
    pub(super) shared_number_to_account: bool,
    pub(super) unanswered_calls_stay_open: bool,
    pub(super) by_start_time: bool,
    pub(super) columns: BTreeMap<&'static str, Vec<String>>,
}

impl Settings {
    /// Reads the rows of `ev_settings` and the overrides of the file, which win.
    pub(super) fn of(world: &Value, overrides: &BTreeMap<String, String>) -> Self {
        let mut given = Given(BTreeMap::new());
        for row in list(&world["dataverse"]["ev_settings"]) {
            if row["statecode"].as_i64().unwrap_or(0) == 0 {
                given.take(text(row, "ev_name"), text(row, "ev_value"));
            }
        }
        for (name, value) in overrides {
            given.take(name, value);
        }
        // The design names no largest values: these are those of the catalogue of settings.
        let seconds = 0..=86_400;
        Self {
            call_duration_limit: given.number("CallDurationLimit", &seconds).unwrap_or(0),
            call_start_margin: given.number("CallStartMargin", &seconds).unwrap_or(60),
            default_crm_assignee: given.guid("DefaultCrmAssignee"),
            enable_audit: given.flag("EnableAudit", false),
            enable_multiple_match_create: given.flag("EnableMultipleMatchCreate", false),
            execution_interval: given.number("ExecutionInterval", &(1..=44_640)).unwrap_or(15),
            incoming_direct_call_subject: given
                .subject("IncomingDirectCallSubject", "Incoming call"),
            incoming_queue_call_subject: given
                .subject("IncomingQueueCallSubject", "Incoming service call"),
            outgoing_direct_call_subject: given
                .subject("OutgoingDirectCallSubject", "Outgoing call"),
            multiple_match_phone_call_status: given
                .number("MultipleMatchPhoneCallStatus", &(0..=i64::from(i32::MAX))),
            multiple_matches_pick_first: given.flag("MultipleMatchesPickFirst", false),
            numbers_to_cut: given.number("NumbersToCut", &(0..=15)).unwrap_or(0),
            process_direct_calls: given.flag("ProcessDirectCalls", true),
            process_service_calls: given.flag("ProcessServiceCalls", true),
            process_service_calls_unanswered: given.flag("ProcessServiceCallsUnanswered", false),
            run_in_debug_mode: given.flag("RunInDebugMode", false),
            default_region: given.region("DefaultRegion"),
            prefer_exact_match: given.flag("PreferExactMatch", true),
            minimum_match_digits: given.number("MinimumMatchDigits", &(1..=15)).unwrap_or(6),
            shared_number_to_account: given.flag("SharedNumberToAccount", false),
            unanswered_calls_stay_open: given.is("UnansweredCallState", "Open"),
            by_start_time: given.is("WindowBasis", "StartTime"),
            columns: given.columns(),
        }
    }
}

/// Values by lower-case name, trimmed.
struct Given(BTreeMap<String, String>);

impl Given {
    fn take(&mut self, name: &str, value: &str) {
        self.0.insert(name.trim().to_lowercase(), value.trim().to_owned());
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(&name.to_lowercase()).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.get(name).is_some_and(|given| given.eq_ignore_ascii_case(value))
    }

    fn number(&self, name: &str, range: &std::ops::RangeInclusive<i64>) -> Option<i64> {
        self.get(name)?.parse().ok().filter(|number| range.contains(number))
    }

    fn flag(&self, name: &str, default: bool) -> bool {
        match self.get(name).unwrap_or_default().to_lowercase().as_str() {
            "true" | "1" | "yes" => true,
            "false" | "0" | "no" => false,
            _ => default,
        }
    }

    fn guid(&self, name: &str) -> Option<String> {
        let value = self.get(name)?.to_lowercase();
        uuid::Uuid::parse_str(&value).is_ok().then_some(value)
    }

    fn subject(&self, name: &str, default: &str) -> String {
        let fits = |value: &&str| value.chars().count() <= 200;
        self.get(name).filter(fits).unwrap_or(default).to_owned()
    }

    fn region(&self, name: &str) -> Option<String> {
        let known = ["FI", "SE", "DE", "GB", "US", "EE"];
        self.get(name).map(str::to_uppercase).filter(|value| known.contains(&value.as_str()))
    }

    /// The searched columns of each table: `contact: telephone1, mobilephone; lead:`.
    fn columns(&self) -> BTreeMap<&'static str, Vec<String>> {
        let words = |list: &str| -> Vec<String> {
            list.split([' ', ',']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
        };
        let defaults = [
            (
                "contact",
                "telephone1 telephone2 telephone3 mobilephone business2 home2 address1_telephone1",
            ),
            ("account", "telephone1 telephone2 telephone3 address1_telephone1"),
            ("lead", "telephone1 telephone2 telephone3 mobilephone"),
        ];
        let mut columns = defaults.map(|(table, list)| (table, words(list)));
        let parts = self.get("MatchColumns").unwrap_or_default().split(';');
        let parts: Option<Vec<_>> = parts.map(|part| part.split_once(':')).collect();
        for (table, list) in parts.unwrap_or_default() {
            for column in &mut columns {
                if column.0 == table.trim() {
                    column.1 = words(list);
                }
            }
        }
        columns.into_iter().collect()
    }
}
