//! Callback items: created, changed, closed, expired.

use chrono::Duration;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::plant::{Plant, answer, id};

const LIST: u32 = 9;
const AGENT: u32 = 50;

fn item(number: u32, state: &str) -> Value {
    json!({"Id": id(number), "CallbackListId": id(LIST), "CallbackListName": "Sales callbacks",
           "Number": "+358409998877", "State": state, "Created": "now-PT1H"})
}

async fn plant_of(items: Value) -> Plant {
    Plant::holding(json!({"enreach": {
        "users": [{"Id": id(AGENT), "UserName": "anna.agent@example.com"}],
        "queues": [{"Id": id(7), "Name": "Customer Service", "TypeId": 4}],
        "callback_lists": [{
            "Id": id(LIST), "Name": "Sales callbacks", "QueueId": id(7),
            "RequestTypes": [{"Id": 50, "Name": "Missed call"}],
        }],
        "callback_items": items,
    }}))
    .await
}

fn sent(plant: &Plant, method: Method, path: &str, body: Value) -> RequestBuilder {
    plant.enreach_as(method, path).json(&body)
}

async fn put(plant: &Plant, number: u32, body: Value) -> (u16, Value) {
    let path = format!("/callbacks/items/{}", id(number));
    let (status, row) = answer(sent(plant, Method::PUT, &path, body)).await;
    (status.as_u16(), row)
}

async fn post(plant: &Plant, body: Value) -> (u16, Value) {
    let path = format!("/callbacks/lists/{}/items", id(LIST));
    let (status, row) = answer(sent(plant, Method::POST, &path, body)).await;
    (status.as_u16(), row)
}

#[tokio::test]
async fn closing_stamps_the_item_and_moves_its_modified() {
    let plant = plant_of(json!([item(1, "Open")])).await;
    plant.clock.advance(Duration::minutes(5));
    let close = json!({"State": "Closed", "Result": "Success", "Note": "Moved to CRM"});
    let (status, row) = put(&plant, 1, close).await;
    assert_eq!(status, 200, "{row}");
    for (field, expected) in [
        ("State", "Closed"),
        ("Result", "Success"),
        ("Note", "Moved to CRM"),
        ("ClosedTime", "2026-03-01T12:05:00Z"),
        ("Modified", "2026-03-01T12:05:00Z"),
        ("Number", "+358409998877"),
    ] {
        assert_eq!(row[field], expected, "{field}");
    }
    let items = format!("/callbacks/lists/{}/items", id(LIST));
    assert_eq!(plant.rows(&format!("{items}?States=Open")).await, [0; 0]);
    assert_eq!(plant.rows(&format!("{items}?ModifiedAfter=2026-03-01+12:05:00")).await, [1]);
    let (_, again) = plant.asked(&format!("/callbacks/items/{}", id(1))).await;
    assert_eq!(again, row);
}

#[tokio::test]
async fn closing_a_closed_item_changes_nothing() {
    let plant = plant_of(json!([item(1, "Open")])).await;
    let (_, first) = put(&plant, 1, json!({"State": "Closed", "Result": "Success"})).await;
    plant.clock.advance(Duration::minutes(5));
    let (status, second) = put(&plant, 1, json!({"State": "Closed", "Result": "Busy"})).await;
    assert_eq!((status, second), (200, first));
}

#[tokio::test]
async fn a_closed_or_expired_item_is_not_opened_again() {
    let mut over = item(2, "Open");
    over["ExpirationTime"] = "now-PT1M".into();
    let plant = plant_of(json!([item(1, "Closed"), over])).await;
    for (number, state) in [(1, "Open"), (1, "Reserved"), (2, "Open"), (2, "Closed")] {
        let (status, error) = put(&plant, number, json!({"State": state})).await;
        assert_eq!((status, &error["ErrorCode"]), (409, &json!(409)), "{number} to {state}");
    }
}

#[tokio::test]
async fn what_another_user_has_reserved_is_closed_by_force_only() {
    let mut reserved = item(1, "Reserved");
    reserved["AssignedUserId"] = id(AGENT).into();
    let plant = plant_of(json!([reserved])).await;
    assert_eq!(put(&plant, 1, json!({"State": "Closed"})).await.0, 409);
    let (status, row) = put(&plant, 1, json!({"State": "Closed", "Force": true})).await;
    assert_eq!((status, &row["State"]), (200, &json!("Closed")));
    assert_eq!(row["AssignedUserId"], id(AGENT));
}

