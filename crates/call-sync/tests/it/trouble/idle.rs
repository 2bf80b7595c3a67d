//! What passes cost when there is nothing to do.

use call_sync::{CallSync, Freshness};
use chrono::Duration;
use test_support::{Expected, TestPlant, assert_invariants};

use super::{add_calls, assert_good, busy_plant};

/// Requests to Enreach and to Dataverse of a pass, as the systems counted them.
async fn cost(plant: &TestPlant, call_sync: &CallSync) -> (usize, usize) {
    let mark = plant.mark();
    let report = call_sync.pass(Freshness::Cached).await;
    assert_good(&report);
    let counted = ["enreach", "dataverse"].map(|system| plant.requests_since(mark, system).len());
    let said = [report.enreach_requests, report.dataverse_requests];
    assert_eq!(counted.map(|count| u64::try_from(count).unwrap()), said);
    (counted[0], counted[1])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_pass_makes_two_requests_to_enreach_and_none_to_dynamics() {
    let plant = TestPlant::start().await;
    let call_sync = plant.call_sync().await;
    let (_, dataverse) = cost(&plant, &call_sync).await;
    assert_eq!(dataverse, 1, "settings; nobody has to be looked for yet");
    for minute in 1..5 {
        plant.pass_time(Duration::minutes(1));
        assert_eq!(cost(&plant, &call_sync).await, (2, 0), "after {minute} minutes");
    }
    // Settings are read again after five minutes, and the directory is not: there is nothing to match.
    plant.pass_time(Duration::minutes(2));
    assert_eq!(cost(&plant, &call_sync).await, (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_logged_already_cost_nothing() {
    let (plant, calls) = busy_plant(5).await;
    let call_sync = plant.call_sync().await;
    cost(&plant, &call_sync).await;
    plant.pass_time(Duration::minutes(1));
    assert_eq!(cost(&plant, &call_sync).await, (2, 0));
    assert_invariants(&plant, &Expected::logged(calls)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_waits_costs_a_look_at_what_has_changed_now_and_then() {
    let plant = TestPlant::start().await;
    let stranger = test_support::Customer::contact(1);
    let call = test_support::Call::incoming(1, plant.ago_secs(80), &stranger);
    plant.load(test_support::World::new().call(&call));
    plant.set("DirectoryRefreshSeconds", "300");
    plant.set("SettingsRefreshSeconds", "3600");
    let call_sync = plant.call_sync().await;
    cost(&plant, &call_sync).await;
    for _ in 0..4 {
        plant.pass_time(Duration::minutes(1));
        assert_eq!(cost(&plant, &call_sync).await, (2, 0));
    }
    plant.pass_time(Duration::minutes(1));
    assert_eq!(cost(&plant, &call_sync).await, (2, 4), "one request for each table");
    let known = add_calls(&plant, 2..=2);
    let (_, dataverse) = cost(&plant, &call_sync).await;
    assert_eq!(dataverse, 0, "its customer is too new to be known");
    plant.pass_time(Duration::minutes(5));
    let (_, dataverse) = cost(&plant, &call_sync).await;
    assert_eq!(dataverse, 4 + 2, "changes, rows that are there already, and a batch");
    let expected = Expected::logged(known);
    let waits = test_support::Fate::Deferred("NoMatch");
    assert_invariants(&plant, &expected.and(&call, waits)).await;
}
