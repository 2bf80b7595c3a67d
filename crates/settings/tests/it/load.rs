//! Settings from Dynamics, and how long they are kept.

use std::collections::BTreeMap;
use std::time::Duration as StdDuration;

use chrono::{DateTime, Duration, Utc};
use dataverse_client::{MockDataverseApi, Page, Query, Row, ServiceError};
use serde_json::{Value, json};
use settings::{Names, SettingsCache, load};
use voice_model::ErrorClass;

fn page(rows: Value) -> Page {
    let rows = rows.as_array().unwrap().iter().cloned().map(Row::from).collect();
    Page { rows, next: None }
}

fn error(status: u16, code: Option<u32>) -> dataverse_client::Error {
    let source = ServiceError { status, code, message: "no".to_owned(), retry_after: None };
    dataverse_client::Error::Service { operation: "query ev_settings".to_owned(), source }
}

/// An API whose one query answers so.
fn api(
    answer: impl FnOnce() -> dataverse_client::Result<Page> + Send + 'static,
) -> MockDataverseApi {
    let mut api = MockDataverseApi::new();
    api.expect_query().times(1).return_once(|_: &Query| answer());
    api
}

async fn loaded(rows: Value) -> settings::LoadedSettings {
    let api = api(move || Ok(page(rows)));
    load(&api, &Names::default(), &BTreeMap::new()).await.unwrap()
}

#[tokio::test]
async fn active_rows_are_asked_for_under_the_names_of_the_environment() {
    let names = Names {
        setting_entity_set: "xyz_settings".to_owned(),
        setting_id: "xyz_id".to_owned(),
        setting_name: "xyz_name".to_owned(),
        setting_value: "xyz_value".to_owned(),
        ..Names::default()
    };
    let mut api = MockDataverseApi::new();
    api.expect_query().times(1).returning(|query| {
        let expected = Query::new("xyz_settings")
            .select(["xyz_id", "xyz_name", "xyz_value", "createdon"])
            .filter(dataverse_client::Filter::eq("statecode", 0));
        assert_eq!(*query, expected);
        Ok(page(json!([{ "xyz_name": "NumbersToCut", "xyz_value": "4" }])))
    });
    let loaded = load(&api, &names, &BTreeMap::new()).await.unwrap();
    assert_eq!(loaded.settings.numbers_to_cut, 4);
}

#[tokio::test]
async fn the_oldest_row_counts_then_the_smallest_id() {
    let id = |digit: u8| format!("0000000{digit}-0000-0000-0000-000000000000");
    let row = |digit, created: Value, value: &str| json!({ "ev_settingid": id(digit), "createdon": created, "ev_name": "NumbersToCut", "ev_value": value });
    let loaded = loaded(json!([
        row(1, Value::Null, "1"),
        row(4, json!("2026-01-01T00:00:00Z"), "4"),
        row(3, json!("2026-01-01T00:00:00Z"), "3"),
        row(2, json!("2026-01-02T00:00:00Z"), "2"),
    ]))
    .await;
    assert_eq!(loaded.settings.numbers_to_cut, 3);
    assert!(loaded.findings.iter().any(|finding| finding.message.contains("4 active rows")));
}

#[tokio::test]
async fn rows_without_name_or_value_do_no_harm() {
    let loaded = loaded(json!([
        { "ev_value": "4" },
        { "ev_name": null, "ev_value": "4" },
        { "ev_name": "NumbersToCut" },
        { "ev_name": "MinimumMatchDigits", "ev_value": "x".repeat(1_000_000) },
        { "ev_name": 7, "ev_value": 7 },
        {},
    ]))
    .await;
    assert_eq!(loaded.settings.numbers_to_cut, 0);
    let subjects: Vec<&str> =
        loaded.findings.iter().map(|finding| finding.subject.as_str()).collect();
    assert_eq!(subjects, ["(no name)", "DefaultCrmAssignee", "MinimumMatchDigits", "NumbersToCut"]);
}

