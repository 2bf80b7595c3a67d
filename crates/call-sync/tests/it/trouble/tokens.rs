//! Access tokens come to an end.

use call_sync::Freshness;
use chrono::Duration;
use serde_json::json;
use test_support::{Call, Customer, Expected, TestPlant, World, assert_invariants};

use super::{add_calls, assert_good, busy_plant};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_in_the_middle_of_a_pass_is_renewed() {
    let plant = TestPlant::in_real_time().await;
    let calls = add_calls(&plant, 1..=5);
    plant.sandbox.set_modes(&json!({"token_lifetime_secs": 2})).unwrap();
    // The customers trickle in, and the first token does not live to see the last of them.
    plant.fault(json!({"system": "dataverse", "path_contains": "/contacts", "kind": "slow",
                       "delay_ms": 2_500}));
    let report = plant.call_sync().await.pass(Freshness::Fresh).await;
    assert_good(&report);
    assert!(plant.requests_since(0, "entra").len() > 1);
    assert_invariants(&plant, &Expected::logged(calls)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_only_the_server_takes_for_expired_is_renewed() {
    let (plant, calls) = busy_plant(3).await;
    let call_sync = plant.call_sync().await;
    call_sync.pass(Freshness::Fresh).await;
    // An hour and a half later; the clock of this machine has lost all of it.
    plant.pass_time(Duration::minutes(90));
    plant.jump(-Duration::minutes(90));
    let again = Call::incoming(4, plant.now() - Duration::seconds(80), &Customer::contact(1));
    plant.load(World::new().call(&again));
    let mark = plant.mark();
    assert_good(&call_sync.pass(Freshness::Fresh).await);
    let refused = plant.requests_since(mark, "dataverse").into_iter();
    assert_eq!(refused.filter(|request| request.status == Some(401)).count(), 1);
    assert_invariants(&plant, &Expected::logged(calls.into_iter().chain([again]))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entra_that_does_not_answer_ends_the_pass_and_loses_nothing() {
    let (plant, calls) = busy_plant(3).await;
    plant.fault(json!({"system": "entra", "kind": "status", "status": 503, "count": 100}));
    let call_sync = plant.call_sync().await;
    let report = call_sync.pass(Freshness::Fresh).await;
    assert!(super::class_of_stop(&report).is_passing());
    plant.calm();
    assert_good(&call_sync.pass(Freshness::Fresh).await);
    assert_invariants(&plant, &Expected::logged(calls)).await;
}
