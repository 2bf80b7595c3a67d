//! Enreach Cloud answers half of what it is asked.

use call_sync::Freshness;
use chrono::Duration;
use serde_json::json;
use sync_store::{JobName, Store};
use test_support::{Expected, assert_invariants};
use voice_model::ErrorClass;

use super::{add_calls, assert_good, busy_plant, class_of_stop};

#[tokio::test(flavor = "multi_thread")]
async fn a_window_of_which_one_list_times_out_is_read_again_whole() {
    let (plant, calls) = busy_plant(3).await;
    let call_sync = plant.call_sync().await;
    assert_good(&call_sync.pass(Freshness::Cached).await);
    let (store, tenant) = (plant.store().await, plant.tenant());
    let cursor = store.cursor(&tenant, &JobName::CALL_SYNC).await.unwrap();
    assert_eq!(cursor, Some(plant.now()));

    plant.pass_time(Duration::minutes(10));
    let later = add_calls(&plant, 4..=6);
    for fault in [
        json!({"system": "enreach", "path_contains": "/servicecall", "kind": "timeout",
               "delay_ms": 50, "count": 100}),
        json!({"system": "enreach", "path_contains": "/servicecall", "kind": "truncate",
               "count": 100}),
        json!({"system": "enreach", "path_contains": "/calls", "kind": "status", "status": 500,
               "count": 100}),
    ] {
        plant.fault(fault);
        let mark = plant.mark();
        let report = call_sync.pass(Freshness::Cached).await;
        assert_eq!(class_of_stop(&report), ErrorClass::Transient);
        assert!(report.decisions.is_empty(), "half a window decides nothing");
        assert!(plant.requests_since(mark, "dataverse").len() <= 1, "settings at most");
        assert_eq!(store.cursor(&tenant, &JobName::CALL_SYNC).await.unwrap(), cursor);
        plant.calm();
    }
    // Meanwhile an hour has passed, so that only the cursor remembers where to go on.
    plant.pass_time(Duration::hours(1));
    assert_good(&call_sync.pass(Freshness::Cached).await);
    assert_invariants(&plant, &Expected::logged(calls.into_iter().chain(later))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_in_pieces_of_which_the_second_fails_is_read_again_whole() {
    let (plant, calls) = busy_plant(3).await;
    assert_good(&plant.call_sync().await.pass(Freshness::Cached).await);
    // The process was down for longer than Enreach lets ask for at once.
    plant.pass_time(Duration::days(20));
    let middle = add_calls(&plant, 4..=5);
    plant.pass_time(Duration::days(20));
    let later = add_calls(&plant, 6..=7);
    plant.fault(json!({"system": "enreach", "path_contains": "/servicecall", "kind": "status",
                       "status": 502, "skip": 1, "count": 100}));
    let call_sync = plant.call_sync().await;
    let report = call_sync.pass(Freshness::Cached).await;
    assert_eq!(class_of_stop(&report), ErrorClass::Transient);
    plant.calm();
    assert_good(&call_sync.pass(Freshness::Cached).await);
    let all = calls.into_iter().chain(middle).chain(later);
    assert_invariants(&plant, &Expected::logged(all)).await;
}
