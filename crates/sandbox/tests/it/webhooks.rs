//! The webhook sender against listeners that behave well and badly.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use wiremock::matchers::{header, method};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::plant::{Plant, answer, id};

fn event(number: u32) -> Value {
    json!({"Id": id(number), "EventType": "CallbackCreated", "CallbackListItemId": id(5)})
}

/// A listener that answers with these statuses in turn, and with the last one from then on.
async fn listener(statuses: &[u16]) -> MockServer {
    let server = MockServer::start().await;
    let (last, first) = statuses.split_last().unwrap();
    for status in first {
        let answer = ResponseTemplate::new(*status);
        Mock::given(method("POST")).respond_with(answer).up_to_n_times(1).mount(&server).await;
    }
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(*last)).mount(&server).await;
    server
}

async fn send(plant: &Plant, server: &MockServer, options: Value) -> Vec<Value> {
    let mut order = json!({"url": format!("{}/hook?a=b", server.uri()), "token": "s3cret",
                           "event": event(1), "schedule_ms": [1, 1, 1]});
    order.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    let (status, sent) = plant.control("/webhooks", order).await;
    assert_eq!(status, 200, "{sent}");
    sent["deliveries"].as_array().unwrap().clone()
}

async fn bodies(server: &MockServer) -> Vec<Value> {
    let received: Vec<Request> = server.received_requests().await.unwrap();
    received.iter().map(|request| request.body_json().unwrap()).collect()
}

fn ids(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["Id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_event_is_posted_with_its_headers() {
    let (plant, server) = (Plant::start().await, listener(&[200]).await);
    let deliveries = send(&plant, &server, json!({})).await;
    assert_eq!(deliveries.len(), 1);
    assert_eq!(deliveries[0]["delivered"], true);
    assert_eq!((&deliveries[0]["status"], &deliveries[0]["attempts"]), (&json!(200), &json!(1)));
    assert_eq!(deliveries[0]["event"], id(1));
    let received = server.received_requests().await.unwrap();
    let request = &received[0];
    assert_eq!(request.url.path(), "/hook");
    assert_eq!(request.url.query(), Some("a=b"));
    assert_eq!(request.headers["x-benemen-event"], "CallbackCreated");
    assert_eq!(request.headers["x-benemen-token"], "s3cret");
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(request.body_json::<Value>().unwrap(), event(1));
}

#[tokio::test]
async fn failures_of_the_listener_are_tried_again_and_refusals_are_not() {
    for (statuses, expected) in [
        (vec![500, 503, 204], json!([500, 503, 204])),
        (vec![500], json!([500, 500, 500, 500])),
        (vec![401], json!([401])),
        (vec![502, 404], json!([502, 404])),
        (vec![302], json!([302])),
    ] {
        let (plant, server) = (Plant::start().await, listener(&statuses).await);
        let deliveries = send(&plant, &server, json!({})).await;
        assert_eq!(deliveries[0]["statuses"], expected);
        assert_eq!(deliveries[0]["delivered"], statuses.ends_with(&[204]));
        assert_eq!(bodies(&server).await.len(), expected.as_array().unwrap().len());
    }
}

#[tokio::test]
async fn silence_and_closed_doors_are_tried_again() {
    let plant = Plant::start().await;
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(30));
    Mock::given(method("POST")).respond_with(slow).mount(&server).await;
    let options = json!({"timeout_ms": 30, "schedule_ms": [1]});
    let deliveries = send(&plant, &server, options).await;
    assert_eq!(deliveries[0]["statuses"], json!([null, null]));
    assert_eq!(deliveries[0]["error"], "no answer within 30 ms");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let order = json!({"url": format!("http://{nobody}/"), "event": event(1), "schedule_ms": [1]});
    let (_, sent) = plant.control("/webhooks", order).await;
    assert_eq!(sent["deliveries"][0]["attempts"], 2);
    assert!(sent["deliveries"][0]["error"].is_string());
}

