//! Modes as a client meets them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::plant::{Plant, answer, call, id};

const ASKED: &str = "/calls?StartTime=2026-03-01+11:00:00&EndTime=2026-03-01+12:00:00";

async fn row_with(modes: Value) -> Value {
    let mut call = call(1, 10);
    call["UserName"] = "anna@example.com".into();
    let plant = Plant::holding(json!({"enreach": {"calls": [call]}})).await;
    assert_eq!(plant.control("/modes", modes).await.0, 200);
    plant.asked(ASKED).await.1[0].clone()
}

#[tokio::test]
async fn numbers_come_without_plus() {
    assert_eq!(row_with(json!({})).await["ANum"], "+358501231234");
    assert_eq!(row_with(json!({"strip_plus": true})).await["ANum"], "358501231234");
}

#[tokio::test]
async fn optional_fields_come_null_or_not_at_all() {
    assert_eq!(row_with(json!({})).await["UserName"], "anna@example.com");
    let null = row_with(json!({"null_optional": true})).await;
    assert!(null.as_object().unwrap()["UserName"].is_null());
    assert!(null["StartTime"].is_string());
    let absent = row_with(json!({"omit_optional": true})).await;
    assert!(absent.get("UserName").is_none());
    assert!(absent["Privacy"].is_string());
}

#[tokio::test]
async fn the_call_id_can_be_spelt_otherwise() {
    let row = row_with(json!({"call_id_spelling": "CallID"})).await;
    assert_eq!((row.get("CallId"), &row["CallID"]), (None, &json!(id(1_001))));
}

#[tokio::test]
async fn unknown_fields_can_be_added() {
    let plain = row_with(json!({})).await.as_object().unwrap().len();
    assert!(row_with(json!({"unknown_fields": true})).await.as_object().unwrap().len() > plain);
}

#[tokio::test]
async fn dates_come_in_the_old_form_without_the_serializer_header() {
    let plant = Plant::holding(json!({"enreach": {"calls": [call(1, 10)]}})).await;
    let request = plant.plain(Method::GET, &format!("/enreach{ASKED}"));
    let request = request.basic_auth("api.user@contoso.example", Some("sandbox-secret"));
    let (_, rows) = answer(request).await;
    for field in ["StartTime", "EndTime", "Modified"] {
        let date = rows[0][field].as_str().unwrap();
        assert!(date.starts_with("/Date(1772") && date.ends_with(")/"), "{field}: {date}");
    }
}

#[tokio::test]
async fn closed_rows_can_be_made_read_only() {
    let plant = Plant::holding(json!({"dataverse": {"phonecalls": [
        {"activityid": id(1), "subject": "Closed", "statecode": 1, "statuscode": 2},
    ]}}))
    .await;
    let update = async || {
        let path = format!("phonecalls({})", id(1));
        let request = plant.data(Method::PATCH, &path).await.json(&json!({"subject": "New"}));
        answer(request).await
    };
    assert_eq!(update().await.0, 204);
    plant.control("/modes", json!({"closed_rows_read_only": true})).await;
    let (status, error) = update().await;
    assert!(status.is_client_error(), "{status}");
    assert_eq!(error["error"]["code"], "0x8004022e");
    plant.sandbox.reset();
    assert_eq!(update().await.0.as_u16() / 100, 2, "an upsert after the reset");
}

#[tokio::test]
async fn unknown_modes_are_refused_with_the_known_ones() {
    let plant = Plant::start().await;
    let (status, error) = plant.control("/modes", json!({"strip": true})).await;
    assert_eq!(status, 400);
    assert!(error["error"].as_str().unwrap().contains("strip_plus"), "{error}");
}

#[tokio::test]
async fn modes_are_told_and_a_reset_takes_them_back() {
    let plant = Plant::start().await;
    let (_, modes) = plant.control("/modes", json!({"visibility_delay_secs": 10})).await;
    assert_eq!(modes["visibility_delay_secs"], 10);
    plant.control("/reset", json!({})).await;
    let (_, modes) = answer(plant.plain(Method::GET, "/control/modes")).await;
    assert_eq!(modes["visibility_delay_secs"], 0);
}
