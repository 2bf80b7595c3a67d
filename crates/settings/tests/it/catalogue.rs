//! The table of settings itself.

use std::collections::{BTreeMap, BTreeSet};

use settings::{SettingRow, SettingSource, TenantSettings, catalogue, resolve};

/// The names of design §3 and of the product guide, section 1.5.3.
const NAMES: &str = "CallDurationLimit CallStartMargin DefaultCrmAssignee EnableAudit \
    EnableMultipleMatchCreate ExecutionInterval IncomingDirectCallSubject \
    IncomingQueueCallSubject OutgoingDirectCallSubject MultipleMatchPhoneCallStatus \
    MultipleMatchesPickFirst NumbersToCut ProcessDirectCalls ProcessServiceCalls \
    ProcessServiceCallsUnanswered RunInDebugMode CallbackRequestDefaultSubject \
    CallbackRequestRecipientRule DefaultRegion PreferExactMatch MinimumMatchDigits \
    SharedNumberToAccount MatchColumns UnansweredCallState CloseCallbacksInEnreach \
    DirectoryRefreshSeconds SettingsRefreshSeconds WindowBasis";

#[test]
fn every_setting_of_the_design_is_in_it_once() {
    let names: BTreeSet<&str> = catalogue().iter().map(|spec| spec.name).collect();
    assert_eq!(names.len(), catalogue().len());
    assert_eq!(names, NAMES.split_whitespace().collect());
}

#[test]
fn the_default_texts_are_the_defaults() {
    let rows: Vec<SettingRow> = catalogue()
        .iter()
        .filter(|spec| !spec.default.is_empty())
        .map(|spec| SettingRow { name: spec.name.to_owned(), value: spec.default.to_owned() })
        .collect();
    let loaded = resolve(&rows, &BTreeMap::new());
    assert_eq!(loaded.settings, TenantSettings::default());
    let set = loaded.in_force.iter().filter(|one| one.source == SettingSource::Row).count();
    assert_eq!(set, rows.len());
}

#[test]
fn every_setting_says_what_it_is() {
    for spec in catalogue() {
        assert!(!spec.meaning.is_empty() && !spec.expected.is_empty(), "{}", spec.name);
        let json = serde_json::to_value(spec).unwrap();
        assert_eq!(json["name"], spec.name);
    }
}