#[tokio::test]
async fn a_table_that_is_not_there_leaves_the_defaults() {
    for answer in [error(404, Some(0x8006_088a)), error(404, None)] {
        let api = api(|| Err(answer));
        let overrides = BTreeMap::from([("NumbersToCut".to_owned(), "4".to_owned())]);
        let loaded = load(&api, &Names::default(), &overrides).await.unwrap();
        assert_eq!(loaded.settings.numbers_to_cut, 4);
        assert_eq!(loaded.findings[0].subject, "ev_setting");
        assert!(loaded.findings[0].message.contains("voice install"));
    }
}

#[tokio::test]
async fn another_failure_is_an_error_with_its_class() {
    for (status, class) in [(503, ErrorClass::Transient), (403, ErrorClass::Auth)] {
        let api = api(move || Err(error(status, None)));
        let failed = load(&api, &Names::default(), &BTreeMap::new()).await.unwrap_err();
        assert_eq!(failed.class(), class);
        insta::allow_duplicates! {
            insta::assert_snapshot!(failed, @r#"the settings in table ev_settings cannot be read"#);
        }
    }
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + Duration::seconds(seconds)
}

fn numbers_to_cut(value: &'static str) -> MockDataverseApi {
    api(move || Ok(page(json!([{ "ev_name": "NumbersToCut", "ev_value": value }]))))
}

/// An API that must not be asked.
fn silent() -> MockDataverseApi {
    let mut api = MockDataverseApi::new();
    api.expect_query().never();
    api
}

/// A cache that has read `NumbersToCut` = 1 at 0 s.
async fn filled() -> SettingsCache {
    let mut cache = SettingsCache::new(Names::default(), BTreeMap::new());
    assert!(cache.last().is_none());
    assert_eq!(cut(&mut cache, numbers_to_cut("1"), 0).await, 1);
    cache
}

async fn cut(cache: &mut SettingsCache, api: MockDataverseApi, seconds: i64) -> usize {
    cache.current(&api, at(seconds)).await.unwrap().settings.numbers_to_cut
}

#[tokio::test]
async fn settings_are_kept_until_they_are_too_old() {
    let mut cache = filled().await;
    assert_eq!(cut(&mut cache, silent(), 299).await, 1);
    assert_eq!(cut(&mut cache, numbers_to_cut("2"), 300).await, 2);
    assert_eq!(cut(&mut cache, silent(), 599).await, 2);
}

#[tokio::test]
async fn settings_are_read_again_on_request() {
    let mut cache = filled().await;
    cache.request_refresh();
    assert_eq!(cut(&mut cache, numbers_to_cut("2"), 1).await, 2);
    assert_eq!(cut(&mut cache, silent(), 2).await, 2);
}

#[tokio::test]
async fn a_clock_set_back_does_not_freeze_the_settings() {
    let mut cache = filled().await;
    assert_eq!(cut(&mut cache, numbers_to_cut("2"), -1).await, 2);
}

#[tokio::test]
async fn a_passing_failure_keeps_what_was_read_with_one_finding() {
    let mut cache = filled().await;
    let stale = |cache: &SettingsCache| {
        let findings = &cache.last().unwrap().findings;
        findings.iter().filter(|finding| finding.subject == "Settings").count()
    };
    for seconds in [300, 301] {
        let throttled = api(|| {
            let source = ServiceError {
                status: 429,
                code: None,
                message: String::new(),
                retry_after: Some(StdDuration::from_secs(9)),
            };
            Err(dataverse_client::Error::Service { operation: "query".to_owned(), source })
        });
        assert_eq!(cut(&mut cache, throttled, seconds).await, 1);
        assert_eq!(stale(&cache), 1);
    }
    assert_eq!(cut(&mut cache, numbers_to_cut("2"), 302).await, 2);
    assert_eq!(stale(&cache), 0);
}

#[tokio::test]
async fn a_failure_that_does_not_pass_is_an_error() {
    let mut cache = filled().await;
    let refused = api(|| Err(error(403, None)));
    assert!(cache.current(&refused, at(300)).await.is_err());
    assert_eq!(cut(&mut cache, numbers_to_cut("2"), 301).await, 2);
    let mut empty = SettingsCache::new(Names::default(), BTreeMap::new());
    let busy = api(|| Err(error(503, None)));
    assert!(empty.current(&busy, at(0)).await.is_err(), "there is nothing to keep");
}
