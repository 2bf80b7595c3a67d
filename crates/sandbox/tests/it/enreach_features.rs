//! What users do besides calling: availability, numbers and texts, recordings, transcripts,
//! directory, classification, and the token of the websocket.

use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::plant::{Plant, answer, body, call, id};

const ANNA: u32 = 50;

async fn plant() -> Plant {
    let mut recorded = call(1, 10);
    recorded["RecordingIds"] = json!([id(201)]);
    recorded["TranscriptIds"] = json!([id(301)]);
    Plant::holding(json!({"enreach": {
        "users": [{
            "Id": id(ANNA), "UserName": "anna@example.com", "Email": "anna@example.com",
            "FirstName": "Anna", "LastName": "Agent", "WorkNumber": "+358942450111",
            "MobileNumber": null, "Deleted": false,
        }],
        "queues": [{"Id": id(7), "Name": "Sales", "TypeId": 4, "Numbers": ["+358942450100"]}],
        "calls": [recorded],
        "callback_lists": [{"Id": id(9), "Name": "Sales callbacks"}],
        "callback_items": [{"Id": id(91), "CallbackListId": id(9), "Number": "+1"}],
    }}))
    .await
}

async fn send(plant: &Plant, method: Method, path: &str, body: Value) -> (u16, Value) {
    let (status, row) = answer(plant.enreach_as(method, path).json(&body)).await;
    (status.as_u16(), row)
}

#[tokio::test]
async fn availability_is_what_was_set_last_and_still_holds() {
    let plant = plant().await;
    let path = format!("/users/{}/availability", id(ANNA));
    let current = async || plant.asked(&format!("{path}/current")).await.1;
    assert_eq!(current().await["EventTypeID"], 1);
    let disturb = json!({"EventTypeID": 3, "EventSource": "test", "Note": "Please do not disturb",
                         "UserID": id(ANNA)});
    let (status, entry) = send(&plant, Method::POST, &path, disturb).await;
    assert_eq!((status, &entry["EndTime"]), (200, &json!("9999-12-31T23:59:59Z")));
    assert_eq!(current().await, entry);
    let busy = json!({"EventTypeID": 2, "EndTime": "2026-03-01T12:30:00Z"});
    let (_, short) = send(&plant, Method::POST, &path, busy).await;
    assert_eq!(current().await["EventTypeID"], 2);
    plant.clock.advance(Duration::minutes(30));
    assert_eq!(current().await["EventTypeID"], 3);
    let remove = |entry: &Value| {
        plant.enreach_as(Method::DELETE, &format!("{path}/{}", entry["Id"].as_str().unwrap()))
    };
    let (status, removed) = answer(remove(&entry)).await;
    assert_eq!((status.as_u16(), &removed), (200, &entry));
    assert_eq!(answer(remove(&entry)).await.0, 404);
    assert_eq!(answer(remove(&short)).await.0, 200);
    assert_eq!(current().await["EventTypeID"], 1);
}

#[tokio::test]
async fn availability_of_oneself_and_bad_entries() {
    let plant = plant().await;
    let (status, entry) =
        send(&plant, Method::POST, "/users/me/availability", json!({"EventTypeID": 4})).await;
    assert_eq!(status, 200);
    assert_eq!(plant.asked("/users/me/availability/current").await.1, entry);
    for bad in [
        json!({}),
        json!({"EventTypeID": 0}),
        json!({"EventTypeID": 5}),
        json!({"EventTypeID": 3, "UserID": id(ANNA)}),
        json!({"EventTypeID": 3, "EndTime": "2026-03-01T12:00:00Z"}),
    ] {
        let (status, error) = send(&plant, Method::POST, "/users/me/availability", bad).await;
        assert_eq!(status, 400, "{error}");
    }
    assert_eq!(plant.asked(&format!("/users/{}/availability/current", id(1))).await.0, 404);
}

#[tokio::test]
async fn the_next_call_may_show_numbers_of_the_user_and_of_queues() {
    let plant = plant().await;
    let path = format!("/users/{}/features/cli/activate/", id(ANNA));
    for (number, expected) in
        [("+358942450111", 200), ("358942450100", 200), ("+4612312345", 403), ("", 400)]
    {
        let (status, _) = send(&plant, Method::PUT, &path, json!({"Number": number})).await;
        assert_eq!(status, expected, "{number}");
    }
}

#[tokio::test]
async fn texts_are_accepted() {
    let plant = plant().await;
    let path = format!("/users/{}/communication/sms/", id(ANNA));
    let text = json!({"TargetNumber": "+358501231234", "SmsText": "Hello"});
    let (status, sent) = send(&plant, Method::POST, &path, text).await;
    assert_eq!((status, &sent["SmsText"]), (200, &json!("Hello")));
    for bad in [
        json!({"SmsText": "Hello"}),
        json!({"TargetNumber": "+358501231234"}),
        json!({"TargetNumber": "nobody", "SmsText": "Hello"}),
    ] {
        assert_eq!(send(&plant, Method::POST, &path, bad).await.0, 400);
    }
}

