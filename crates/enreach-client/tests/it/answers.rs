use std::time::Duration;

use enreach_client::{EnreachApi, Error, WindowBasis};
use serde_json::{Value, json};
use voice_model::ErrorClass;
use wiremock::ResponseTemplate;

use crate::plant::{Operation, USER, answering, client, window};

#[tokio::test]
async fn a_good_answer_gives_rows_and_names_the_unreadable() {
    let row = json!({"Id":"r-1","CallId":"c-1","Surprise":{"a":[1]}});
    let body = json!([row, {"Id":null,"Name":"no id"}]);
    for operation in Operation::all() {
        let one = Operation::ONE.contains(&operation);
        let body = if one { row.clone() } else { body.clone() };
        let server = answering(ResponseTemplate::new(200).set_body_json(body)).await;
        let counts = operation.run(&client(&server)).await.unwrap();
        assert_eq!(counts, (1, usize::from(!one)), "{operation:?}");
    }
}

#[tokio::test]
async fn an_empty_array_is_no_rows() {
    let server = answering(ResponseTemplate::new(200).set_body_json(json!([]))).await;
    for operation in Operation::ROWS {
        assert_eq!(operation.run(&client(&server)).await.unwrap(), (0, 0));
    }
}

#[tokio::test]
async fn each_status_has_its_class_message_and_number_of_attempts() {
    let refusal = json!({"ErrorCode":400,"Message":"StartTime and EndTime are required"});
    let throttled = |seconds: Option<u64>| ErrorClass::Throttled {
        retry_after: seconds.map(Duration::from_secs),
    };
    let slow_down =
        |seconds: &str| ResponseTemplate::new(429).insert_header("retry-after", seconds);
    let page = |status| ResponseTemplate::new(status).set_body_raw("<html>", "text/html; x=y");
    let cases: Vec<(ResponseTemplate, ErrorClass, u64, &str)> = vec![
        (
            ResponseTemplate::new(400).set_body_json(refusal),
            ErrorClass::Rejected,
            1,
            "HTTP 400 (StartTime and EndTime are required; error code 400)",
        ),
        (ResponseTemplate::new(403), ErrorClass::Auth, 1, "HTTP 403"),
        (ResponseTemplate::new(404), ErrorClass::NotFound, 1, "HTTP 404"),
        (page(404), ErrorClass::NotFound, 1, "HTTP 404 (expected JSON, got text/html)"),
        (ResponseTemplate::new(429), throttled(None), 2, "HTTP 429"),
        (slow_down("0"), throttled(Some(0)), 2, "HTTP 429"),
        (slow_down("90"), throttled(Some(90)), 1, "HTTP 429"),
        (ResponseTemplate::new(500), ErrorClass::Transient, 2, "HTTP 500"),
        (page(502), ErrorClass::Transient, 2, "HTTP 502 (expected JSON, got text/html)"),
        (ResponseTemplate::new(503), ErrorClass::Transient, 2, "HTTP 503"),
        (
            ResponseTemplate::new(302).insert_header("location", "https://login.example/"),
            ErrorClass::Rejected,
            1,
            "HTTP 302 (a redirect, which is not followed)",
        ),
        (
            ResponseTemplate::new(500).set_body_json(json!([1])),
            ErrorClass::Transient,
            2,
            "HTTP 500 (an array without Message)",
        ),
    ];
    for (answer, class, attempts, shown) in cases {
        let server = answering(answer).await;
        let gone = class == ErrorClass::NotFound && !shown.contains("text/html");
        for operation in Operation::all() {
            if gone && operation == Operation::CallbackItem {
                continue; // no error there
            }
            let client = client(&server);
            let error = operation.run(&client).await.unwrap_err();
            assert!(matches!(error, Error::Status { .. }), "{error:?}");
            let expected = format!("Enreach refused to {}: {shown}", operation.name());
            assert_eq!(error.to_string(), expected);
            assert_eq!((error.class(), client.requests_sent()), (class, attempts), "{error}");
            assert!(!error.may_have_applied());
        }
    }
}