#[tokio::test]
async fn duplicates_keep_their_id_and_order_and_losses_can_be_asked_for() {
    let (plant, server) = (Plant::start().await, listener(&[200]).await);
    let events = json!([event(1), event(2), event(3)]);
    let options = json!({"event": events, "copies": 2, "reorder": true, "drop": 1});
    let deliveries = send(&plant, &server, options).await;
    assert_eq!(deliveries.len(), 6);
    assert_eq!((&deliveries[0]["dropped"], &deliveries[0]["attempts"]), (&json!(true), &json!(0)));
    let received = bodies(&server).await;
    assert_eq!(ids(&received), [id(2), id(1), id(3), id(2), id(1)]);
    let all_lost = send(&plant, &server, json!({"drop": true})).await;
    assert_eq!(all_lost[0]["delivered"], false);
    assert_eq!(bodies(&server).await.len(), 5);
}

#[tokio::test]
async fn a_bad_token_is_another_one() {
    let plant = Plant::start().await;
    let server = MockServer::start().await;
    let known = Mock::given(header("x-benemen-token", "s3cret"));
    known.respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let unknown = ResponseTemplate::new(401);
    Mock::given(method("POST")).respond_with(unknown).with_priority(9).mount(&server).await;
    let deliveries = send(&plant, &server, json!({"bad_token": true})).await;
    assert_eq!(deliveries[0]["statuses"], json!([401]));
    assert_eq!(send(&plant, &server, json!({})).await[0]["statuses"], json!([200]));
}

#[tokio::test]
async fn a_delay_comes_first_and_events_can_go_all_at_once() {
    let (plant, server) = (Plant::start().await, listener(&[200]).await);
    let start = Instant::now();
    let options = json!({"delay_ms": 30, "copies": 8, "parallel": true});
    assert_eq!(send(&plant, &server, options).await.len(), 8);
    assert!(start.elapsed() >= Duration::from_millis(30));
    assert_eq!(bodies(&server).await.len(), 8);
}

#[tokio::test]
async fn bad_orders_are_told_what_is_wrong() {
    let plant = Plant::start().await;
    for (order, hint) in [
        (json!({}), "url"),
        (json!({"url": "https://example.com/", "event": {}}), "on this machine only"),
        (json!({"url": "http://127.0.0.1:9/"}), "event is missing"),
        (json!({"url": "http://127.0.0.1:9/", "event": {}, "retry": 1}), "schedule_ms"),
    ] {
        let (status, error) = plant.control("/webhooks", order).await;
        assert_eq!(status, 400);
        assert!(error["error"].as_str().unwrap().contains(hint), "{error}");
    }
}

fn world_of(items: &[u32]) -> Value {
    let items: Vec<_> = items
        .iter()
        .map(|number| {
            json!({"Id": id(*number), "CallbackListId": id(9), "Number": "+358409998877",
                   "CallbackListName": "Sales callbacks", "Created": "now-PT1M"})
        })
        .collect();
    json!({"enreach": {
        "callback_lists": [{"Id": id(9), "Name": "Sales callbacks"}],
        "callback_items": items,
    }})
}

async fn subscribe(plant: &Plant, server: &MockServer, options: Value) {
    let mut subscription =
        json!({"url": server.uri(), "token": "s3cret", "schedule_ms": [1, 1, 1]});
    subscription.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    let (status, all) = plant.control("/webhooks/subscriptions", subscription).await;
    assert_eq!(status, 200, "{all}");
    assert!(!all.to_string().contains("s3cret"), "{all}");
}

