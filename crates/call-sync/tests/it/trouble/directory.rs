//! The directory of customers and users across restarts, and when Dynamics does not want to tell.

use call_sync::{CallSync, Freshness};
use chrono::Duration;
use serde_json::json;
use test_support::{Call, Customer, Expected, Fate, TestPlant, World, assert_invariants};

use super::{add_calls, assert_good, busy_plant, count};

const TABLES: [&str; 4] = ["contacts", "accounts", "leads", "systemusers"];

/// What a pass asked of the tables of the directory.
async fn asked_by_a_pass(plant: &TestPlant, call_sync: &CallSync, table: &str) -> Vec<String> {
    let mark = plant.mark();
    assert_good(&call_sync.pass(Freshness::Fresh).await);
    let of_table = |path: &String| path.contains(&format!("v9.2/{table}?"));
    let asked = plant.requests_since(mark, "dataverse").into_iter();
    asked.map(|request| request.path).filter(of_table).collect()
}

fn goes_on(path: &str) -> bool {
    path.contains("deltatoken")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_where_the_last_process_was() {
    let (plant, mut calls) = busy_plant(10).await;
    assert_good(&plant.call_sync().await.pass(Freshness::Fresh).await);
    plant.pass_time(Duration::minutes(3));
    calls.extend(add_calls(&plant, 11..=12));
    let mark = plant.mark();
    assert_good(&plant.call_sync().await.pass(Freshness::Fresh).await);
    let asked = plant.requests_since(mark, "dataverse");
    for table in TABLES {
        let asked: Vec<_> = asked
            .iter()
            .filter(|request| request.path.contains(&format!("v9.2/{table}?")))
            .collect();
        assert_eq!(asked.len(), 1, "{table}: {asked:?}");
        assert!(goes_on(&asked[0].path), "{table} was loaded whole: {asked:?}");
    }
    assert_invariants(&plant, &Expected::logged(calls)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_change_tokens_mean_a_full_load_that_forgets_who_is_gone() {
    let (plant, mut calls) = busy_plant(2).await;
    assert_good(&plant.call_sync().await.pass(Freshness::Fresh).await);
    let gone = Customer::contact(2);
    plant.outsider().delete(&gone.path()).await;
    let before = plant.outsider().phone_calls().await;
    plant.sandbox.set_modes(&json!({"change_tracking_expired": true})).unwrap();
    let of_gone = Call::incoming(20, plant.ago_secs(80), &gone);
    plant.load(World::new().call(&of_gone));
    calls.extend(add_calls(&plant, 3..=4));

    let asked = asked_by_a_pass(&plant, &plant.call_sync().await, "contacts").await;
    let [refused, whole] = &asked[..] else { panic!("{asked:?}") };
    assert!(goes_on(refused) && !goes_on(whole), "{asked:?}");
    let expected = Expected::logged(calls).untouched(before);
    assert_invariants(&plant, &expected.and(&of_gone, Fate::Deferred("NoMatch"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_who_are_deleted_leave() {
    let (plant, calls) = busy_plant(2).await;
    let call_sync = plant.call_sync().await;
    assert_good(&call_sync.pass(Freshness::Fresh).await);
    let gone = Customer::contact(2);
    plant.outsider().delete(&gone.path()).await;
    let before = plant.outsider().phone_calls().await;
    let again = Call::incoming(20, plant.ago_secs(80), &gone);
    plant.load(World::new().call(&again));
    assert_good(&call_sync.pass(Freshness::Fresh).await);
    let expected = Expected::logged(calls).untouched(before);
    assert_invariants(&plant, &expected.and(&again, Fate::Deferred("NoMatch"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_not_tracked_is_asked_by_modification_date() {
    let (plant, mut calls) = busy_plant(2).await;
    plant.fault(json!({"system": "dataverse", "method": "GET", "path_contains": "v9.2/contacts?",
                       "kind": "status", "status": 400, "code": "0x80072491"}));
    let call_sync = plant.call_sync().await;
    let asked = asked_by_a_pass(&plant, &call_sync, "contacts").await;
    assert_eq!(asked.len(), 2, "tracked, then whole: {asked:?}");

    // A new customer, a new number of an old one, and one who is not active any more.
    plant.pass_time(Duration::minutes(10));
    let (person, inactive) = (plant.outsider(), Customer::contact(2));
    person.edit(&inactive.path(), json!({"statecode": 1, "statuscode": 2})).await;
    calls.extend(add_calls(&plant, 3..=3));
    let of_inactive = Call::incoming(20, plant.ago_secs(80), &inactive);
    plant.load(World::new().call(&of_inactive));
    // The same in another process, which has it from the store.
    for call_sync in [&call_sync, &plant.call_sync().await] {
        let asked = asked_by_a_pass(&plant, call_sync, "contacts").await;
        assert!(asked.len() == 1 && asked[0].contains("modifiedon"), "{asked:?}");
    }
    let expected = Expected::logged(calls).and(&of_inactive, Fate::Deferred("NoMatch"));
    assert_invariants(&plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deletions_in_a_table_that_is_not_tracked_show_after_a_day() {
    let (plant, calls) = busy_plant(2).await;
    plant.fault(json!({"system": "dataverse", "method": "GET", "path_contains": "v9.2/contacts?",
                       "kind": "status", "status": 400, "code": "0x80072491", "count": 1}));
    let call_sync = plant.call_sync().await;
    assert_good(&call_sync.pass(Freshness::Fresh).await);
    let gone = Customer::contact(2);
    plant.outsider().delete(&gone.path()).await;
    let before = plant.outsider().phone_calls().await;
    plant.pass_time(Duration::hours(25));
    let again = Call::incoming(20, plant.ago_secs(80), &gone);
    plant.load(World::new().call(&again));
    plant.fault(json!({"system": "dataverse", "method": "GET", "path_contains": "v9.2/contacts?",
                       "kind": "status", "status": 400, "code": "0x80072491", "count": 1}));
    let report = call_sync.pass(Freshness::Cached).await;
    assert_good(&report);
    assert_eq!(count(&report, "Deferred"), 1);
    let expected = Expected::logged(calls).untouched(before);
    assert_invariants(&plant, &expected.and(&again, Fate::Deferred("NoMatch"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_to_match_by_that_do_not_exist_are_told_and_the_usual_ones_used() {
    let (plant, mut calls) = busy_plant(2).await;
    plant.set("MatchColumns", "contact: new_telephone9");
    let call_sync = plant.call_sync().await;
    for number in 3..5 {
        let report = call_sync.pass(Freshness::Fresh).await;
        assert_good(&report);
        let told = report.findings.iter().find(|finding| finding.subject == "MatchColumns");
        let message = &told.unwrap().message;
        assert!(message.contains("new_telephone9"), "{message}");
        calls.extend(add_calls(&plant, number..=number));
    }
    assert_good(&call_sync.pass(Freshness::Fresh).await);
    assert_invariants(&plant, &Expected::logged(calls)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_breaks_off_while_it_is_loaded_is_not_used() {
    let (plant, calls) = busy_plant(3).await;
    let call_sync = plant.call_sync().await;
    for table in TABLES {
        plant.fault(json!({"system": "dataverse", "path_contains": format!("v9.2/{table}?"),
                           "kind": "truncate", "count": 100}));
        let report = call_sync.pass(Freshness::Cached).await;
        assert!(super::class_of_stop(&report).is_passing());
        assert_eq!(count(&report, "Failed"), 3, "{table}: nobody is taken for a stranger");
        plant.calm();
    }
    assert_good(&call_sync.pass(Freshness::Cached).await);
    assert_invariants(&plant, &Expected::logged(calls)).await;
}