#[tokio::test]
async fn reserving_takes_an_item_and_opening_gives_it_back() {
    let plant = plant_of(json!([item(1, "Open")])).await;
    let me = plant.asked("/users/me").await.1["Id"].clone();
    let (_, row) = put(&plant, 1, json!({"State": "Reserved"})).await;
    assert_eq!((&row["State"], &row["AssignedUserId"]), (&json!("Reserved"), &me));
    assert_eq!(row["AssignedUserName"], "api.user@contoso.example");
    let (status, row) = put(&plant, 1, json!({"State": "Open"})).await;
    assert_eq!((status, &row["AssignedUserId"]), (200, &Value::Null));
    assert_eq!(put(&plant, 1, json!({"State": "Closed"})).await.0, 200);
}

#[tokio::test]
async fn items_expire_with_their_time() {
    let mut short = item(1, "Open");
    short["ExpirationTime"] = "now+PT10M".into();
    let plant = plant_of(json!([short])).await;
    let list = format!("/callbacks/lists/{}", id(LIST));
    assert_eq!(plant.asked(&list).await.1["OpenItemCount"], 1);
    plant.clock.advance(Duration::minutes(10));
    let (_, row) = plant.asked(&format!("/callbacks/items/{}", id(1))).await;
    assert_eq!((&row["State"], &row["Modified"]), (&json!("Expired"), &row["ExpirationTime"]));
    assert_eq!(plant.rows(&format!("{list}/items?States=Expired")).await, [1]);
    assert_eq!(plant.rows(&format!("{list}/items?States=Open")).await, [0; 0]);
    let modified = format!("{list}/items?ModifiedAfter=2026-03-01+12:10:00");
    assert_eq!(plant.rows(&modified).await, [1]);
    assert_eq!(plant.asked(&list).await.1["OpenItemCount"], 0);
}

#[tokio::test]
async fn other_fields_change_alone_and_whole_items_may_be_sent_back() {
    let plant = plant_of(json!([item(1, "Open")])).await;
    plant.clock.advance(Duration::minutes(1));
    let changes = json!({"Note": "rang twice", "DueTime": "2026-03-02T09:00:00Z"});
    let (status, row) = put(&plant, 1, changes).await;
    assert_eq!((status, &row["State"]), (200, &json!("Open")));
    assert_eq!(
        (&row["Note"], &row["DueTime"]),
        (&json!("rang twice"), &json!("2026-03-02T09:00:00Z"))
    );
    assert_eq!(row["Modified"], "2026-03-01T12:01:00Z");
    let mut whole = row;
    whole["State"] = "Closed".into();
    whole["Number"] = "+1".into();
    let (status, row) = put(&plant, 1, whole).await;
    assert_eq!(
        (status, &row["State"], &row["Number"]),
        (200, &json!("Closed"), &json!("+358409998877"))
    );
}

#[tokio::test]
async fn bad_updates_are_refused_with_what_is_allowed() {
    let plant = plant_of(json!([item(1, "Open")])).await;
    for (body, hint) in [
        (json!({"State": "Done"}), "Open, Reserved, Closed"),
        (json!({"State": "Expired"}), "set by the clock"),
        (json!({"State": 3}), "expected text"),
        (json!({"Stat": "Closed"}), "Stat is unknown"),
        (json!({"Result": "Great"}), "NoAnswer"),
        (json!({"AssignedUserId": id(4)}), "id of a user"),
        (json!({"DueTime": "tomorrow"}), "expected an instant"),
        (json!([]), "JSON object"),
    ] {
        let (status, error) = put(&plant, 1, body).await;
        assert_eq!(status, 400);
        assert!(error["Message"].as_str().unwrap().contains(hint), "{error}");
    }
    assert_eq!(put(&plant, 2, json!({"State": "Closed"})).await.0, 404);
    let (_, row) = plant.asked(&format!("/callbacks/items/{}", id(1))).await;
    assert_eq!((&row["State"], &row["Modified"]), (&json!("Open"), &row["Created"]));
}

#[tokio::test]
async fn items_are_created_by_hand() {
    let plant = plant_of(json!([])).await;
    let (status, row) =
        post(&plant, json!({"Number": "+358501231234", "RequestTypeId": 50, "Name": "Ann"})).await;
    assert_eq!(status, 200, "{row}");
    for (field, expected) in [
        ("CallbackListId", json!(id(LIST))),
        ("CallbackListName", json!("Sales callbacks")),
        ("Number", json!("+358501231234")),
        ("Source", json!("Manual")),
        ("State", json!("Open")),
        ("QueueName", json!("Customer Service")),
        ("Created", json!("2026-03-01T12:00:00Z")),
        ("RequestTypeId", json!(50)),
    ] {
        assert_eq!(row[field], expected, "{field}");
    }
    let (_, items) = plant.asked(&format!("/callbacks/lists/{}/items", id(LIST))).await;
    assert_eq!(items, json!([row]));
    let (_, other) = post(&plant, json!({"Number": "+358501231234"})).await;
    assert_ne!(other["Id"], row["Id"]);
}

