//! The store cannot take what it is given.

use std::path::Path;
use std::time::Duration;

use call_sync::{CallSync, Freshness};
use sqlx::{Connection, SqliteConnection};
use sync_store::{SqliteOptions, Store};
use test_support::{Call, Expected, TestPlant, assert_invariants};
use voice_model::ErrorClass;

use super::{add_calls, assert_good, busy_plant, class_of_stop};

/// A page of SQLite, in bytes.
const PAGE: u64 = 4_096;

/// Call sync with a store that may not grow by more than so many pages.
async fn with_room_for(plant: &TestPlant, pages: u32) -> CallSync {
    plant.store().await.close().await;
    let used = std::fs::metadata(plant.store_path()).unwrap().len() / PAGE;
    let limit = u32::try_from(used).unwrap() + pages;
    let options = SqliteOptions::default().limit_pages(limit);
    CallSync::new(plant.parts(options.open(plant.store_path()).await.unwrap()))
}

/// What the store says of each call, the way that a crash in the middle could leave it.
async fn known(plant: &TestPlant, calls: &[Call]) -> usize {
    let ids: Vec<_> = calls.iter().map(Call::id).collect();
    plant.store().await.calls(&plant.tenant(), &ids).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_full_stops_the_pass_and_says_what_to_do() {
    for room in [0, 4] {
        let (plant, mut calls) = busy_plant(3).await;
        assert_good(&plant.call_sync().await.pass(Freshness::Fresh).await);
        let later = add_calls(&plant, 4..=100);
        let call_sync = with_room_for(&plant, room).await;
        let report = call_sync.pass(Freshness::Fresh).await;
        assert_eq!(class_of_stop(&report), ErrorClass::Rejected);
        let error = report.error.as_ref().unwrap().chain();
        for part in ["voice.db is full", "free disk space", "nothing of it was kept"] {
            assert!(error.contains(part), "{part} is not in: {error}");
        }
        assert_eq!(report.decisions.len(), 100, "every call has a decision");
        // Nothing is half kept, and a pass that goes on in vain does no harm.
        assert_eq!(known(&plant, &later).await, 0);
        assert!(call_sync.pass(Freshness::Cached).await.error.is_some());
        assert_eq!(known(&plant, &later).await, 0);
        // There is room again.
        assert_good(&plant.call_sync().await.pass(Freshness::Fresh).await);
        calls.extend(later);
        assert_invariants(&plant, &Expected::logged(calls)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_full_when_the_decisions_come_doubles_nothing() {
    let (plant, mut calls) = busy_plant(3).await;
    // All customers are in the directory already; what is missing is room for the decisions.
    let customers: Vec<_> = (4..=100).map(test_support::Customer::contact).collect();
    plant.load(test_support::World::new().customers(&customers));
    assert_good(&plant.call_sync().await.pass(Freshness::Fresh).await);
    let later = add_calls(&plant, 4..=100);
    let call_sync = with_room_for(&plant, 2).await;
    let report = call_sync.pass(Freshness::Cached).await;
    assert_eq!(class_of_stop(&report), ErrorClass::Rejected);
    assert_eq!(known(&plant, &later).await, 0);
    assert_eq!(plant.outsider().phone_calls().await.len(), 100, "Dynamics was written to first");
    let report = plant.call_sync().await.pass(Freshness::Fresh).await;
    assert_good(&report);
    assert_eq!(super::count(&report, "AlreadyLogged"), 100);
    calls.extend(later);
    assert_invariants(&plant, &Expected::logged(calls)).await;
}

/// Another program in the middle of a long write.
async fn locked(store: &Path) -> SqliteConnection {
    let mut other =
        SqliteConnection::connect(&format!("sqlite://{}", store.display())).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    other
}

async fn impatient(plant: &TestPlant) -> CallSync {
    let options = SqliteOptions::default().busy_timeout(Duration::from_millis(100));
    CallSync::new(plant.parts(options.open(plant.store_path()).await.unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_another_process_keeps_locked_stops_the_pass_until_it_is_free() {
    for before in [0, 3] {
        let plant = TestPlant::start().await;
        let call_sync = impatient(&plant).await;
        let mut calls = Vec::new();
        if before > 0 {
            // The lock then meets a pass that has nothing else to keep than decisions.
            calls = add_calls(&plant, 1..=before);
            assert_good(&call_sync.pass(Freshness::Fresh).await);
        }
        calls.extend(add_calls(&plant, before + 1..=before + 5));
        let lock = locked(&plant.store_path()).await;
        for _ in 0..2 {
            let report = call_sync.pass(Freshness::Cached).await;
            assert_eq!(class_of_stop(&report), ErrorClass::Transient);
            let error = report.error.as_ref().unwrap().chain();
            assert!(error.contains("stayed locked by somebody else"), "{error}");
        }
        lock.close().await.unwrap();
        assert_good(&call_sync.pass(Freshness::Fresh).await);
        assert_invariants(&plant, &Expected::logged(calls)).await;
    }
}
