//! People delete phone calls, and we forget what we knew of them.

use call_sync::{Backfill, CallSync, Freshness};
use chrono::Duration;
use sync_store::{CustomerNumber, Store};
use test_support::{Call, Expected, Fate, TestPlant, assert_invariants};
use voice_model::TimeWindow;

use super::{assert_good, busy_plant, count};

async fn last_day(
    plant: &TestPlant,
    call_sync: &CallSync,
    recreate: bool,
) -> call_sync::PassReport {
    let window = TimeWindow::new(plant.now() - Duration::hours(24), plant.now()).unwrap();
    call_sync.backfill(Backfill { window, recreate }).await
}

/// Every way in which calls are looked at, by a process that knows nothing and by one that does.
async fn look_again(plant: &TestPlant, call_sync: &CallSync) {
    for call_sync in [call_sync, &plant.call_sync().await] {
        assert_good(&call_sync.pass(Freshness::Fresh).await);
        assert_good(&call_sync.retro().await);
        assert_good(&last_day(plant, call_sync, false).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_call_that_a_person_deleted_is_not_made_again() {
    let (plant, calls) = busy_plant(3).await;
    let call_sync = plant.call_sync().await;
    call_sync.pass(Freshness::Fresh).await;
    plant.outsider().delete(&calls[1].path()).await;
    look_again(&plant, &call_sync).await;
    let expected = Expected::logged(calls.clone());
    assert_invariants(&plant, &expected.clone().and(&calls[1], Fate::Deleted)).await;

    let report = last_day(&plant, &call_sync, true).await;
    assert_good(&report);
    assert_eq!(count(&report, "Logged"), 1, "unless somebody asks for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_is_it_when_its_record_was_purged_or_erased() {
    let (plant, calls) = busy_plant(3).await;
    let call_sync = plant.call_sync().await;
    call_sync.pass(Freshness::Fresh).await;
    let (store, tenant) = (plant.store().await, plant.tenant());
    for (call, how) in calls.iter().zip(["nothing", "erased", "purged"]) {
        plant.outsider().delete(&call.path()).await;
        match how {
            "erased" => {
                let erased = store.erase(&tenant, &CustomerNumber::new(call.phone())).await;
                assert_eq!(erased.unwrap().calls, 1);
            }
            "purged" => {
                let purged = store.purge(plant.now() + Duration::seconds(1), Duration::zero());
                assert_ne!(purged.await.unwrap().calls, 0);
            }
            _ => {}
        }
        look_again(&plant, &call_sync).await;
    }
    assert_eq!(plant.outsider().phone_calls().await.len(), 0);
    let ids: Vec<_> = calls.iter().map(Call::id).collect();
    assert_eq!(store.was_ever_logged(&tenant, &ids).await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_edits_afterwards_is_left_alone() {
    let (plant, calls) = busy_plant(3).await;
    let call_sync = plant.call_sync().await;
    call_sync.pass(Freshness::Fresh).await;
    let person = plant.outsider();
    person.edit(&calls[0].path(), serde_json::json!({"subject": "Asked for an offer"})).await;
    person.edit(&calls[1].path(), serde_json::json!({"ev_audit": null, "ev_callid": null})).await;
    let edited = person.phone_calls().await;
    look_again(&plant, &call_sync).await;
    assert_eq!(plant.outsider().phone_calls().await, edited);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_erased_is_not_kept_anew() {
    let (plant, calls) = busy_plant(2).await;
    let call_sync = plant.call_sync().await;
    call_sync.pass(Freshness::Fresh).await;
    let (store, tenant) = (plant.store().await, plant.tenant());
    let number = CustomerNumber::new(calls[0].phone());
    assert_eq!(store.erase(&tenant, &number).await.unwrap().calls, 1);
    look_again(&plant, &call_sync).await;
    assert!(store.history_by_number(&tenant, &number).await.unwrap().is_empty());
}