#[tokio::test]
async fn bad_creations_are_refused() {
    let plant = plant_of(json!([])).await;
    for body in [json!({}), json!({"Number": " "}), json!({"Number": 5})] {
        assert_eq!(post(&plant, body).await.0, 400);
    }
    let unknown_kind = json!({"Number": "+1", "RequestTypeId": 51});
    assert_eq!(post(&plant, unknown_kind).await.0, 400);
    let path = format!("/callbacks/lists/{}/items", id(1));
    let elsewhere = sent(&plant, Method::POST, &path, json!({"Number": "+1"}));
    assert_eq!(answer(elsewhere).await.0, 404);
    let items = format!("/callbacks/lists/{}/items", id(LIST));
    assert_eq!(plant.rows(&items).await, [0; 0]);
    let deleted = json!({"Id": id(LIST), "Name": "Sales callbacks", "Deleted": true});
    plant.sandbox.load_world(&json!({"enreach": {"callback_lists": [deleted]}})).unwrap();
    assert_eq!(post(&plant, json!({"Number": "+1"})).await.0, 409);
}

#[tokio::test]
async fn a_world_with_an_unknown_state_is_refused() {
    let plant = Plant::start().await;
    let world = json!({"enreach": {"callback_items": [item(1, "Waiting")]}});
    let error = plant.sandbox.load_world(&world).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("State is \"Waiting\"; expected Open"), "{source}");
}

#[tokio::test]
async fn modes_change_items_as_they_change_calls() {
    let plant = plant_of(json!([item(1, "Open")])).await;
    let modes = json!({"strip_plus": true, "omit_optional": true, "unknown_fields": true});
    plant.control("/modes", modes).await;
    let (_, row) = plant.asked(&format!("/callbacks/items/{}", id(1))).await;
    assert_eq!(row["Number"], "358409998877");
    assert!(row.get("CallbackListName").is_none() && row.get("SandboxUnknownText").is_some());
}

async fn state(plant: &Plant, number: u32) -> Value {
    plant.asked(&format!("/callbacks/items/{}", id(number))).await.1["State"].clone()
}

#[tokio::test]
async fn closing_goes_wrong_as_it_is_told_to() {
    let close = || json!({"State": "Closed", "Result": "Success"});
    for (fault, answered, state_after) in [
        (json!({"kind": "status", "status": 409}), Some(409), "Open"),
        (json!({"kind": "status", "status": 500}), Some(500), "Open"),
        (json!({"kind": "reset"}), None, "Open"),
        (json!({"kind": "drop_after_commit"}), None, "Closed"),
    ] {
        let plant = plant_of(json!([item(1, "Open"), item(2, "Open")])).await;
        let mut rule = json!({"system": "enreach", "method": "PUT",
                              "path_contains": format!("/callbacks/items/{}", id(1))});
        rule.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
        plant.sandbox.add_faults(&rule).unwrap();
        assert_eq!(put(&plant, 2, close()).await.0, 200, "the other item is not struck");
        let path = format!("/callbacks/items/{}", id(1));
        let answer = sent(&plant, Method::PUT, &path, close()).send().await;
        let status = answer.ok().map(|answer| answer.status().as_u16());
        assert_eq!(status, answered, "{rule}");
        assert_eq!(state(&plant, 1).await, state_after, "{rule}");
        assert_eq!(put(&plant, 1, close()).await.0, 200, "once only");
        assert_eq!(state(&plant, 1).await, "Closed");
    }
}

#[tokio::test]
async fn a_deleted_list_says_so_and_one_that_is_gone_is_not_there() {
    let plant = plant_of(json!([item(1, "Open")])).await;
    let list = |number: u32| format!("/callbacks/lists/{}", id(number));
    let deleted = json!({"enreach": {"callback_lists": [
        {"Id": id(LIST), "Name": "Sales callbacks", "Deleted": true}
    ]}});
    plant.sandbox.load_world(&deleted).unwrap();
    assert_eq!(plant.asked("/callbacks/lists").await.1[0]["Deleted"], true);
    assert_eq!(plant.asked(&list(LIST)).await.1["Deleted"], true);
    assert_eq!(plant.rows(&format!("{}/items", list(LIST))).await, [1]);
    assert_eq!(post(&plant, json!({"Number": "+1"})).await.0, 409);

    let (status, error) = plant.asked(&format!("{}/items", list(8))).await;
    assert_eq!((status.as_u16(), &error["ErrorCode"]), (404, &json!(404)));
    let gone = json!({"system": "enreach", "path_contains": list(LIST), "kind": "status",
                      "status": 404, "count": 100});
    plant.sandbox.add_faults(&gone).unwrap();
    for path in [list(LIST), format!("{}/items", list(LIST))] {
        let (status, error) = plant.asked(&path).await;
        assert_eq!((status.as_u16(), &error["ErrorCode"]), (404, &json!(404)), "{path}");
    }
}