#[tokio::test]
async fn wrong_credentials_name_the_user_and_what_to_do() {
    let server = answering(ResponseTemplate::new(401)).await;
    for operation in Operation::all() {
        let client = client(&server);
        let error = operation.run(&client).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Auth);
        let shown = error.to_string();
        assert!(shown.contains(USER) && shown.contains("wrong or was rotated"), "{shown}");
        assert_eq!(client.requests_sent(), 1, "not tried again");
    }
}

#[tokio::test]
async fn a_successful_answer_that_is_not_the_expected_json_says_what_it_is() {
    let page = "<!DOCTYPE html><html>Call +358501231234</html>";
    let raw = |body: &str, kind: &str| ResponseTemplate::new(200).set_body_raw(body, kind);
    let cases = [
        (raw(page, "text/html"), ErrorClass::Transient, "expected JSON, got text/html (HTTP 200"),
        (raw("gateway busy", "text/plain"), ErrorClass::Transient, "starts with \"gateway busy\""),
        (
            raw(page, "application/json"),
            ErrorClass::Transient,
            "expected JSON, got application/json",
        ),
        (raw(r#"[{"Id":"a","#, "application/json"), ErrorClass::Transient, "is broken"),
        (raw("nonsense", ""), ErrorClass::Transient, "expected JSON, got"),
        (ResponseTemplate::new(200), ErrorClass::Transient, "(HTTP 200) is empty"),
        (ResponseTemplate::new(204), ErrorClass::Transient, "(HTTP 204) is empty"),
        (raw(" \r\n", "application/json"), ErrorClass::Transient, "is empty"),
        (raw(r#""text""#, "application/json"), ErrorClass::Bug, ", got a text"),
        (raw("null", "application/json"), ErrorClass::Bug, ", got null"),
    ];
    for (answer, class, part) in cases {
        let server = answering(answer).await;
        for operation in Operation::all() {
            let error = operation.run(&client(&server)).await.unwrap_err();
            let shown = error.to_string();
            assert!(shown.starts_with(&format!("could not {}: ", operation.name())), "{shown}");
            assert!(shown.contains(part), "{shown}");
            assert!(!shown.contains("358501231234"), "{shown}");
            assert_eq!(error.class(), class, "{shown}");
        }
    }
}

#[tokio::test]
async fn an_object_where_an_array_is_expected_is_an_error_that_names_both() {
    let server = answering(ResponseTemplate::new(200).set_body_json(json!({"value":[]}))).await;
    for operation in Operation::ROWS {
        let error = operation.run(&client(&server)).await.unwrap_err();
        assert!(matches!(error, Error::UnexpectedShape { .. }));
        let expected =
            format!("could not {}: expected an array of rows, got an object", operation.name());
        assert_eq!(error.to_string(), expected);
    }
    let error = client(&server).me().await.unwrap_err();
    assert_eq!(error.to_string(), "could not read the API user: Id is missing");
}

#[tokio::test]
async fn a_field_of_a_megabyte_survives() {
    let long = "ä".repeat(512 * 1024);
    let body = json!([{"CallId":"c-1","QueueName":long,"Note":long}]);
    let server = answering(ResponseTemplate::new(200).set_body_json(body)).await;
    let calls = client(&server).calls(WindowBasis::Started, window()).await.unwrap();
    assert_eq!(calls.rows[0].queue_name.as_deref(), Some(long.as_str()));
    assert_eq!(calls.rows[0].raw["Note"], Value::from(long));
}

#[tokio::test]
async fn a_byte_order_mark_and_a_byte_that_is_not_utf8_hide_no_row() {
    let mut body = b"\xef\xbb\xbf[{\"CallId\":\"c-1\",\"QueueName\":\"M".to_vec();
    body.extend_from_slice(b"\xe4ki\"}]");
    let server = answering(ResponseTemplate::new(200).set_body_raw(body, "application/json")).await;
    let calls = client(&server).calls(WindowBasis::Started, window()).await.unwrap();
    assert_eq!(calls.rows[0].queue_name.as_deref(), Some("M\u{fffd}ki"));
}

#[tokio::test]
async fn a_cut_off_answer_is_passing_trouble_with_its_cause() {
    let server = answering(ResponseTemplate::new(200).set_body_raw("[{", "application/json")).await;
    let error = client(&server).users().await.unwrap_err();
    assert!(matches!(error, Error::BrokenJson { .. }), "{error:?}");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("EOF") && !error.to_string().contains(&cause), "{cause}");
}
