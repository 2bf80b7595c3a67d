//! Every method of the trait against every kind of bad answer.

use std::time::Duration;

use dataverse_client::{
    BatchItem, ChangeToken, Columns, DataverseApi, Error, Precondition, Query, Result,
    TrackedTable, Write,
};
use uuid::Uuid;
use voice_model::ErrorClass;
use wiremock::matchers::path_regex;
use wiremock::{Mock, ResponseTemplate};

use crate::rig::{Rig, error};

const METHODS: [&str; 9] = [
    "who_am_i",
    "query",
    "retrieve",
    "create",
    "update",
    "batch",
    "all_rows_of_a_table",
    "changes",
    "status_options",
];

async fn call(rig: &Rig, method: &str) -> Result<()> {
    let client = &rig.client;
    let update = || Write::Update {
        entity_set: "contacts".to_owned(),
        id: Uuid::nil(),
        columns: Columns::new(),
        precondition: Precondition::Exists,
    };
    let create = || Write::Create {
        entity_set: "contacts".to_owned(),
        key_column: "contactid".to_owned(),
        id: Uuid::nil(),
        columns: Columns::new(),
    };
    let table = TrackedTable {
        entity_set: "contacts".to_owned(),
        key_column: "contactid".to_owned(),
        columns: Vec::new(),
    };
    match method {
        "who_am_i" => client.who_am_i().await.map(drop),
        "query" => client.query(&Query::new("contacts")).await.map(drop),
        "retrieve" => client.retrieve("contacts", Uuid::nil(), &["fullname"]).await.map(drop),
        "create" => client.write(&create()).await.map(drop),
        "update" => client.write(&update()).await.map(drop),
        "batch" => client.batch(&[BatchItem::Write(update())]).await.map(drop),
        "all_rows_of_a_table" => client.changes(&table, None).await.map(drop),
        "changes" => {
            let token = ChangeToken::new("contacts?$deltatoken=1");
            client.changes(&table, Some(&token)).await.map(drop)
        }
        "status_options" => client.status_options("phonecall").await.map(drop),
        other => panic!("{other}"),
    }
}

/// The error of every method when all of the API answers so. Each is called with a client of its
/// own: a limit that one call exceeds holds the next ones back.
async fn failures(answer: &ResponseTemplate) -> Vec<(&'static str, Error)> {
    let mut failures = Vec::new();
    for method in METHODS {
        let rig = Rig::new().await;
        let api = Mock::given(path_regex("^/api/data/")).respond_with(answer.clone());
        api.mount(&rig.server).await;
        match call(&rig, method).await {
            Ok(()) => panic!("{method} made something of it"),
            Err(error) => failures.push((method, error)),
        }
    }
    failures
}

#[tokio::test]
async fn each_refusal_has_its_class() {
    let wait = Some(Duration::from_secs(30));
    for (answer, class) in [
        (error(400, "0x80048d19", "Error identified in Payload"), ErrorClass::Rejected),
        (error(400, "", "Could not find a property"), ErrorClass::Rejected),
        (error(403, "0x80040220", "Principal user is missing prvRead"), ErrorClass::Auth),
        (error(404, "0x8006088a", "Resource not found for the segment"), ErrorClass::NotFound),
        (error(412, "0x80060882", "The version does not match"), ErrorClass::Conflict),
        (error(413, "", "too large"), ErrorClass::Rejected),
        (
            error(429, "-2147015902", "Number of requests").insert_header("Retry-After", "30"),
            ErrorClass::Throttled { retry_after: wait },
        ),
        (error(500, "0x80044150", "Generic SQL error"), ErrorClass::Transient),
        (ResponseTemplate::new(500), ErrorClass::Transient),
        (ResponseTemplate::new(502).set_body_string("<html>Bad"), ErrorClass::Transient),
        (ResponseTemplate::new(503), ErrorClass::Transient),
    ] {
        for (method, error) in failures(&answer).await {
            assert_eq!(error.class(), class, "{method}: {error:?}");
            assert!(error.service().is_some(), "{method}: {error:?}");
        }
    }
}

#[tokio::test]
async fn a_login_page_instead_of_an_answer_is_a_bug() {
    let page = ResponseTemplate::new(200).set_body_raw("<html>Sign in</html>", "text/html");
    let rig = Rig::new().await;
    Mock::given(path_regex("^/api/data/")).respond_with(page).mount(&rig.server).await;
    for method in METHODS {
        let error = call(&rig, method).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Bug, "{method}");
        assert!(matches!(error, Error::Answer { .. }), "{method}: {error:?}");
        assert!(!error.to_string().contains("Sign in"));
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_may_be_whole_next_time() {
    for body in ["", "{\"value\":[{\"a\":"] {
        let rig = Rig::new().await;
        let answer = ResponseTemplate::new(200).set_body_raw(body, "application/json");
        Mock::given(path_regex("^/api/data/")).respond_with(answer).mount(&rig.server).await;
        for method in METHODS.into_iter().filter(|method| *method != "batch") {
            let error = call(&rig, method).await.unwrap_err();
            assert_eq!(error.class(), ErrorClass::Transient, "{method} {body:?}");
        }
    }
}

#[tokio::test]
async fn passing_trouble_is_tried_again_and_a_refusal_is_not() {
    for (status, sent) in [(400, 1), (403, 1), (404, 1), (412, 1), (500, 2), (503, 2)] {
        let rig = Rig::new().await;
        let api = Mock::given(path_regex("^/api/data/"));
        api.respond_with(ResponseTemplate::new(status)).mount(&rig.server).await;
        for (before, method) in METHODS.into_iter().enumerate() {
            let _ = call(&rig, method).await;
            assert_eq!(rig.client.requests_sent(), sent * (before as u64 + 1), "{status} {method}");
        }
    }
}
