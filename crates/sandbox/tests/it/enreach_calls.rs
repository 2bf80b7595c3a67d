//! Which calls a request gets, when they appear, and which questions are refused.

use chrono::Duration;
use serde_json::{Value, json};

use crate::plant::{Plant, call, id, noon};

/// Percent-encodes what would not survive in a query.
fn query(text: &str) -> String {
    text.replace(' ', "%20")
}

fn with(mut row: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        row[name] = value.clone();
    }
    row
}

fn span(from_minutes: i64, to_minutes: i64) -> String {
    let at = |minutes| {
        (noon() - Duration::minutes(minutes)).format("%Y-%m-%d+%H%%3A%M%%3A%S").to_string()
    };
    format!("StartTime={}&EndTime={}", at(from_minutes), at(to_minutes))
}

async fn plant_of(calls: Value) -> Plant {
    Plant::holding(json!({"enreach": {"calls": calls}})).await
}

#[tokio::test]
async fn both_ends_are_inside_and_rows_come_in_order_of_their_start() {
    let plant =
        plant_of(json!([call(1, 10), call(2, 30), call(3, 20), call(4, 20), call(5, 31)])).await;
    assert_eq!(plant.rows(&format!("/calls?{}", span(30, 10))).await, [2, 3, 4, 1]);
}

#[tokio::test]
async fn every_form_of_a_date_and_of_a_name_is_read() {
    let plant = plant_of(json!([call(1, 10)])).await;
    for (from, to) in [
        ("2026-03-01+11:49:59", "2026-03-01+11:51:00"),
        ("2026-03-01%2011%3A50%3A00", "2026-03-01%2011%3A50%3A00"),
        ("2026-03-01T11:50:00.000000Z", "2026-03-01T11:50:00Z"),
        ("2026-03-01T11:50:00", "2026-03-01T11:50:01"),
        ("2026-03-01T13:50:00%2B02:00", "2026-03-01T13:50:00%2B02:00"),
    ] {
        for path in ["/calls", "/calls/", "/Calls"] {
            assert_eq!(
                plant.rows(&format!("{path}?StartTime={from}&endtime={to}")).await,
                [1],
                "{from}"
            );
        }
    }
    assert_eq!(
        plant.rows("/calls?StartTime=2026-03-01+11:50:01&EndTime=2026-03-01+11:51:00").await,
        [0; 0]
    );
}

#[tokio::test]
async fn questions_that_the_original_refuses_are_refused() {
    let plant = Plant::start().await;
    let pair = span(20, 10);
    for (path, hint) in [
        ("/calls".to_owned(), "required"),
        ("/servicecall".to_owned(), "required"),
        (format!("/servicecall?CallId={}", id(1)), "required"),
        ("/calls?StartTime=2026-03-01+10:00:00".to_owned(), "together"),
        ("/calls?EndTime=2026-03-01+10:00:00".to_owned(), "together"),
        ("/calls?ModifiedAfter=2026-03-01+10:00:00".to_owned(), "together"),
        (
            "/calls?StartTime=2026-03-01+10:00:00&ModifiedBefore=2026-03-01+11:00:00".to_owned(),
            "together",
        ),
        ("/calls?StartTime=yesterday&EndTime=2026-03-01+10:00:00".to_owned(), "yesterday"),
        ("/calls?StartTime=2026-03-01&EndTime=2026-03-02".to_owned(), "yyyy-MM-dd HH:mm:ss"),
        (format!("/calls?{}", span(10, 20)), "before"),
        ("/calls?CallId=7".to_owned(), "GUID"),
        (format!("/calls?{pair}&UserIDs={},x", id(1)), "GUID"),
    ] {
        let (status, error) = plant.asked(&path).await;
        assert_eq!(status, 400, "{path}");
        assert_eq!(error["ErrorCode"], 400, "{path}");
        assert!(error["Message"].as_str().unwrap().contains(hint), "{path}: {error}");
    }
}

#[tokio::test]
async fn thirty_one_days_are_the_longest_span() {
    let plant = Plant::start().await;
    for (basis, path) in [
        (("StartTime", "EndTime"), "/calls"),
        (("ModifiedAfter", "ModifiedBefore"), "/calls"),
        (("StartTime", "EndTime"), "/servicecall"),
    ] {
        let asked = |to: &str| {
            let to = query(to);
            format!("{path}?{}=2026-01-01%2000:00:00&{}={to}", basis.0, basis.1)
        };
        assert_eq!(plant.asked(&asked("2026-02-01 00:00:00")).await.0, 200);
        let (status, error) = plant.asked(&asked("2026-02-01 00:00:01")).await;
        assert_eq!(status, 400);
        assert!(error["Message"].as_str().unwrap().contains("31 days"));
    }
}

#[tokio::test]
async fn a_call_id_alone_gives_every_row_of_that_call() {
    let transfer = json!({"CallId": id(77), "UserId": id(5)});
    let calls = json!([
        with(call(1, 50_000), transfer.clone()),
        with(call(2, 49_999), transfer),
        with(call(3, 10), json!({"CallId": null, "CallID": id(78)})),
    ]);
    let plant = plant_of(calls).await;
    assert_eq!(plant.rows(&format!("/calls?CallId={}", id(77))).await, [1, 2]);
    assert_eq!(plant.rows(&format!("/calls?callid={}", id(78))).await, [3]);
    assert_eq!(plant.rows(&format!("/calls?CallId={}", id(79))).await, [0; 0]);
}