#[tokio::test]
async fn a_recording_is_sound_behind_a_link_that_needs_no_credentials() {
    let plant = plant().await;
    let (status, recording) = plant.asked(&format!("/calls/recordings/{}", id(201))).await;
    assert_eq!((status.as_u16(), &recording["Id"]), (200, &json!(id(201))));
    let link = format!("/enreach/{}", recording["URL"].as_str().unwrap());
    let sound = plant.plain(Method::GET, &link).send().await.unwrap();
    assert_eq!(
        (sound.status().as_u16(), &sound.headers()["content-type"]),
        (200, &"audio/mpeg".parse().unwrap())
    );
    let sound = sound.bytes().await.unwrap();
    assert!(sound.len() > 10_000 && sound.starts_with(&[0xFF, 0xFB]));
    let (bare, _) = link.split_once('?').unwrap();
    for spoilt in [bare.to_owned(), format!("{bare}?token=abc"), format!("{link}0")] {
        assert_eq!(answer(plant.plain(Method::GET, &spoilt)).await.0, 401, "{spoilt}");
    }
    plant.clock.advance(Duration::minutes(10));
    assert_eq!(answer(plant.plain(Method::GET, &link)).await.0, 401, "an old link");
    assert_eq!(plant.asked(&format!("/calls/recordings/{}", id(202))).await.0, 404);
    assert_eq!(plant.asked("/calls/recordings/x").await.0, 404);
}

#[tokio::test]
async fn a_transcript_is_pending_first_and_completed_later() {
    let plant = plant().await;
    let path = format!("/calls/transcripts/{}", id(301));
    let (_, first) = plant.asked(&path).await;
    assert_eq!(first, json!({"TranscriptId": id(301), "TranscriptStatus": "Pending"}));
    plant.clock.advance(Duration::seconds(20));
    let (_, then) = plant.asked(&path).await;
    assert_eq!(then["TranscriptStatus"], "Completed");
    assert!(!then["Text"].as_str().unwrap().is_empty());
    assert_eq!(plant.asked(&format!("/calls/transcripts/{}", id(302))).await.0, 404);
}

#[tokio::test]
async fn recordings_of_calls_that_are_not_visible_yet_do_not_exist() {
    let mut running = call(2, 10);
    running["Modified"] = "now+PT1M".into();
    running["RecordingIds"] = json!([id(202)]);
    let plant = Plant::holding(json!({"enreach": {"calls": [running]}})).await;
    let path = format!("/calls/recordings/{}", id(202));
    assert_eq!(plant.asked(&path).await.0, 404);
    plant.clock.advance(Duration::minutes(1));
    assert_eq!(plant.asked(&path).await.0, 200);
}

