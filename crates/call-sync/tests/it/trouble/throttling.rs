//! Dynamics says "not now": service protection limits and an overloaded server.

use std::time::{Duration, Instant};

use call_sync::{Freshness, PassReport};
use serde_json::{Value, json};
use sync_store::Store;
use test_support::{Call, Expected, TestPlant, assert_invariants};
use voice_model::ErrorClass;

use super::{
    add_calls, assert_good, assert_not_moved, assert_nothing_kept, busy_plant, class_of_stop, count,
};

/// Requests, execution time, concurrency (Dataverse reference, section 7.1).
const LIMITS: [&str; 3] = ["0x80072322", "0x80072321", "0x80072326"];

fn refusal_of_batches(status: u16, code: Option<&str>, retry_after: Option<u32>) -> Value {
    let mut fault = json!({
        "system": "dataverse", "path_contains": "$batch", "kind": "status", "status": status
    });
    if let Some(code) = code {
        fault["code"] = code.into();
    }
    if let Some(seconds) = retry_after {
        fault["retry_after"] = seconds.into();
    }
    fault
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_wait_is_kept_whichever_limit_asks_for_it() {
    for code in LIMITS {
        let plant = TestPlant::in_real_time().await;
        let calls = add_calls(&plant, 1..=5);
        plant.fault(refusal_of_batches(429, Some(code), Some(1)));
        let report = plant.call_sync().await.pass(Freshness::Fresh).await;
        assert_good(&report);
        assert_eq!(count(&report, "Logged"), 5, "{code}");
        let requests = plant.requests_since(0, "dataverse");
        let refused = requests.iter().position(|request| request.status == Some(429)).unwrap();
        let waited = requests[refused + 1].time - requests[refused].time;
        assert!(waited >= chrono::Duration::seconds(1), "{code}: sent again after {waited}");
        assert_invariants(&plant, &Expected::logged(calls)).await;
    }
}

/// A pass that a long wait ends leaves nothing behind; another process does the work.
async fn assert_ended_and_made_up(plant: &TestPlant, calls: Vec<Call>, fault: Value) {
    plant.fault(fault);
    let call_sync = plant.call_sync().await;
    let started = Instant::now();
    let report = call_sync.pass(Freshness::Fresh).await;
    assert!(started.elapsed() < Duration::from_secs(20), "a pass does not sit out an hour");
    let hour = Some(Duration::from_secs(3_600));
    assert_eq!(class_of_stop(&report), ErrorClass::Throttled { retry_after: hour });
    assert_eq!(count(&report, "Failed"), calls.len(), "every call has a decision");
    let last = plant.requests_since(0, "dataverse").pop().unwrap();
    assert!([Some(429), Some(503)].contains(&last.status), "nothing follows the refusal: {last:?}");
    assert_nothing_kept(plant, &calls).await;

    let mark = plant.mark();
    let report = call_sync.pass(Freshness::Fresh).await;
    assert!(matches!(class_of_stop(&report), ErrorClass::Throttled { .. }));
    assert!(plant.requests_since(mark, "dataverse").is_empty(), "nothing is sent during the wait");
    assert_nothing_kept(plant, &calls).await;

    let report = plant.call_sync().await.pass(Freshness::Fresh).await;
    assert_good(&report);
    assert_invariants(plant, &Expected::logged(calls)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_beyond_the_ceiling_ends_the_pass_and_the_next_process_does_the_work() {
    for code in LIMITS {
        let (plant, calls) = busy_plant(5).await;
        let fault = refusal_of_batches(429, Some(code), Some(3_600));
        assert_ended_and_made_up(&plant, calls, fault).await;
    }
    let (plant, calls) = busy_plant(5).await;
    assert_ended_and_made_up(&plant, calls, refusal_of_batches(503, None, Some(3_600))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_asked_for_by_the_first_question_ends_the_pass_as_well() {
    let (plant, calls) = busy_plant(3).await;
    plant.fault(json!({"system": "dataverse", "path_contains": "ev_settings", "kind": "status",
                       "status": 429, "retry_after": 3_600, "code": LIMITS[0]}));
    let report: PassReport = plant.call_sync().await.pass(Freshness::Fresh).await;
    assert!(matches!(class_of_stop(&report), ErrorClass::Throttled { .. }));
    assert_eq!(plant.requests_since(0, "dataverse").len(), 1);
    assert!(plant.requests_since(0, "enreach").is_empty(), "Enreach is not asked in vain");
    plant.call_sync().await.pass(Freshness::Fresh).await;
    assert_invariants(&plant, &Expected::logged(calls)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_part_of_a_batch_stops_the_pass_and_is_no_attempt_of_its_call() {
    let (plant, calls) = busy_plant(5).await;
    plant.fault(json!({
        "system": "dataverse", "method": "POST", "path_contains": "phonecalls", "inner": true,
        "kind": "status", "status": 429, "code": LIMITS[1], "retry_after": 3_600, "skip": 1
    }));
    let report = plant.call_sync().await.pass(Freshness::Fresh).await;
    assert!(matches!(class_of_stop(&report), ErrorClass::Throttled { .. }));
    assert_eq!((count(&report, "Logged"), count(&report, "Failed")), (4, 1));
    let store = plant.store().await;
    assert_not_moved(&plant, &calls).await;
    assert!(store.failed_due(&plant.tenant(), plant.now()).await.unwrap().is_empty());
    let report = plant.call_sync().await.pass(Freshness::Fresh).await;
    assert_eq!((count(&report, "Logged"), count(&report, "AlreadyLogged")), (1, 4));
    assert_invariants(&plant, &Expected::logged(calls)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_server_is_asked_again_and_a_busier_one_by_the_next_pass() {
    for retry_after in [None, Some(1)] {
        let (plant, calls) = busy_plant(5).await;
        let call_sync = plant.call_sync().await;
        plant.fault(refusal_of_batches(503, None, retry_after));
        let report = call_sync.pass(Freshness::Fresh).await;
        assert_good(&report);
        assert_invariants(&plant, &Expected::logged(calls)).await;
    }
    let (plant, calls) = busy_plant(5).await;
    let call_sync = plant.call_sync().await;
    let mut fault = refusal_of_batches(503, None, None);
    fault["count"] = 100.into();
    plant.fault(fault);
    let report = call_sync.pass(Freshness::Fresh).await;
    assert_eq!(class_of_stop(&report), ErrorClass::Transient);
    assert_nothing_kept(&plant, &calls).await;
    plant.calm();
    assert_good(&call_sync.pass(Freshness::Fresh).await);
    assert_invariants(&plant, &Expected::logged(calls)).await;
}
