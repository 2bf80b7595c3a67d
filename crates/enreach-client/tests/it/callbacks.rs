use std::time::Duration;

use enreach_client::{CallbackState, CloseAnswer, EnreachApi, EnreachClient, Error};
use serde_json::{Value, json};
use voice_model::{CallbackItemId, CallbackListId, ErrorClass};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::plant::{answering, client};

fn item(id: &str) -> CallbackItemId {
    CallbackItemId::new(id).unwrap()
}

fn refused(status: u16, message: Option<&str>) -> CloseAnswer {
    CloseAnswer::Refused { status, message: message.map(str::to_owned) }
}

async fn closing(answer: ResponseTemplate) -> (Result<CloseAnswer, Error>, u64) {
    let server = answering(answer).await;
    let client = client(&server);
    (client.close_callback(&item("i-1")).await, client.requests_sent())
}

fn page(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw("<html>", "text/html")
}

fn message(status: u16, text: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({"ErrorCode":status,"Message":text}))
}

#[tokio::test]
async fn closing_puts_the_closed_state_and_no_force() {
    let server = answering(ResponseTemplate::new(200)).await;
    client(&server).close_callback(&item("i-1")).await.unwrap();
    let received = server.received_requests().await.unwrap();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].method.as_str(), "PUT");
    assert_eq!((received[0].url.path(), received[0].url.query()), ("/callbacks/items/i-1", None));
    assert_eq!(received[0].headers["content-type"], "application/json");
    assert_eq!(
        received[0].body_json::<Value>().unwrap(),
        json!({"State":"Closed","Result":"Success","Note":"Moved to CRM"})
    );
}

#[tokio::test]
async fn a_success_is_closed_unless_the_item_says_otherwise() {
    let body = |body: Value| ResponseTemplate::new(200).set_body_json(body);
    for (answer, expected) in [
        (ResponseTemplate::new(200), CloseAnswer::Closed),
        (ResponseTemplate::new(204), CloseAnswer::Closed),
        (body(json!({"Id":"i-1","State":"Closed"})), CloseAnswer::Closed),
        (body(json!({"Id":"i-1","State":"CLOSED"})), CloseAnswer::Closed),
        (body(json!({"Id":"i-1"})), CloseAnswer::Closed),
        (body(json!({"Id":"i-1","State":2})), CloseAnswer::Closed),
        (body(json!([])), CloseAnswer::Closed),
        (body(json!(null)), CloseAnswer::Closed),
        (body(json!({"State":"Open"})), refused(200, Some("the item is Open"))),
        (body(json!({"State":"reserved"})), refused(200, Some("the item is Reserved"))),
        (body(json!({"State":"Expired"})), refused(200, Some("the item is Expired"))),
    ] {
        let (closed, attempts) = closing(answer).await;
        assert_eq!((closed.unwrap(), attempts), (expected, 1));
    }
}

#[tokio::test]
async fn what_lies_in_the_item_is_an_answer_and_not_an_error() {
    let reserved = "The item is reserved by another user; Force is needed";
    let shown = "The item is reserved by another user; Force is needed; error code 409";
    for (answer, expected) in [
        (ResponseTemplate::new(404), CloseAnswer::Gone),
        (message(404, "Callback item i-1 not found"), CloseAnswer::Gone),
        (ResponseTemplate::new(410), CloseAnswer::Gone),
        (message(409, reserved), refused(409, Some(shown))),
        (ResponseTemplate::new(409), refused(409, None)),
        (message(400, "no"), refused(400, Some("no; error code 400"))),
        (message(403, "no"), refused(403, Some("no; error code 403"))),
        (ResponseTemplate::new(412), refused(412, None)),
        (ResponseTemplate::new(422), refused(422, None)),
        (ResponseTemplate::new(423), refused(423, None)),
    ] {
        let (closed, attempts) = closing(answer).await;
        assert_eq!((closed.unwrap(), attempts), (expected, 1));
    }
}

