//! The limit governor over the wire: what is sent, when, and what is not.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dataverse_client::{BatchItem, Columns, DataverseApi, DataverseClient, Error, Query, Write};
use futures::future::{join, join_all};
use sandbox::{Limits, Sandbox, SandboxOptions};
use serde_json::json;
use uuid::Uuid;
use voice_model::ErrorClass;
use wiremock::matchers::path_regex;
use wiremock::{Mock, Request, Respond, ResponseTemplate};

use crate::rig::{Rig, client_of_sandbox, error};

/// Answers in turn, the last one from then on, and writes down what comes when.
#[derive(Clone)]
struct Script {
    answers: Arc<Mutex<VecDeque<ResponseTemplate>>>,
    arrivals: Arc<Mutex<Vec<(Instant, String)>>>,
}

impl Script {
    async fn mount(rig: &Rig, answers: impl IntoIterator<Item = ResponseTemplate>) -> Self {
        let answers = Arc::new(Mutex::new(answers.into_iter().collect()));
        let script = Self { answers, arrivals: Arc::default() };
        let api = Mock::given(path_regex("^/api/data/")).respond_with(script.clone());
        api.mount(&rig.server).await;
        script
    }

    /// What came, by the last part of its path.
    fn order(&self) -> Vec<String> {
        self.arrivals.lock().unwrap().iter().map(|(_, name)| name.clone()).collect()
    }

    fn at(&self, index: usize) -> Instant {
        self.arrivals.lock().unwrap()[index].0
    }

    /// The most requests that were there at once, each for this long.
    fn crowd(&self, each: Duration) -> usize {
        let arrivals = self.arrivals.lock().unwrap();
        let with =
            |at: Instant| arrivals.iter().filter(|it| it.0 <= at && at < it.0 + each).count();
        arrivals.iter().map(|(at, _)| with(*at)).max().unwrap_or(0)
    }

    fn clear(&self) {
        self.arrivals.lock().unwrap().clear();
    }
}

impl Respond for Script {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let name = request.url.path().rsplit('/').next().unwrap_or_default().to_owned();
        self.arrivals.lock().unwrap().push((Instant::now(), name));
        let mut answers = self.answers.lock().unwrap();
        if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() }
    }
}

fn rows() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "value": [] }))
}

fn refusal(code: &str, retry_after: &str) -> ResponseTemplate {
    error(429, code, "exceeded the limit").insert_header("Retry-After", retry_after)
}

async fn query(client: &DataverseClient, set: &str) -> Result<(), Error> {
    client.query(&Query::new(set)).await.map(drop)
}

fn create() -> Write {
    Write::Create {
        entity_set: "contacts".to_owned(),
        key_column: "contactid".to_owned(),
        id: Uuid::new_v4(),
        columns: Columns::new().set("lastname", "x"),
    }
}

