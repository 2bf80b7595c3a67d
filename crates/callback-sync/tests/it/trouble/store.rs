//! The store cannot take what it is given.

use std::path::Path;
use std::time::Duration;

use callback_sync::{CallbackSync, Freshness};
use sqlx::{Connection, SqliteConnection};
use sync_store::{SqliteOptions, Store};
use test_support::{SyncMethod, TestPlant, assert_callback_invariants};
use voice_model::ErrorClass;

use super::{Desk, assert_good, class_of_stop, closes_since};

/// A page of SQLite, in bytes.
const PAGE: u64 = 4_096;

/// Callback sync with a store that may not grow by more than so many pages.
async fn with_room_for(plant: &TestPlant, pages: u32) -> CallbackSync {
    plant.store().await.close().await;
    let used = std::fs::metadata(plant.store_path()).unwrap().len() / PAGE;
    let limit = u32::try_from(used).unwrap() + pages;
    let options = SqliteOptions::default().limit_pages(limit);
    let store = options.open(plant.store_path()).await.unwrap();
    CallbackSync::new(plant.callback_parts(store))
}

/// How many of the closes in Enreach are of requests that the store does not know.
async fn closed_and_unknown(desk: &Desk, requests: &[test_support::CallbackRequest]) -> usize {
    let ids: Vec<_> = requests.iter().map(test_support::CallbackRequest::id).collect();
    let known = desk.plant.store().await.callbacks(&desk.plant.tenant(), &ids).await.unwrap();
    let items = desk.plant.outsider().callback_items(&desk.list).await;
    let closed = items.iter().filter(|item| item["State"] == "Closed");
    closed.filter(|item| !known.keys().any(|id| item["Id"] == id.as_str())).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_full_closes_nothing_and_loses_nothing() {
    for (method, room) in
        [(SyncMethod::Polling, 0), (SyncMethod::Webhook, 1), (SyncMethod::Polling, 2)]
    {
        let desk = Desk::by(method).await;
        // Everybody who asks is in the directory: what is missing is room for outcomes.
        let customers: Vec<_> = (1..=100).map(test_support::Customer::contact).collect();
        desk.plant.load(test_support::World::new().customers(&customers));
        let mut requests = desk.add(1..=1);
        let mut heard = desk.hear(&requests).await;
        assert_good(&desk.pass().await);
        let later = desk.add(2..=100);
        heard.extend(desk.hear(&later).await);
        let sync = with_room_for(&desk.plant, room).await;
        let report = sync.pass(Freshness::Fresh).await;
        assert_eq!(class_of_stop(&report), ErrorClass::Rejected, "room for {room} pages");
        let error = report.error.as_ref().unwrap().chain();
        assert!(error.contains("voice.db is full"), "{error}");
        requests.extend(later);
        assert_eq!(closed_and_unknown(&desk, &requests).await, 0);
        // There is room again.
        super::claims_end(&desk.plant);
        assert_good(&desk.pass().await);
        let heard = if method == SyncMethod::Webhook { heard } else { Vec::new() };
        let expected = desk.expected().queued(&requests).heard(heard);
        assert_callback_invariants(&desk.plant, &expected).await;
    }
}

/// Another program in the middle of a long write.
async fn locked(store: &Path) -> SqliteConnection {
    let mut other =
        SqliteConnection::connect(&format!("sqlite://{}", store.display())).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    other
}

async fn impatient(plant: &TestPlant) -> CallbackSync {
    let options = SqliteOptions::default().busy_timeout(Duration::from_millis(100));
    let store = options.open(plant.store_path()).await.unwrap();
    CallbackSync::new(plant.callback_parts(store))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_another_process_keeps_locked_closes_nothing_until_it_is_free() {
    for method in [SyncMethod::Polling, SyncMethod::Webhook] {
        for warm in [false, true] {
            let desk = Desk::by(method).await;
            let sync = impatient(&desk.plant).await;
            let mut requests = Vec::new();
            if warm {
                // The lock then meets a pass that has nothing else to keep than outcomes.
                requests = desk.add(1..=2);
                desk.hear(&requests).await;
                assert_good(&sync.pass(Freshness::Fresh).await);
            }
            let later = desk.add(3..=7);
            let heard = desk.hear(&later).await;
            let mark = desk.plant.mark();
            let lock = locked(&desk.plant.store_path()).await;
            for _ in 0..2 {
                let report = sync.pass(Freshness::Fresh).await;
                assert_eq!(class_of_stop(&report), ErrorClass::Transient);
                let error = report.error.as_ref().unwrap().chain();
                assert!(error.contains("stayed locked by somebody else"), "{error}");
            }
            assert_eq!(closes_since(&desk.plant, mark), 0, "what is not kept is not closed");
            lock.close().await.unwrap();
            assert_good(&sync.pass(Freshness::Fresh).await);
            requests.extend(later);
            let heard = if method == SyncMethod::Webhook { heard } else { Vec::new() };
            let expected = desk.expected().queued(&requests).heard(heard);
            assert_callback_invariants(&desk.plant, &expected).await;
        }
    }
}