/// Waits until the sandbox knows of so many deliveries.
async fn delivered(plant: &Plant, count: usize) -> Vec<Value> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let (_, deliveries) = answer(plant.plain(Method::GET, "/control/webhooks")).await;
        let deliveries = deliveries.as_array().unwrap().clone();
        if deliveries.len() >= count {
            return deliveries;
        }
        assert!(Instant::now() < deadline, "only {} deliveries", deliveries.len());
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn subscribers_are_told_of_new_items() {
    let (plant, server) = (Plant::start().await, listener(&[500, 200]).await);
    subscribe(&plant, &server, json!({})).await;
    plant.sandbox.load_world(&world_of(&[1])).unwrap();
    let first = delivered(&plant, 1).await;
    assert_eq!(first[0]["statuses"], json!([500, 200]));
    // What is known already is not new.
    plant.sandbox.load_world(&world_of(&[1, 2])).unwrap();
    delivered(&plant, 2).await;
    let path = format!("/callbacks/lists/{}/items", id(9));
    let by_hand = plant.enreach_as(Method::POST, &path).json(&json!({"Number": "+1"}));
    let (_, by_hand) = answer(by_hand).await;
    delivered(&plant, 3).await;
    let received = bodies(&server).await;
    let items: Vec<_> = received[1..].iter().map(|event| &event["CallbackListItemId"]).collect();
    assert_eq!(items, [&json!(id(1)), &json!(id(2)), &by_hand["Id"]]);
    let event = &received[1];
    for (field, expected) in [
        ("EventType", json!("CallbackCreated")),
        ("EntityType", json!("CallList")),
        ("EntityId", json!(id(9))),
        ("CallbackListName", json!("Sales callbacks")),
        ("Number", json!("+358409998877")),
        ("State", json!("Open")),
        ("Timestamp", json!("2026-03-01T12:00:00Z")),
    ] {
        assert_eq!(event[field], expected, "{field}");
    }
}

#[tokio::test]
async fn subscribers_choose_events_and_lists() {
    let (plant, server) = (Plant::start().await, listener(&[200]).await);
    let options = json!({"events": ["CallbackClosed", "CallbackUpdated"], "lists": [id(9)]});
    subscribe(&plant, &server, options).await;
    subscribe(&plant, &server, json!({"lists": [id(8)]})).await;
    plant.sandbox.load_world(&world_of(&[1])).unwrap();
    for change in [json!({"Note": "x"}), json!({"State": "Closed"}), json!({"State": "Closed"})] {
        let path = format!("/callbacks/items/{}", id(1));
        answer(plant.enreach_as(Method::PUT, &path).json(&change)).await;
    }
    delivered(&plant, 2).await;
    let received = bodies(&server).await;
    let mut types: Vec<_> =
        received.iter().map(|event| event["EventType"].as_str().unwrap()).collect();
    types.sort_unstable();
    assert_eq!(types, ["CallbackClosed", "CallbackUpdated"]);
}

#[tokio::test]
async fn subscriptions_end_on_command_and_with_a_reset() {
    let (plant, server) = (Plant::start().await, listener(&[200]).await);
    let subscriptions =
        async || answer(plant.plain(Method::GET, "/control/webhooks/subscriptions")).await.1;
    subscribe(&plant, &server, json!({})).await;
    assert_eq!(subscriptions().await[0]["events"], json!(["CallbackCreated"]));
    answer(plant.plain(Method::DELETE, "/control/webhooks/subscriptions")).await;
    assert_eq!(subscriptions().await, json!([]));
    subscribe(&plant, &server, json!({})).await;
    send(&plant, &server, json!({})).await;
    plant.sandbox.reset();
    assert_eq!(subscriptions().await, json!([]));
    assert_eq!(answer(plant.plain(Method::GET, "/control/webhooks")).await.1, json!([]));
    let unknown = json!({"url": server.uri(), "events": ["CallbackEaten"]});
    assert_eq!(plant.control("/webhooks/subscriptions", unknown.clone()).await.0, 400);
    let refused = plant.sandbox.subscribe(&unknown).unwrap_err();
    assert!(refused.to_string().contains("CallbackEaten"), "{refused}");
}

#[tokio::test]
async fn a_program_in_the_same_process_subscribes_without_a_request() {
    let (plant, server) = (Plant::start().await, listener(&[200]).await);
    plant.sandbox.subscribe(&json!({"url": server.uri(), "token": "s3cret"})).unwrap();
    assert_eq!(plant.sandbox.deliveries(), [Value::Null; 0]);
    plant.sandbox.load_world(&world_of(&[1])).unwrap();
    delivered(&plant, 1).await;
    assert_eq!(plant.sandbox.deliveries()[0]["delivered"], true);
    assert_eq!(bodies(&server).await[0]["CallbackListItemId"], id(1));
}
