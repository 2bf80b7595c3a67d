//! A call that cannot be written, however often it is tried.

use call_sync::{CallSync, Freshness};
use chrono::Duration;
use serde_json::{Value, json};
use sync_store::{Outcome, Store};
use test_support::{Agent, Call, Expected, Fate, TestPlant, assert_invariants};

use super::{add_calls, assert_good, busy_plant, count};

/// The pause before each attempt (decision 9).
const PAUSES_SECS: [i64; 8] = [0, 0, 30, 120, 600, 1_800, 7_200, 28_800];

fn refusal() -> Value {
    json!({"system": "dataverse", "method": "POST", "path_contains": "phonecalls", "inner": true,
           "kind": "status", "status": 400, "code": "0x80040265", "count": 1_000})
}

/// Whether a pass tries to write.
async fn tries(plant: &TestPlant, call_sync: &CallSync) -> bool {
    let mark = plant.mark();
    assert_good(&call_sync.pass(Freshness::Cached).await);
    let asked = plant.requests_since(mark, "dataverse");
    asked.iter().any(|request| request.path.ends_with("$batch"))
}

async fn attempts(plant: &TestPlant, call: &Call) -> (u32, bool) {
    let known = plant.store().await.calls(&plant.tenant(), &[call.id()]).await.unwrap();
    match known[&call.id()].outcome {
        Outcome::Failed { attempts, next_attempt } => (attempts, next_attempt.is_none()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_tried_eight_times_with_longer_and_longer_pauses_and_then_on_request() {
    let (plant, calls) = busy_plant(1).await;
    let call = &calls[0];
    plant.fault(refusal());
    let call_sync = plant.call_sync().await;
    for (number, pause) in (1..).zip(PAUSES_SECS) {
        if pause > 0 {
            plant.pass_time(Duration::seconds(pause - 1));
            assert!(!tries(&plant, &call_sync).await, "attempt {number} came too early");
            plant.pass_time(Duration::seconds(1));
        }
        assert!(tries(&plant, &call_sync).await, "attempt {number} did not come");
        assert_eq!(attempts(&plant, call).await, (number, number == 8));
    }
    plant.pass_time(Duration::hours(12));
    assert!(!tries(&plant, &call_sync).await, "a dead letter is not tried by itself");
    assert_good(&call_sync.retro().await);
    assert_eq!(attempts(&plant, call).await, (8, true));
    let (store, tenant) = (plant.store().await, plant.tenant());
    assert_eq!(store.dead_letters(&tenant).await.unwrap().len(), 1);
    assert_invariants(&plant, &Expected::nothing().and(call, Fate::Failed)).await;

    assert_eq!(store.retry_dead_letters(&tenant, plant.now()).await.unwrap(), 1);
    assert!(tries(&plant, &call_sync).await);
    assert_invariants(&plant, &Expected::logged(calls)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_keeps_its_attempts_over_restarts_and_gets_all_of_them_anew_when_it_changes() {
    let (plant, calls) = busy_plant(1).await;
    plant.fault(refusal());
    for number in 1..=3 {
        plant.pass_time(Duration::seconds(31));
        assert!(tries(&plant, &plant.call_sync().await).await);
        assert_eq!(attempts(&plant, &calls[0]).await.0, number);
    }
    let changed = calls[0].clone().by(Agent::Bo).modified(plant.ago_secs(1));
    plant.load(test_support::World::new().call(&changed));
    assert!(tries(&plant, &plant.call_sync().await).await, "it need not wait");
    assert_eq!(attempts(&plant, &calls[0]).await.0, 1);
    plant.calm();
    let report = plant.call_sync().await.pass(Freshness::Cached).await;
    assert_eq!(count(&report, "Logged"), 1);
    assert_invariants(&plant, &Expected::logged([changed])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_a_day_makes_no_dead_letters() {
    let (plant, mut calls) = busy_plant(3).await;
    let call_sync = plant.call_sync().await;
    assert_good(&call_sync.pass(Freshness::Cached).await);
    calls.extend(add_calls(&plant, 4..=6));
    plant.fault(json!({"system": "dataverse", "path_contains": "$batch", "kind": "status",
                       "status": 403, "count": 1_000}));
    plant.pass_time(Duration::minutes(6));
    for _ in 0..24 {
        assert!(call_sync.pass(Freshness::Cached).await.error.is_some());
        plant.pass_time(Duration::hours(1));
    }
    assert!(plant.store().await.dead_letters(&plant.tenant()).await.unwrap().is_empty());
    plant.calm();
    assert_good(&call_sync.pass(Freshness::Cached).await);
    assert_invariants(&plant, &Expected::logged(calls)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_very_first_pass_saw_and_could_not_write_is_logged_by_the_first_good_one() {
    let (plant, calls) = busy_plant(3).await;
    plant.fault(json!({"system": "dataverse", "path_contains": "$batch", "kind": "status",
                       "status": 403, "count": 1_000}));
    let call_sync = plant.call_sync().await;
    assert!(call_sync.pass(Freshness::Cached).await.error.is_some());
    plant.calm();
    plant.pass_time(Duration::minutes(20));
    assert_good(&call_sync.pass(Freshness::Cached).await);
    assert_invariants(&plant, &Expected::logged(calls)).await;
}
