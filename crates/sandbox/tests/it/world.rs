//! Loading worlds, and what a reset leaves.

use reqwest::Method;
use sandbox::identity;
use serde_json::{Value, json};

use crate::plant::{Plant, answer, call, id};

const ASKED: &str = "/calls?StartTime=2026-03-01+11:00:00&EndTime=2026-03-01+12:00:00";

#[tokio::test]
async fn rows_are_counted_by_system_and_collection() {
    let plant = Plant::start().await;
    let world = json!({
        "enreach": {"calls": [call(1, 10), call(2, 10)], "queues": []},
        "dataverse": {"contacts": [{"contactid": id(1), "lastname": "Virtanen"}]},
    });
    let (status, summary) = plant.control("/world", world).await;
    assert_eq!(status, 200, "{summary}");
    let expected = json!({"enreach": {"calls": 2, "queues": 0}, "dataverse": {"contacts": 1}});
    assert_eq!(summary, expected);
}

#[tokio::test]
async fn worlds_merge_and_the_same_key_replaces() {
    let plant = Plant::holding(json!({"enreach": {"calls": [call(1, 10), call(2, 10)]}})).await;
    let mut again = call(2, 10);
    again["ANum"] = "+1".into();
    plant.sandbox.load_world(&json!({"enreach": {"calls": [again, call(3, 10)]}})).unwrap();
    let (_, rows) = plant.asked(ASKED).await;
    let numbers: Vec<_> = rows.as_array().unwrap().iter().map(|row| &row["ANum"]).collect();
    assert_eq!(numbers, ["+358501231234", "+1", "+358501231234"]);
}

#[tokio::test]
async fn dates_are_resolved_once_at_load() {
    let plant = Plant::holding(json!({"enreach": {"calls": [call(1, 10)]}})).await;
    plant.clock.advance(chrono::Duration::minutes(30));
    assert_eq!(plant.asked(ASKED).await.1[0]["StartTime"], "2026-03-01T11:50:00Z");
}

#[tokio::test]
async fn dates_of_dataverse_rows_are_resolved_too() {
    let row = json!({"contactid": id(1), "lastname": "V", "createdon": "now-P1D"});
    let plant = Plant::holding(json!({"dataverse": {"contacts": [row]}})).await;
    let path = format!("contacts({})?$select=createdon", id(1));
    let (_, row) = answer(plant.data(Method::GET, &path).await).await;
    assert_eq!(row["createdon"], "2026-02-28T12:00:00Z");
}

#[tokio::test]
async fn a_bad_world_is_refused_as_a_whole_with_the_place_of_the_fault() {
    let plant = Plant::start().await;
    let refused = async |world: Value, expected: &[&str]| {
        let (status, error) = plant.control("/world", world).await;
        assert_eq!(status, 400);
        let error = error["error"].as_str().unwrap().to_owned();
        assert!(expected.iter().all(|part| error.contains(part)), "{error}");
    };
    refused(json!({"enreech": {}}), &["enreech", "enreach, dataverse"]).await;
    refused(json!({"enreach": {"phonecalls": []}}), &["enreach.phonecalls", "servicecalls"]).await;
    let calls = json!([call(1, 10), {"Id": id(2), "StartTime": "now-P1M"}]);
    refused(json!({"enreach": {"calls": calls}}), &["enreach.calls[1].StartTime", "now-P1M"]).await;
    let calls = json!([call(1, 10), {"StartTime": "now"}]);
    refused(json!({"enreach": {"calls": calls}}), &["enreach.calls[1]", "Id"]).await;
    let world = json!({
        "enreach": {"calls": [call(1, 10)]},
        "dataverse": {"contacts": [
            {"contactid": id(2), "lastname": "Virtanen"},
            {"contactid": id(1), "lastnam": "V"},
        ]},
    });
    refused(world, &["dataverse.contacts[1", "lastnam"]).await;
    refused(json!({"dataverse": {"contact": [{}]}}), &["dataverse.contact"]).await;
    assert_eq!(plant.rows(ASKED).await, [0; 0]);
    let contact = plant.data(Method::GET, &format!("contacts({})", id(2))).await;
    assert_eq!(answer(contact).await.0, 404);
}

#[tokio::test]
async fn a_reset_clears_the_world_and_keeps_identity_and_tokens() {
    let plant = Plant::holding(json!({
        "enreach": {"users": [{"Id": id(1), "UserName": "a"}], "calls": [call(1, 10)]},
        "dataverse": {"contacts": [{"contactid": id(1), "lastname": "V"}]},
    }))
    .await;
    plant.sandbox.add_faults(&json!([{"kind": "reset", "count": 9}])).unwrap();
    let who_am_i = plant.plain(Method::GET, "/api/data/v9.2/WhoAmI");
    plant.sandbox.clear_faults();
    let who_am_i = who_am_i.bearer_auth(plant.token().await);
    plant.sandbox.add_faults(&json!([{"kind": "reset", "count": 9}])).unwrap();
    let (status, _) = plant.control("/reset", json!({})).await;
    assert_eq!(status, 200);
    assert_eq!(plant.rows(ASKED).await, [0; 0]);
    let (_, users) = plant.asked("/users").await;
    assert_eq!(users.as_array().unwrap().len(), 1);
    assert_eq!(users[0]["Id"], identity::ENREACH_USER_ID.to_string());
    let (status, who) = answer(who_am_i).await;
    assert_eq!(status, 200);
    assert_eq!(who["UserId"], identity::APPLICATION_USER_ID.to_string());
    let contact = plant.data(Method::GET, &format!("contacts({})", id(1))).await;
    assert_eq!(answer(contact).await.0, 404);
}
