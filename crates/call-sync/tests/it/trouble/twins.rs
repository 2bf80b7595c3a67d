//! Two processes do the same work at the same time.

use call_sync::{CallSync, Freshness, explain_call};
use sync_store::SqliteStore;
use test_support::{Expected, assert_invariants};

use super::{add_calls, assert_good, busy_plant, count};

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_with_one_store_log_every_call_once() {
    let (plant, mut calls) = busy_plant(40).await;
    let (one, other) = (plant.call_sync().await, plant.call_sync().await);
    for turn in 1..4 {
        let reports = tokio::join!(one.pass(Freshness::Fresh), other.pass(Freshness::Cached));
        for report in [&reports.0, &reports.1] {
            assert_good(report);
            assert_eq!(count(report, "Failed"), 0);
        }
        assert_invariants(&plant, &Expected::logged(calls.clone())).await;
        plant.pass_time(chrono::Duration::minutes(1));
        calls.extend(add_calls(&plant, 40 + turn * 10 + 1..=40 + turn * 10 + 10));
    }
    let (live, retro) = tokio::join!(one.pass(Freshness::Cached), other.retro());
    assert_good(&live);
    assert_good(&retro);
    assert_invariants(&plant, &Expected::logged(calls)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_with_stores_of_their_own_log_every_call_once() {
    let (plant, calls) = busy_plant(40).await;
    let one = plant.call_sync().await;
    let apart = SqliteStore::open(plant.folder().join("other.db")).await.unwrap();
    let other = CallSync::new(plant.parts(apart.clone()));
    for _ in 0..2 {
        let (first, second) =
            tokio::join!(one.pass(Freshness::Fresh), other.pass(Freshness::Fresh));
        assert_good(&first);
        assert_good(&second);
        assert_eq!(count(&first, "Failed") + count(&second, "Failed"), 0);
    }
    assert_invariants(&plant, &Expected::logged(calls.clone())).await;
    for call in &calls {
        let history = explain_call(&apart, &plant.tenant(), &call.id()).await.unwrap().unwrap();
        let activity = history.decisions.last().unwrap().activity;
        assert_eq!(activity.map(|it| it.0), Some(call.activity_id()), "{}", call.id());
    }
}