#[tokio::test]
async fn users_and_queues_narrow_the_answer() {
    let calls = json!([
        with(call(1, 10), json!({"UserId": id(51)})),
        with(call(2, 10), json!({"UserId": id(52)})),
        with(call(3, 10), json!({"UserId": null})),
    ]);
    let service = json!([
        with(call(4, 10), json!({"QueueId": id(61), "AnswerQueueId": id(62)})),
        with(call(5, 10), json!({"QueueId": id(63)})),
    ]);
    let plant = Plant::holding(json!({"enreach": {"calls": calls, "servicecalls": service}})).await;
    let pair = span(20, 5);
    let user = |ids: &str| format!("/calls?{pair}&UserIDs={ids}");
    assert_eq!(plant.rows(&user(&id(51))).await, [1]);
    assert_eq!(plant.rows(&user(&format!("{},{}", id(51), id(52)))).await, [1, 2]);
    assert_eq!(plant.rows(&user("")).await, [1, 2, 3]);
    let queue = |ids: &str| format!("/servicecall?{pair}&QueueIDs={ids}");
    assert_eq!(plant.rows(&queue(&id(62))).await, [4]);
    assert_eq!(plant.rows(&queue(&format!("{}%2C{}", id(61), id(63)))).await, [4, 5]);
}

#[tokio::test]
async fn the_start_filter_falls_back_to_the_time_stamp() {
    let mut stamped = call(1, 10);
    stamped.as_object_mut().unwrap().remove("StartTime");
    let differing = with(call(2, 10), json!({"TimeStamp": "now-PT5H"}));
    let plant =
        plant_of(json!([with(stamped, json!({"TimeStamp": "now-PT10M"})), differing])).await;
    assert_eq!(plant.rows(&format!("/calls?{}", span(10, 10))).await, [1, 2]);
}

#[tokio::test]
async fn the_modified_filter_looks_at_modified_alone() {
    let late = with(call(1, 600), json!({"Modified": "now-PT5M"}));
    let plant = plant_of(json!([late, call(2, 10)])).await;
    let modified = |from: &str, to: &str| {
        format!("/calls?ModifiedAfter=2026-03-01+{from}&ModifiedBefore=2026-03-01+{to}")
    };
    assert_eq!(plant.rows(&modified("11:54:00", "12:00:00")).await, [1]);
    assert_eq!(plant.rows(&modified("11:50:00", "11:51:00")).await, [2]);
    let both = format!("{}&{}", modified("11:50:00", "12:00:00"), span(20, 5));
    assert_eq!(plant.rows(&both).await, [2]);
}

#[tokio::test]
async fn a_row_without_modified_gets_its_end_else_its_start_and_talk() {
    let mut no_end = call(2, 10);
    no_end.as_object_mut().unwrap().remove("EndTime");
    let plant = plant_of(json!([call(1, 10), no_end])).await;
    let (_, rows) = plant.asked(&format!("/calls?{}", span(20, 5))).await;
    assert_eq!(rows[0]["Modified"], "2026-03-01T11:51:00Z");
    assert_eq!(rows[1]["Modified"], "2026-03-01T11:50:50Z");
}

#[tokio::test]
async fn calls_appear_when_their_time_has_come() {
    let direct = json!({"StartTime": "now-PT2M", "EndTime": "now+PT1M", "Modified": "now-PT1M"});
    let future = json!({"StartTime": "now+PT2M", "EndTime": "now+PT3M"});
    let plant = plant_of(json!([
        with(call(1, 5), direct),
        with(call(2, 5), future),
        with(call(3, 5), json!({"EndTime": null})),
    ]))
    .await;
    let asked = format!("/calls?{}", span(10, -10));
    assert_eq!(plant.rows(&asked).await, [3], "a running call that the world tells of is shown");
    plant.clock.advance(Duration::minutes(1));
    assert_eq!(plant.rows(&asked).await, [3, 1]);
    plant.clock.advance(Duration::minutes(2));
    assert_eq!(plant.rows(&asked).await, [3, 1, 2]);
}

#[tokio::test]
async fn service_rows_appear_while_the_call_still_runs() {
    let running = json!({"EndTime": null, "Modified": "now-PT4M"});
    let service_type = with(running.clone(), json!({"CallType": 2}));
    let plant = Plant::holding(json!({"enreach": {
        "calls": [with(call(1, 5), service_type)],
        "servicecalls": [with(call(2, 5), running)],
    }}))
    .await;
    let (_, rows) = plant.asked(&format!("/servicecall?{}", span(10, 0))).await;
    assert_eq!(rows[0]["EndTime"], Value::Null);
    assert_eq!(plant.rows(&format!("/calls?{}", span(10, 0))).await, [1]);
}

#[tokio::test]
async fn the_visibility_delay_holds_rows_back_and_moves_modified() {
    let plant = plant_of(json!([call(1, 2)])).await;
    plant.sandbox.set_modes(&json!({"visibility_delay_secs": 90})).unwrap();
    let asked = format!("/calls?{}", span(10, 0));
    assert_eq!(plant.rows(&asked).await, [0; 0]);
    plant.clock.advance(Duration::seconds(30));
    let (_, rows) = plant.asked(&asked).await;
    assert_eq!(rows[0]["Modified"], "2026-03-01T12:00:30Z");
    let modified = "/calls?ModifiedAfter=2026-03-01+12:00:30&ModifiedBefore=2026-03-01+12:00:30";
    assert_eq!(plant.rows(modified).await, [1]);
}
