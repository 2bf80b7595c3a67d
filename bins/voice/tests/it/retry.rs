use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sync_store::{CallDecision, CallDetails, CustomerNumber, Opaque, Outcome, Store};
use voice_model::{CallId, TenantName};

use crate::plant::{Plant, now};

fn tenant() -> TenantName {
    TenantName::new("contoso")
}

fn failed(call: &str, attempts: u32, next_attempt: Option<DateTime<Utc>>) -> CallDecision {
    let evidence = json!({"failure": "HTTP 400: the plug-in says no"});
    CallDecision {
        call: CallId::new(call).unwrap(),
        modified: Some(now() - TimeDelta::hours(20)),
        outcome: Outcome::Failed { attempts, next_attempt },
        reason: "Rejected".to_owned(),
        details: Some(CallDetails {
            number: Some(CustomerNumber::new("+358405550101")),
            legs: Opaque::new("[]"),
            evidence: Opaque::new(evidence.to_string()),
        }),
    }
}

/// A store in which two calls were given up, and one is still being tried.
async fn given_up() -> Plant {
    let plant = Plant::empty().await;
    let store = plant.store().await;
    let decisions = [
        failed("call-1", 8, None),
        failed("call-2", 8, None),
        failed("call-3", 3, Some(now() + TimeDelta::hours(1))),
    ];
    store.record(&tenant(), now() - TimeDelta::hours(1), &decisions).await.unwrap();
    store.close().await;
    plant
}

/// The calls that were given up, and those that the next pass tries.
async fn states(plant: &Plant) -> (Vec<String>, Vec<String>) {
    let store = plant.store().await;
    let names = |states: Vec<sync_store::CallState>| {
        states.into_iter().map(|state| state.call.to_string()).collect()
    };
    let dead = names(store.dead_letters(&tenant()).await.unwrap());
    let due = names(store.failed_due(&tenant(), now()).await.unwrap());
    store.close().await;
    (dead, due)
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_were_given_up_are_listed_with_their_messages() {
    let plant = given_up().await;
    let ran = plant.calls(&["retry", "--list"]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for part in ["call-1", "call-2", "Rejected", "the plug-in says no", "contoso"] {
        ran.shows(part);
    }
    assert!(!ran.stdout.contains("call-3"), "{}", ran.stdout);
    assert_eq!(states(&plant).await.1, Vec::<String>::new(), "a list changes nothing");
    plant
        .calls(&["explain", "call-1"])
        .await
        .shows("`voice calls retry call-1` has it tried again");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_them_are_tried_again_by_the_next_pass() {
    let plant = given_up().await;
    let ran = plant.calls(&["retry"]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.shows("2 calls are tried again by the next pass of call-sync.");
    let (dead, mut due) = states(&plant).await;
    due.sort();
    assert_eq!((dead, due), (vec![], vec!["call-1".to_owned(), "call-2".to_owned()]));

    let again = plant.calls(&["retry"]).await;
    assert_eq!(again.code, 0);
    again.shows("No call was given up.");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_them_is_tried_again_and_another_call_is_refused() {
    let plant = given_up().await;
    plant.calls(&["retry", "call-2"]).await.shows("1 call is tried again");
    assert_eq!(states(&plant).await, (vec!["call-1".to_owned()], vec!["call-2".to_owned()]));
    for other in ["call-3", "call-4"] {
        plant.calls(&["retry", other]).await.complains(1, "voice calls explain");
    }
}
