//! The smart-routing caller against software that answers in every way.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use wiremock::matchers::{header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::plant::{Plant, answer};

async fn ask(plant: &Plant, answer: ResponseTemplate) -> Value {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    ask_at(plant, &server, json!({})).await
}

async fn ask_at(plant: &Plant, server: &MockServer, options: Value) -> Value {
    let mut question = json!({
        "url": format!("{}/smart-routing/contoso", server.uri()), "api_key": "s3cret",
        "anum": "+358501231234", "bnum": "+4612312345", "targetid": "SALES_QUEUE",
    });
    question.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    let (status, outcome) = plant.control("/routing-calls", question).await;
    assert_eq!(status, 200, "{outcome}");
    outcome
}

fn instruction(target: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"InitialTarget": target}))
}

#[tokio::test]
async fn an_instruction_is_followed() {
    let plant = Plant::start().await;
    let outcome = ask(&plant, instruction("+35853445657")).await;
    assert_eq!(outcome["outcome"], "redirected");
    assert_eq!((&outcome["target"], &outcome["status"]), (&json!("+35853445657"), &json!(200)));
}

#[tokio::test]
async fn everything_else_means_default_routing_with_a_reason() {
    let plant = Plant::start().await;
    for (template, reason) in [
        (ResponseTemplate::new(204), "204"),
        (ResponseTemplate::new(401), "status 401"),
        (ResponseTemplate::new(200).set_body_string("no"), "not a JSON object"),
        (ResponseTemplate::new(200).set_body_json(json!({"Target": "+1"})), "missing"),
    ] {
        let outcome = ask(&plant, template).await;
        assert_eq!(outcome["outcome"], "default routing");
        assert!(outcome["reason"].as_str().unwrap().contains(reason), "{outcome}");
        assert!(outcome.get("error").is_none(), "{outcome}");
    }
    let (_, outcomes) = answer(plant.plain(Method::GET, "/control/routing-calls")).await;
    assert_eq!(outcomes.as_array().unwrap().len(), 4);
    plant.sandbox.reset();
    let (_, outcomes) = answer(plant.plain(Method::GET, "/control/routing-calls")).await;
    assert_eq!(outcomes, json!([]));
}

#[tokio::test]
async fn sending_a_call_back_to_where_it_came_from_is_an_error() {
    let plant = Plant::start().await;
    for target in ["+4612312345", "4612312345"] {
        let outcome = ask(&plant, instruction(target)).await;
        assert_eq!(
            (&outcome["outcome"], &outcome["error"]),
            (&json!("default routing"), &json!("loop"))
        );
    }
}

#[tokio::test]
async fn the_platform_does_not_wait_for_ever() {
    let plant = Plant::start().await;
    let server = MockServer::start().await;
    let slow = instruction("+1").set_delay(Duration::from_secs(30));
    Mock::given(method("POST")).respond_with(slow).mount(&server).await;
    let outcome = ask_at(&plant, &server, json!({"timeout_ms": 30})).await;
    assert_eq!(outcome["reason"], "no answer within 30 ms");
    assert_eq!(outcome["status"], Value::Null);
}

#[tokio::test]
async fn the_question_is_asked_as_the_platform_asks_it() {
    let plant = Plant::start().await;
    let server = MockServer::start().await;
    let keyed = Mock::given(header("x-benemen-apikey", "s3cret"));
    keyed.respond_with(instruction("+1")).mount(&server).await;
    let outcome = ask_at(&plant, &server, json!({"extradata": {"DYN_X": "y"}})).await;
    assert_eq!(outcome["outcome"], "redirected");
    let received = server.received_requests().await.unwrap();
    assert_eq!(received[0].url.path(), "/smart-routing/contoso");
    let body: Value = received[0].body_json().unwrap();
    assert_eq!((&body["anum"], &body["bnum"]), (&json!("+358501231234"), &json!("+4612312345")));
    assert_eq!(
        (&body["targetid"], &body["extradata"]["DYN_X"]),
        (&json!("SALES_QUEUE"), &json!("y"))
    );
    assert_eq!(body["extradata"]["IsInternalCaller"], false);
    let wrong = ask_at(&plant, &server, json!({"api_key": "other"})).await;
    assert_eq!(wrong["status"], 404);
    let basic = Mock::given(header("authorization", "Basic dTpw"));
    basic.respond_with(instruction("+2")).mount(&server).await;
    let keys = json!({"api_key": null, "basic_user": "u", "basic_password": "p"});
    assert_eq!(ask_at(&plant, &server, keys).await["target"], "+2");
}

#[tokio::test]
async fn bad_questions_are_told_what_is_wrong() {
    let plant = Plant::start().await;
    for (question, hint) in [
        (json!({}), "url"),
        (json!({"url": "http://127.0.0.1:9/", "anum": "+1"}), "bnum"),
        (json!({"url": "http://example.com/", "anum": "+1", "bnum": "+2"}), "this machine"),
        (
            json!({"url": "http://127.0.0.1:9/", "anum": "+1", "bnum": "+2", "timeout_ms": 9999}),
            "5000",
        ),
    ] {
        let (status, error) = plant.control("/routing-calls", question).await;
        assert_eq!(status, 400);
        assert!(error["error"].as_str().unwrap().contains(hint), "{error}");
    }
}