#[tokio::test]
async fn what_does_not_lie_in_the_item_is_an_error_and_says_whether_it_may_be_closed() {
    let slow_down = ResponseTemplate::new(429).insert_header("retry-after", "90");
    let throttled = |seconds: u64| {
        let retry_after = Some(Duration::from_secs(seconds));
        ErrorClass::Throttled { retry_after }
    };
    let raw = |body: &str, kind: &str| ResponseTemplate::new(200).set_body_raw(body, kind);
    for (answer, class, attempts, may_have_applied) in [
        (ResponseTemplate::new(401), ErrorClass::Auth, 1, false),
        (page(403), ErrorClass::Auth, 1, false),
        (page(404), ErrorClass::NotFound, 1, false),
        (ResponseTemplate::new(405), ErrorClass::Rejected, 1, false),
        (ResponseTemplate::new(302), ErrorClass::Rejected, 1, false),
        (page(409), ErrorClass::Rejected, 1, false),
        (slow_down, throttled(90), 1, false),
        (ResponseTemplate::new(408), ErrorClass::Transient, 2, true),
        (ResponseTemplate::new(500), ErrorClass::Transient, 2, true),
        (page(502), ErrorClass::Transient, 2, true),
        (ResponseTemplate::new(503), ErrorClass::Transient, 2, false),
        (ResponseTemplate::new(504), ErrorClass::Transient, 2, true),
        (page(200), ErrorClass::Transient, 1, true),
        (raw(r#"{"State":"Clo"#, "application/json"), ErrorClass::Transient, 1, true),
    ] {
        let (closed, sent) = closing(answer).await;
        let error = closed.unwrap_err();
        assert_eq!((error.class(), sent), (class, attempts), "{error}");
        assert_eq!(error.may_have_applied(), may_have_applied, "{error}");
        assert!(error.to_string().contains("close a callback"), "{error}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_because_closing_twice_changes_nothing() {
    let server = MockServer::start().await;
    for first in [500, 429] {
        server.reset().await;
        Mock::given(any())
            .respond_with(ResponseTemplate::new(first))
            .up_to_n_times(1)
            .mount(&server)
            .await;
        let closed = ResponseTemplate::new(200).set_body_json(json!({"State":"Closed"}));
        Mock::given(any()).respond_with(closed).mount(&server).await;
        let client = client(&server);
        assert_eq!(client.close_callback(&item("i-1")).await.unwrap(), CloseAnswer::Closed);
        let bodies: Vec<_> =
            server.received_requests().await.unwrap().into_iter().map(|it| it.body).collect();
        assert_eq!((bodies.len(), &bodies[0]), (2, &bodies[1]));
    }
}

#[tokio::test]
async fn an_item_that_is_not_there_is_none_and_a_page_is_not_an_answer() {
    for (answer, expected) in [
        (ResponseTemplate::new(404), true),
        (message(404, "Callback item i-1 not found"), true),
        (ResponseTemplate::new(410), true),
        (page(404), false),
    ] {
        let server = answering(answer).await;
        match client(&server).callback_item(&item("i-1")).await {
            Ok(found) => assert!(found.is_none() && expected),
            Err(error) => assert!(!expected && error.class() == ErrorClass::NotFound, "{error}"),
        }
    }
}

#[tokio::test]
async fn an_item_that_cannot_be_read_is_an_error() {
    let server = answering(ResponseTemplate::new(200).set_body_json(json!({"State":"Open"}))).await;
    let error = client(&server).callback_item(&item("i-1")).await.unwrap_err();
    assert_eq!(error.to_string(), "could not read a callback: Id is missing");
    assert_eq!(error.class(), ErrorClass::Bug);
}

async fn asked_for(states: &[CallbackState]) -> String {
    let server = answering(ResponseTemplate::new(200).set_body_json(json!([]))).await;
    let created_after = "2026-03-01T08:00:00.999Z".parse().unwrap();
    let list = CallbackListId::new("l-1").unwrap();
    client(&server).callback_items(&list, created_after, states).await.unwrap();
    let received = server.received_requests().await.unwrap();
    received[0].url.query().unwrap().to_owned()
}

#[tokio::test]
async fn items_are_asked_for_from_a_whole_second_on_and_by_state() {
    let from = "CreatedAfter=2026-03-01+08%3A00%3A00";
    let waiting = [CallbackState::Open, CallbackState::Reserved];
    assert_eq!(asked_for(&waiting).await, format!("{from}&States=Open%2CReserved"));
    assert_eq!(asked_for(&[]).await, from);
    let unnamed = [CallbackState::Open, CallbackState::Unknown];
    assert_eq!(asked_for(&unnamed).await, from, "has no name, so all are read");
}

async fn ask_all(client: &EnreachClient, id: &str) -> [Result<(), Error>; 3] {
    let item = item(id);
    let list = CallbackListId::new(id).unwrap();
    let at = "2026-03-01T08:00:00Z".parse().unwrap();
    [
        client.callback_items(&list, at, &[]).await.map(|_| ()),
        client.callback_item(&item).await.map(|_| ()),
        client.close_callback(&item).await.map(|_| ()),
    ]
}

#[tokio::test]
async fn an_id_stays_one_segment_of_the_path() {
    for (id, segment) in [
        ("a/../../users", "a%2F..%2F..%2Fusers"),
        ("a?Force=true", "a%3FForce=true"),
        ("a#b", "a%23b"),
        ("100%/%2e%2e", "100%25%2F%252e%252e"),
        ("a b\\c", "a%20b%5Cc"),
        ("...", "..."),
        ("ä", "%C3%A4"),
    ] {
        let server = answering(ResponseTemplate::new(404)).await;
        let _ = ask_all(&client(&server), id).await;
        let received = server.received_requests().await.unwrap();
        let paths: Vec<_> = received.iter().map(|it| it.url.path()).collect();
        let item = format!("/callbacks/items/{segment}");
        let list = format!("/callbacks/lists/{segment}/items");
        assert_eq!(paths, [&list, &item, &item], "{id}");
        assert!(received.iter().skip(1).all(|it| it.url.query().is_none()), "{id}");
    }
}

#[tokio::test]
async fn an_id_that_no_path_can_hold_is_refused_before_sending() {
    let server = answering(ResponseTemplate::new(200)).await;
    let client = client(&server);
    for id in [".", ".."] {
        for answer in ask_all(&client, id).await {
            let error = answer.unwrap_err();
            assert!(matches!(error, Error::UnusableId { .. }), "{error:?}");
            assert_eq!(error.class(), ErrorClass::Rejected);
            assert!(error.to_string().contains(id), "{error}");
        }
    }
    assert_eq!(client.requests_sent(), 0);
}
