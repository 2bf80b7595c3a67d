use chrono::TimeDelta;
use serde_json::json;
use sync_store::{EventKey, EventSource, NewEvent, Opaque, PutOff, Store};
use voice_model::TenantName;

use crate::plant::{Plant, now};

fn tenant() -> TenantName {
    TenantName::new("contoso")
}

fn event(key: &str) -> NewEvent {
    let body = json!({
        "Id": key, "EventType": "CallbackCreated", "CallbackListId": "list-1",
        "CallbackListItemId": format!("item of {key}"), "Number": "+358405550101"
    });
    NewEvent {
        tenant: tenant(),
        key: EventKey::new(key),
        source: EventSource::Webhook,
        due_at: now(),
        number: None,
        body: Opaque::new(body.to_string()),
    }
}

/// An inbox in which one event waits and two were given up.
async fn given_up() -> Plant {
    let plant = Plant::empty().await;
    let store = plant.store().await;
    let (then, until) = (now() - TimeDelta::hours(1), now() + TimeDelta::hours(1));
    store.take_in(then, &[event("event-1"), event("event-2"), event("event-3")]).await.unwrap();
    store.claim_events(&tenant(), "somebody", now(), until, 10).await.unwrap();
    let put_off = |key: &str, due_at| PutOff {
        key: EventKey::new(key),
        due_at,
        attempts: 8,
        problem: Some("the plug-in says no".to_owned()),
    };
    let put_off =
        [put_off("event-1", None), put_off("event-2", None), put_off("event-3", Some(until))];
    store.put_off(&tenant(), "somebody", &put_off).await.unwrap();
    store.close().await;
    plant
}

/// The events that a worker would get now.
async fn due(plant: &Plant) -> Vec<String> {
    let store = plant.store().await;
    let until = now() + TimeDelta::seconds(1);
    let events = store.claim_events(&tenant(), "worker", now(), until, 10).await.unwrap();
    store.close().await;
    events.iter().map(|event| event.key.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_are_not_done_are_listed_without_numbers() {
    let plant = given_up().await;
    let ran = plant.voice(&["inbox", "list"]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for part in ["event-1", "item of event-2", "given up", "waits until", "the plug-in says no"] {
        ran.shows(part);
    }
    assert!(!ran.stdout.contains("5550101"), "{}", ran.stdout);
    let ran = plant.voice(&["inbox", "list", "--given-up", "--json"]).await.json();
    let events = ran["events"].as_array().unwrap();
    assert_eq!(events.len(), 2, "{ran}");
    assert_eq!((&events[0]["event"], &events[0]["attempts"]), (&json!("event-1"), &json!(8)));
    assert_eq!(events[0]["item"], "item of event-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_is_worked_on_again() {
    let plant = given_up().await;
    plant.voice(&["inbox", "replay", "event-2"]).await.shows("1 event is worked on again");
    assert_eq!(due(&plant).await, ["event-2"]);
    plant.voice(&["inbox", "replay"]).await.shows("1 event is worked on again");
    plant.voice(&["inbox", "replay"]).await.shows("No event was given up");
    plant.voice(&["inbox", "replay", "event-3"]).await.complains(1, "not among those");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_event_does_not_come_back() {
    let plant = given_up().await;
    plant.voice(&["inbox", "drop", "event-1"]).await.shows("out of the inbox");
    plant.voice(&["inbox", "drop", "event-1"]).await.complains(1, "is done already");
    plant.voice(&["inbox", "drop", "event-9"]).await.complains(1, "there is no event event-9");
    let store = plant.store().await;
    assert_eq!(store.take_in(now(), &[event("event-1")]).await.unwrap(), 0);
    store.close().await;
}