/// What a held request fails with; gives the wait.
fn held(error: &Error) -> Duration {
    assert!(matches!(error, Error::Transport { .. }), "{error:?}");
    assert!(!error.may_have_applied());
    match error.class() {
        ErrorClass::Throttled { retry_after: Some(wait) } => wait,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_refusal_of_one_request_holds_the_retry_of_another() {
    let rig = Rig::patient().await;
    let late_fault = ResponseTemplate::new(502).set_delay(Duration::from_millis(200));
    let answers = [rows(), refusal("0x80072322", "1"), late_fault, rows()];
    let script = Script::mount(&rig, answers).await;
    query(&rig.client, "contacts").await.unwrap();
    let (first, second) =
        join(query(&rig.client, "contacts"), query(&rig.client, "accounts")).await;
    first.unwrap();
    second.unwrap();
    assert_eq!(script.order().len(), 5, "one refused, one lost, both again");
    let refused_at = script.at(1);
    for index in [3, 4] {
        let waited = script.at(index) - refused_at;
        assert!(waited >= Duration::from_secs(1), "{index}: {waited:?}");
    }
    assert_eq!(script.order()[3], "contacts", "who called first is first");
}

#[tokio::test]
async fn a_hold_above_the_ceiling_fails_every_call_at_once_and_sends_nothing() {
    let rig = Rig::patient().await;
    Script::mount(&rig, [refusal("0x80072321", "90"), rows()]).await;
    let started = Instant::now();
    let error = query(&rig.client, "contacts").await.unwrap_err();
    assert!(matches!(&error, Error::Service { source, .. } if source.status == 429), "{error:?}");
    let wait = Some(Duration::from_secs(90));
    assert_eq!(error.class(), ErrorClass::Throttled { retry_after: wait });

    let client = &rig.client;
    let others = [client.with_correlation(Uuid::nil()), client.for_backlog(), client.clone()];
    for client in &others {
        let failures = [
            query(client, "accounts").await.unwrap_err(),
            client.who_am_i().await.map(drop).unwrap_err(),
            client.write(&create()).await.map(drop).unwrap_err(),
            client.batch(&[BatchItem::Write(create())]).await.map(drop).unwrap_err(),
        ];
        for error in failures {
            let wait = held(&error);
            let range = Duration::from_secs(60)..=Duration::from_secs(90);
            assert!(range.contains(&wait), "{wait:?}");
        }
    }
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    assert_eq!(rig.client.requests_sent(), 1);
    assert_eq!(rig.requests().await.len(), 1);
}

#[tokio::test]
async fn a_refusal_without_a_wait_holds_too() {
    let rig = Rig::new().await;
    Script::mount(&rig, [ResponseTemplate::new(429), rows()]).await;
    let error = query(&rig.client, "contacts").await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Throttled { retry_after: None });
    let wait = held(&query(&rig.client, "contacts").await.unwrap_err());
    assert!(wait <= Duration::from_secs(2), "{wait:?}");
    assert_eq!(rig.client.requests_sent(), 1);
}

#[tokio::test]
async fn every_limit_holds() {
    let unavailable = ResponseTemplate::new(503).insert_header("Retry-After", "90");
    for answer in [
        refusal("0x80072322", "90"),
        refusal("-2147015903", "90"),
        refusal("0x80072326", "90"),
        refusal("0x80071151", "90"),
        refusal("", "90"),
        unavailable,
    ] {
        let rig = Rig::new().await;
        Script::mount(&rig, [answer, rows()]).await;
        let error = query(&rig.client, "contacts").await.unwrap_err();
        assert!(matches!(error, Error::Service { .. }), "{error:?}");
        assert!(held(&query(&rig.client, "accounts").await.unwrap_err()) > Duration::from_secs(60));
        assert_eq!(rig.client.requests_sent(), 1);
    }
}

#[tokio::test]
async fn a_customization_lock_holds_longer_than_it_says() {
    let rig = Rig::new().await;
    Script::mount(&rig, [refusal("0x80071151", "1"), rows()]).await;
    query(&rig.client, "contacts").await.unwrap_err();
    let wait = held(&query(&rig.client, "accounts").await.unwrap_err());
    assert!(wait > Duration::from_secs(5), "{wait:?}");
}

#[tokio::test]
async fn other_trouble_holds_nobody() {
    for answer in [
        ResponseTemplate::new(503),
        ResponseTemplate::new(502),
        error(500, "0x80044150", "Generic SQL error"),
        error(400, "0x80048544", "Query throttled").insert_header("Retry-After", "90"),
    ] {
        let rig = Rig::new().await;
        Script::mount(&rig, [answer.clone(), answer, rows()]).await;
        query(&rig.client, "contacts").await.unwrap_err();
        let _ = query(&rig.client, "accounts").await;
        assert!(rig.client.requests_sent() > 1);
        query(&rig.client, "accounts").await.unwrap();
    }
}

#[tokio::test]
async fn a_part_of_a_batch_that_is_refused_holds_the_next_request() {
    let rig = Rig::new().await;
    let part = "--r\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 429 Too Many Requests\r\n\
        Retry-After: 90\r\n\r\n{\"error\":{\"code\":\"0x80072321\",\"message\":\"x\"}}\r\n--r--\r\n";
    let answer = ResponseTemplate::new(200).set_body_raw(part, "multipart/mixed; boundary=r");
    Script::mount(&rig, [answer, rows()]).await;
    let answers = rig.client.batch(&[BatchItem::Write(create())]).await.unwrap();
    assert_eq!(answers.len(), 1);
    assert!(held(&query(&rig.client, "contacts").await.unwrap_err()) > Duration::from_secs(60));
    assert_eq!(rig.client.requests_sent(), 1);
}

#[tokio::test]
async fn live_work_is_sent_before_backlog() {
    let rig = Rig::patient().await;
    let slow = rows().set_delay(Duration::from_millis(200)).insert_header("x-ms-dop-hint", "1");
    let script = Script::mount(&rig, [slow.clone(), slow, rows()]).await;
    query(&rig.client, "warm").await.unwrap();
    let backlog = rig.client.for_backlog();
    let calls = [
        (&rig.client, "in_flight"),
        (&backlog, "backlog1"),
        (&backlog, "backlog2"),
        (&rig.client, "live1"),
        (&rig.client, "live2"),
    ];
    for result in join_all(calls.map(|(client, set)| query(client, set))).await {
        result.unwrap();
    }
    let order = script.order();
    assert_eq!(order, ["warm", "in_flight", "live1", "live2", "backlog1", "backlog2"]);
}

#[tokio::test]
async fn the_advised_parallelism_is_followed() {
    let rig = Rig::patient().await;
    let each = Duration::from_millis(200);
    let hint = |hint: &str| rows().insert_header("x-ms-dop-hint", hint);
    let mut answers = vec![hint("20"); 20];
    answers.push(hint("3"));
    answers.push(hint("3").set_delay(each));
    let script = Script::mount(&rig, answers).await;
    assert_eq!(rig.client.advice().parallel, 4);
    for _ in 0..20 {
        query(&rig.client, "contacts").await.unwrap();
    }
    assert_eq!(rig.client.advice().parallel, 20);
    query(&rig.client, "contacts").await.unwrap();
    assert_eq!(rig.client.advice().parallel, 3);
    script.clear();
    for result in join_all((0..9).map(|_| query(&rig.client, "contacts"))).await {
        result.unwrap();
    }
    assert_eq!(script.crowd(each), 3);
}

#[tokio::test]
async fn without_a_hint_four_go_at_a_time_however_few_permits_the_transport_has() {
    let rig = Rig::patient().await;
    let each = Duration::from_millis(200);
    let mut answers = vec![rows(); 4];
    answers.push(rows().set_delay(each));
    let script = Script::mount(&rig, answers).await;
    for _ in 0..4 {
        query(&rig.client, "contacts").await.unwrap();
    }
    script.clear();
    for result in join_all((0..12).map(|_| query(&rig.client, "contacts"))).await {
        result.unwrap();
    }
    assert_eq!(script.crowd(each), 4);
}

#[tokio::test]
async fn token_requests_are_not_held() {
    let rig = Rig::new().await;
    Script::mount(&rig, [refusal("0x80072322", "90"), rows()]).await;
    query(&rig.client, "contacts").await.unwrap_err();
    assert_eq!(rig.tokens(), 1);
    rig.pass(3_500);
    held(&query(&rig.client, "contacts").await.unwrap_err());
    assert_eq!(rig.tokens(), 2);
}

#[tokio::test]
async fn a_clock_that_jumps_moves_no_hold() {
    let rig = Rig::new().await;
    Script::mount(&rig, [refusal("0x80072322", "90"), rows()]).await;
    query(&rig.client, "contacts").await.unwrap_err();
    for jump in [3_600, -7_200] {
        rig.pass(jump);
        let wait = held(&query(&rig.client, "contacts").await.unwrap_err());
        assert!((60..=90).contains(&wait.as_secs()), "{wait:?}");
    }
    assert_eq!(rig.client.requests_sent(), 1);
}

/// Sends with several workers until each has failed, and checks what a strict observer sees: one
/// refusal, and nothing after it. Gives the number of requests that were let in.
async fn use_up(limits: Limits, latency: Duration, batch: usize) -> usize {
    let options = SandboxOptions { limits, latency, ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).await.unwrap();
    let client = client_of_sandbox(&sandbox);
    let worker = async || {
        loop {
            let result = if batch == 0 {
                client.who_am_i().await.map(drop)
            } else {
                let items: Vec<_> = (0..batch).map(|_| BatchItem::Write(create())).collect();
                client.batch(&items).await.map(drop)
            };
            if let Err(error) = result {
                break error.class();
            }
        }
    };
    for class in join_all((0..8).map(|_| worker())).await {
        assert!(matches!(class, ErrorClass::Throttled { retry_after: Some(_) }), "{class:?}");
    }
    let requests: Vec<_> =
        sandbox.requests(0).into_iter().filter(|request| request.system == "dataverse").collect();
    let refused: Vec<usize> =
        (0..requests.len()).filter(|index| requests[*index].status == Some(429)).collect();
    assert_eq!(refused, [requests.len() - 1], "of {}", requests.len());
    sandbox.shutdown().await;
    requests.len() - 1
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_after_the_refusal_that_ends_the_execution_time() {
    // 30 s of execution, 3 s a batch.
    let limits = Limits::Scaled(0.025);
    assert_eq!(use_up(limits, Duration::from_millis(20), 50).await, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_after_the_refusal_that_ends_the_number_of_requests() {
    let limits = Limits::Scaled(0.1);
    assert_eq!(use_up(limits, Duration::from_millis(5), 0).await, 600);
}
