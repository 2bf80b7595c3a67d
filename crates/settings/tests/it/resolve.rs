//! Rows and overrides to settings.

use std::collections::BTreeMap;

use chrono::Duration;
use proptest::prelude::*;
use settings::{
    Finding, LoadedSettings, MatchColumns, RecipientRule, SettingRow, SettingSource,
    SettingWindowBasis, TenantSettings, UnansweredCallState, catalogue, check_overrides, resolve,
};

fn row(name: &str, value: &str) -> SettingRow {
    SettingRow { name: name.to_owned(), value: value.to_owned() }
}

fn overrides(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

/// Resolves the rows, with an assignee so that its absence makes no finding.
fn resolved(rows: &[(&str, &str)]) -> LoadedSettings {
    let mut rows: Vec<SettingRow> = rows.iter().map(|(name, value)| row(name, value)).collect();
    if !rows.iter().any(|row| row.name.trim().eq_ignore_ascii_case("DefaultCrmAssignee")) {
        rows.push(row("DefaultCrmAssignee", "agent-1"));
    }
    resolve(&rows, &BTreeMap::new())
}

#[test]
fn every_setting_takes_its_good_values() {
    type Is = fn(&TenantSettings) -> bool;
    let table: &[(&str, &[&str], Is)] = &[
        ("CallDurationLimit", &["30", " 30 ", "+30", "030"], |s| s.call_duration_limit_secs == 30),
        ("CallDurationLimit", &["86400"], |s| s.call_duration_limit_secs == 86_400),
        ("CallStartMargin", &["0"], |s| s.call_start_margin_secs == 0),
        (
            "DefaultCrmAssignee",
            &["FBC423F5-74F9-E911-80E0-00505689257E", "fbc423f574f9e91180e000505689257e"],
            |s| {
                s.default_crm_assignee.as_ref().unwrap().as_str()
                    == "fbc423f5-74f9-e911-80e0-00505689257e"
            },
        ),
        ("EnableAudit", &["true", "TRUE", "1", "yes", "Yes", " true "], |s| s.enable_audit),
        ("EnableMultipleMatchCreate", &["True"], |s| s.enable_multiple_match_create),
        ("ExecutionInterval", &["1"], |s| s.execution_interval == Duration::minutes(1)),
        ("ExecutionInterval", &["44640"], |s| s.execution_interval == Duration::days(31)),
        ("IncomingDirectCallSubject", &["Puhelu", " Puhelu "], |s| {
            s.incoming_direct_call_subject == "Puhelu"
        }),
        ("IncomingQueueCallSubject", &["Palvelu"], |s| s.incoming_queue_call_subject == "Palvelu"),
        ("OutgoingDirectCallSubject", &["Soitto"], |s| s.outgoing_direct_call_subject == "Soitto"),
        ("MultipleMatchPhoneCallStatus", &["451000001"], |s| {
            s.multiple_match_phone_call_status == Some(451_000_001)
        }),
        ("MultipleMatchesPickFirst", &["1"], |s| s.multiple_matches_pick_first),
        ("NumbersToCut", &["4"], |s| s.numbers_to_cut == 4),
        ("ProcessDirectCalls", &["false", "FALSE", "0", "no", "No"], |s| !s.process_direct_calls),
        ("ProcessServiceCalls", &["no"], |s| !s.process_service_calls),
        ("ProcessServiceCallsUnanswered", &["yes"], |s| s.process_service_calls_unanswered),
        ("RunInDebugMode", &["true"], |s| s.run_in_debug_mode),
        ("CallbackRequestDefaultSubject", &["Soittopyyntö"], |s| {
            s.callback_request_default_subject == "Soittopyyntö"
        }),
        ("CallbackRequestRecipientRule", &["QueueOwner", "queueowner"], |s| {
            s.callback_request_recipient_rule == RecipientRule::QueueOwner
        }),
        ("CallbackRequestRecipientRule", &["Queue", "anything"], |s| {
            s.callback_request_recipient_rule == RecipientRule::Queue
        }),
        ("DefaultRegion", &["FI", "fi", " Fi "], |s| s.default_region.as_deref() == Some("FI")),
        ("PreferExactMatch", &["false"], |s| !s.prefer_exact_match),
        ("MinimumMatchDigits", &["8"], |s| s.minimum_match_digits == 8),
        ("SharedNumberToAccount", &["true"], |s| s.shared_number_to_account),
        ("MatchColumns", &["account: telephone1", "ACCOUNT : telephone1 ;"], |s| {
            s.match_columns.account == ["telephone1"] && s.match_columns.contact.len() == 7
        }),
        ("UnansweredCallState", &["Open", "open"], |s| {
            s.unanswered_call_state == UnansweredCallState::Open
        }),
        ("CloseCallbacksInEnreach", &["0"], |s| !s.close_callbacks_in_enreach),
        ("DirectoryRefreshSeconds", &["60"], |s| s.directory_refresh == Duration::seconds(60)),
        ("SettingsRefreshSeconds", &["3600"], |s| s.settings_refresh == Duration::hours(1)),
        ("WindowBasis", &["StartTime", "starttime"], |s| {
            s.window_basis == SettingWindowBasis::StartTime
        }),
    ];
    for (name, values, is) in table {
        for value in *values {
            for spelling in
                [name.to_string(), name.to_lowercase(), format!(" {} ", name.to_uppercase())]
            {
                let loaded = resolved(&[(&spelling, value)]);
                assert!(is(&loaded.settings), "{spelling} = {value:?}");
                assert_eq!(loaded.findings, [], "{spelling} = {value:?}");
            }
        }
    }
    let tried: std::collections::BTreeSet<&str> = table.iter().map(|(name, ..)| *name).collect();
    assert_eq!(tried.len(), catalogue().len(), "a setting is not tried");
}

#[test]
fn a_bad_value_leaves_the_default_and_makes_a_finding() {
    let long = "x".repeat(201);
    let table: &[(&str, &[&str])] = &[
        (
            "CallDurationLimit",
            &["-1", "86401", "1.5", "ten", "1 000", "99999999999999999999", "-", "0x10"],
        ),
        ("CallStartMargin", &["-1", "86401", "true"]),
        ("DefaultCrmAssignee", &["a\nb", &long]),
        ("EnableAudit", &["perhaps", "2", "tru", "on", "-1"]),
        ("EnableMultipleMatchCreate", &["maybe"]),
        ("ExecutionInterval", &["0", "44641", "15m"]),
        ("IncomingDirectCallSubject", &[&long, "two\nlines"]),
        ("IncomingQueueCallSubject", &[&long]),
        ("OutgoingDirectCallSubject", &[&long]),
        ("MultipleMatchPhoneCallStatus", &["0", "-5", "2147483648", "Received"]),
        ("MultipleMatchesPickFirst", &["first"]),
        ("NumbersToCut", &["-1", "16", "4 digits"]),
        ("ProcessDirectCalls", &["none"]),
        ("ProcessServiceCalls", &["none"]),
        ("ProcessServiceCallsUnanswered", &["none"]),
        ("RunInDebugMode", &["debug"]),
        ("CallbackRequestDefaultSubject", &[&long]),
        ("CallbackRequestRecipientRule", &[]),
        ("DefaultRegion", &["FIN", "358", "F", "ÄÖ"]),
        ("PreferExactMatch", &["exact"]),
        ("MinimumMatchDigits", &["0", "16"]),
        ("SharedNumberToAccount", &["account"]),
        (
            "MatchColumns",
            &[
                "telephone1",
                "person: telephone1",
                "contact: tele phone",
                "contact: Telephone1",
                "contact: a; contact: b",
                "contact:;account:;lead:",
            ],
        ),
        ("UnansweredCallState", &["Closed"]),
        ("CloseCallbacksInEnreach", &["close"]),
        ("DirectoryRefreshSeconds", &["0", "86401"]),
        ("SettingsRefreshSeconds", &["0", "3601", "5m"]),
        ("WindowBasis", &["EndTime"]),
    ];
    let default = resolved(&[]).settings;
    for (name, values) in table {
        for value in values.iter().chain(&["", "  ", "\u{a0}"]) {
            let loaded = resolved(&[(name, value)]);
            let mut settings = loaded.settings.clone();
            settings.default_crm_assignee.clone_from(&default.default_crm_assignee);
            assert_eq!(settings, default, "{name} = {value:?}");
            let subjects: Vec<&str> =
                loaded.findings.iter().map(|finding| finding.subject.as_str()).collect();
            assert_eq!(subjects, [*name], "{name} = {value:?}");
            let in_force = loaded.in_force.iter().find(|one| one.name == *name).unwrap();
            assert_eq!(in_force.source, SettingSource::Default);
        }
    }
    assert_eq!(table.len(), catalogue().len(), "a setting is not tried");
}

#[test]
fn a_subject_of_200_characters_fits() {
    let subject = "ä".repeat(200);
    let loaded = resolved(&[("IncomingDirectCallSubject", &subject)]);
    assert_eq!(loaded.settings.incoming_direct_call_subject, subject);
    assert_eq!(loaded.findings, []);
}

#[test]
fn an_override_beats_a_row_and_a_row_beats_the_default() {
    let rows =
        [row("NumbersToCut", "2"), row("CallStartMargin", "30"), row("DefaultCrmAssignee", "a")];
    let loaded = resolve(&rows, &overrides(&[("numberstocut", "4")]));
    let source = |name: &str| loaded.in_force.iter().find(|one| one.name == name).unwrap();
    assert_eq!(loaded.settings.numbers_to_cut, 4);
    assert_eq!(source("NumbersToCut").source, SettingSource::Override);
    assert_eq!(loaded.settings.call_start_margin_secs, 30);
    assert_eq!(source("CallStartMargin").source, SettingSource::Row);
    assert_eq!(source("CallStartMargin").value, "30");
    assert_eq!(source("ExecutionInterval").source, SettingSource::Default);
    assert_eq!(source("ExecutionInterval").value, "15");
    assert_eq!(loaded.findings, []);
    assert_eq!(loaded.in_force.len(), catalogue().len());
}

#[test]
fn a_bad_row_under_an_override_is_no_finding() {
    let rows = [row("NumbersToCut", "many"), row("DefaultCrmAssignee", "a")];
    let loaded = resolve(&rows, &overrides(&[("NumbersToCut", "4")]));
    assert_eq!((loaded.settings.numbers_to_cut, loaded.findings), (4, vec![]));
}

#[test]
fn of_two_rows_the_first_counts_and_a_finding_says_so() {
    let loaded = resolved(&[("NumbersToCut", "2"), ("numberstocut ", "4")]);
    assert_eq!(loaded.settings.numbers_to_cut, 2);
    insta::assert_snapshot!(said(&loaded.findings), @r#"NumbersToCut: has 2 active rows; the oldest counts. Deactivate the others"#);
    let loaded = resolved(&[("NumbersToCut", "x"), ("NumbersToCut", "4")]);
    assert_eq!(loaded.settings.numbers_to_cut, 0, "the first counts although it is bad");
    assert_eq!(loaded.findings.len(), 2);
}

#[test]
fn findings_say_what_is_wrong_and_what_is_done_instead() {
    let long = format!("{}\u{1b}[31m", "9".repeat(60));
    let loaded = resolve(
        &[
            row("CallDurationLimit", "ten"),
            row("CallStartMargin", &long),
            row("DefaultRegion", ""),
            row("EnableAudit", "on"),
            row("NumberToCut", "4"),
            row("TotallyDifferent", "4"),
            row(" ", "4"),
            row("WindowBasis", "Ended"),
        ],
        &BTreeMap::new(),
    );
    insta::assert_snapshot!(said(&loaded.findings), @r#"
    (no name): an active row has no name and is left out
    CallDurationLimit: "ten" is not a whole number; expected 0 to 86400 seconds. The default is in force instead: 0
    CallStartMargin: "9999999999999999999999999999999999999999"… (25 more characters) is not a whole number; expected 0 to 86400 seconds, 0 = off. The default is in force instead: 60
    DefaultCrmAssignee: is not set; calls of agents without a Dynamics user are deferred. Set it to the Enreach user id of a user that has one
    DefaultRegion: the value is empty; expected two letters of ISO 3166, such as FI. Nothing is in force instead
    EnableAudit: "on" is neither true nor false; expected true or false. The default is in force instead: false
    NumberToCut: "NumberToCut" is not the name of a setting; did you mean NumbersToCut?
    TotallyDifferent: "TotallyDifferent" is not the name of a setting
    WindowBasis: "Ended" is not one of Modified, StartTime; expected Modified or StartTime. The default is in force instead: Modified
    "#);
}

fn said(findings: &[Finding]) -> String {
    findings.iter().map(Finding::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_huge_value_is_not_repeated_in_its_finding() {
    let huge = "x".repeat(1_000_000);
    let loaded = resolved(&[("NumbersToCut", &huge), (&huge, "1")]);
    assert_eq!(loaded.findings.len(), 2);
    for finding in &loaded.findings {
        assert!(finding.to_string().len() < 400, "{}", finding.to_string().len());
    }
}

#[test]
fn overrides_are_checked_by_name_and_value() {
    assert_eq!(check_overrides(&overrides(&[("numberstocut", "4"), ("EnableAudit", "true")])), []);
    let problems = check_overrides(&overrides(&[
        ("NumberToCut", "4"),
        ("EnableAudit", "x"),
        ("NumbersToCut", "16"),
        ("numbersToCut", "1"),
        ("WindowBasis", ""),
    ]));
    let said: Vec<String> = problems.iter().map(|(name, why)| format!("{name}: {why}")).collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    EnableAudit: "x" is neither true nor false; expected true or false
    NumberToCut: unknown setting; did you mean NumbersToCut?
    NumbersToCut: "16" is not between 0 and 15; expected 0 to 15 characters
    WindowBasis: the value is empty; expected Modified or StartTime
    numbersToCut: NumbersToCut is set twice
    "#);
}

#[test]
fn columns_are_read_per_table() {
    let columns: MatchColumns =
        " Contact : mobilephone , telephone1,mobilephone ; lead: ".parse().unwrap();
    assert_eq!(columns.of("contact"), ["mobilephone", "telephone1"]);
    assert_eq!(columns.of("account"), MatchColumns::default().account);
    assert_eq!(columns.of("lead"), [""; 0]);
    assert_eq!(columns.of("queue"), [""; 0]);
    assert_eq!(columns.to_string().parse::<MatchColumns>().unwrap(), columns);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_row_stops_a_tenant(rows in proptest::collection::vec((".{0,30}", ".{0,300}"), 0..8), pick in 0_usize..28, value in ".{0,300}") {
        let mut rows: Vec<SettingRow> = rows.iter().map(|(name, value)| row(name, value)).collect();
        rows.push(row(catalogue()[pick].name, &value));
        let loaded = resolve(&rows, &BTreeMap::new());
        let of_setting = loaded.in_force.iter().find(|one| one.name == catalogue()[pick].name).unwrap();
        let found = loaded.findings.iter().any(|finding| finding.subject == of_setting.name);
        prop_assert_eq!(of_setting.source == SettingSource::Default, found
            || (of_setting.name == "DefaultCrmAssignee" && of_setting.source == SettingSource::Default));
    }
}