#[tokio::test]
async fn the_directory_holds_users_and_queues() {
    let plant = plant().await;
    let (_, directories) = plant.asked("/directory").await;
    assert_eq!(directories[0]["Name"], "Default");
    let path = format!("/directory/{}", directories[0]["ID"].as_str().unwrap());
    let names = async |query: &str| {
        let (status, found) = plant.asked(&format!("{path}{query}")).await;
        assert_eq!(status, 200, "{found}");
        let entries = found["Entries"].as_array().unwrap().iter();
        entries.map(|entry| entry["LastName"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("").await, ["Agent", "User", "Sales"]);
    assert_eq!(names("?EntryTypes=2&MaxCount=1000").await, ["Sales"]);
    assert_eq!(names("?MaxCount=1").await, ["Agent"]);
    assert_eq!(names("?Number=%2B358942450111").await, ["Agent"]);
    assert_eq!(names("?Number=358942450100").await, ["Sales"]);
    assert_eq!(plant.asked(&format!("/directory/{}", id(1))).await.0, 404);
    assert_eq!(plant.asked(&format!("{path}?MaxCount=many")).await.0, 400);
}

#[tokio::test]
async fn the_websocket_token_looks_like_one() {
    let plant = plant().await;
    let (status, answer) = plant.asked(&format!("/token/{}/rte/", id(ANNA))).await;
    assert_eq!(status, 200);
    assert_eq!(answer["Token"].as_str().unwrap().split('.').count(), 3);
    let endpoint = answer["WSSEndpoint"].as_str().unwrap();
    assert!(endpoint.ends_with("/enreach/rte") && !endpoint.contains("://"), "{endpoint}");
    assert_eq!(plant.asked(&format!("/token/{}/rte", id(1))).await.0, 404);
}

#[tokio::test]
async fn schemas_tell_groups_and_tags_and_who_uses_them() {
    let plant = plant().await;
    let (_, plain) = plant.asked("/classification/schemas").await;
    assert!(plain[0].get("Groups").is_none());
    let (_, schemas) = plant.asked("/classification/schemas?IncludeChildren=True").await;
    let schema = &schemas[0];
    assert_eq!(schema["Groups"][0]["MaxSelections"], 1);
    let id_of_schema = schema["Id"].as_str().unwrap();
    let (_, one) = plant.asked(&format!("/classification/schemas/{id_of_schema}")).await;
    assert_eq!(one["Groups"], schema["Groups"]);
    assert_eq!(plant.asked(&format!("/classification/schemas/{}", id(1))).await.0, 404);
    let recent = "/classification/schemas?ModifiedAfter=2026-01-01T00:00:00.000000Z";
    assert_eq!(plant.asked(recent).await.1, json!([]));
    let (_, queues) = plant.asked("/classification/queueschemas").await;
    assert_eq!((&queues[0]["QueueName"], &queues[0]["SchemaId"]), (&json!("Sales"), &schema["Id"]));
    let (_, lists) = plant.asked("/classification/calllistschemas").await;
    assert_eq!((&lists[0]["ListId"], &lists[0]["RequestTypeId"]), (&json!(id(9)), &Value::Null));
}

async fn schema_id(plant: &Plant) -> Value {
    plant.asked("/classification/schemas").await.1[0]["Id"].clone()
}

#[tokio::test]
async fn calls_and_items_are_classified_and_found_again() {
    let plant = plant().await;
    let schema = schema_id(&plant).await;
    let of_call = json!({"TagSchemaId": schema, "TagSelections": [{"TagId": 11}, {"TagId": 21}],
                         "ClassifiedType": "DirectCall", "Note": "asked for a price",
                         "CallId": id(1_001)});
    let (status, made) = send(&plant, Method::POST, "/classification/instance", of_call).await;
    assert_eq!(status, 200, "{made}");
    let expected = json!([
        {"TagId": 11, "TagName": "Sales", "TagGroupId": 1, "TagGroupName": "Topic"},
        {"TagId": 21, "TagName": "Call back", "TagGroupId": 2, "TagGroupName": "Follow-up"},
    ]);
    assert_eq!(made["TagSelections"], expected);
    let of_item = json!({"TagSchemaId": schema, "TagSelections": [{"TagId": 12}],
                         "ClassifiedType": "CallListItem", "CallListItemId": id(91)});
    let (_, other) = send(&plant, Method::POST, "/classification/instance", of_item).await;
    let find =
        async |query: String| plant.asked(&format!("/classification/instance/?{query}")).await.1;
    assert_eq!(find(format!("CallId={}", id(1_001))).await, json!([made]));
    assert_eq!(find(format!("CallbackListItemId={}", id(91))).await, json!([other]));
    assert_eq!(find(format!("CallId={}", id(1))).await, json!([]));
    assert_eq!(plant.asked("/classification/instance").await.0, 400);
    plant.sandbox.reset();
    assert_eq!(find(format!("CallId={}", id(1_001))).await, json!([]));
}

#[tokio::test]
async fn bad_classifications_are_refused() {
    let plant = plant().await;
    let good = json!({"TagSchemaId": schema_id(&plant).await, "TagSelections": [{"TagId": 11}],
                      "ClassifiedType": "DirectCall", "CallId": id(1)});
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    for (body, expected) in [
        (good.clone(), 200),
        (with("Note", "x".repeat(500).into()), 200),
        (with("Note", "x".repeat(501).into()), 400),
        (with("TagSchemaId", id(1).into()), 400),
        (with("TagSelections", json!([])), 400),
        (with("TagSelections", json!([{"TagId": 11}, {"TagId": 12}])), 400),
        (with("TagSelections", json!([{"TagId": 99}])), 400),
        (with("ClassifiedType", "Fax".into()), 400),
        (with("CallListItemId", id(91).into()), 400),
        (with("CallId", Value::Null), 400),
    ] {
        let (status, row) = send(&plant, Method::POST, "/classification/instance", body).await;
        assert_eq!(status, expected, "{row}");
    }
}

#[tokio::test]
async fn modes_change_these_rows_too() {
    let plant = plant().await;
    plant.control("/modes", json!({"null_optional": true, "unknown_fields": true})).await;
    let entry = json!({"EventTypeID": 3, "Note": "away"});
    let (_, entry) = send(&plant, Method::POST, "/users/me/availability", entry).await;
    assert_eq!(entry["Note"], Value::Null);
    assert!(entry.get("SandboxUnknownText").is_some());
    let old = plant.plain(Method::GET, "/enreach/users/me/availability/current");
    let old = old.basic_auth("api.user@contoso.example", Some("sandbox-secret")).send().await;
    let old = body(old.unwrap()).await;
    assert!(old["StartTime"].as_str().unwrap().starts_with("/Date("), "{old}");
}
