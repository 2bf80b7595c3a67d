//! What comes late: customers, marks, ends of calls, second thoughts.

use call_sync::{CallSync, Freshness};
use chrono::Duration;
use serde_json::{Value, json};
use sync_store::{CustomerNumber, Store};
use test_support::{Agent, Call, Customer, Expected, Fate, TestPlant, World, assert_invariants};

use super::{assert_good, busy_plant};

/// `ev_syncsource` (design, section 6).
const CALL_SYNC: i64 = 451_000_000;
const RETRO_SYNC: i64 = 451_000_001;

/// A plant with a call of somebody whom Dynamics does not know, and a pass that found that.
async fn stranger_called() -> (TestPlant, Call, Customer) {
    let (plant, customer) = (TestPlant::start().await, Customer::contact(1));
    let call = Call::incoming(1, plant.ago_secs(80), &customer);
    plant.load(World::new().call(&call));
    assert_good(&plant.call_sync().await.pass(Freshness::Cached).await);
    let expected = Expected::nothing().and(&call, Fate::Deferred("NoMatch"));
    assert_invariants(&plant, &expected).await;
    (plant, call, customer)
}

async fn source_of(plant: &TestPlant, call: &Call) -> Value {
    plant.outsider().row(&call.path()).await["ev_syncsource"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_logged_when_its_customer_is_added_although_it_has_left_the_window() {
    let (plant, call, customer) = stranger_called().await;
    let call_sync = plant.call_sync().await;
    for _ in 0..3 {
        plant.pass_time(Duration::hours(7));
        assert_good(&call_sync.pass(Freshness::Cached).await);
    }
    plant.load(World::new().customer(&customer));
    plant.pass_time(Duration::minutes(6));
    let report = call_sync.pass(Freshness::Cached).await;
    assert_good(&report);
    assert_eq!(report.rows, 0);
    assert_eq!(source_of(&plant, &call).await, CALL_SYNC);
    assert_invariants(&plant, &Expected::logged([call])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_customer_is_added_while_nobody_works_is_logged_by_retro() {
    let (plant, call, customer) = stranger_called().await;
    plant.load(World::new().customer(&customer));
    plant.pass_time(Duration::hours(23));
    assert_good(&plant.call_sync().await.retro().await);
    assert_eq!(source_of(&plant, &call).await, RETRO_SYNC);
    assert_invariants(&plant, &Expected::logged([call])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_days_down_live_and_retro_reach_back_to_where_they_were() {
    let (plant, known) = busy_plant(2).await;
    let stranger = Customer::contact(50);
    let before = plant.call_sync().await;
    assert_good(&before.retro().await);
    // Down for three days, in which calls come from a customer and from a stranger.
    plant.pass_time(Duration::hours(10));
    let of_stranger = Call::incoming(50, plant.ago_secs(80), &stranger);
    let of_known = Call::incoming(51, plant.ago_secs(80), &Customer::contact(1)).outgoing();
    plant.load(World::new().call(&of_stranger).call(&of_known));
    plant.pass_time(Duration::hours(62));
    // The stranger becomes a customer, and it is retro's turn first.
    plant.load(World::new().customer(&stranger));
    assert_good(&plant.call_sync().await.retro().await);
    assert_eq!(source_of(&plant, &of_stranger).await, RETRO_SYNC);
    let all = known.into_iter().chain([of_stranger, of_known]);
    assert_invariants(&plant, &Expected::logged(all.clone())).await;
    assert_good(&plant.call_sync().await.pass(Freshness::Fresh).await);
    assert_invariants(&plant, &Expected::logged(all)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_days_down_a_live_pass_logs_what_came_meanwhile() {
    let (plant, mut calls) = busy_plant(2).await;
    assert_good(&plant.call_sync().await.pass(Freshness::Cached).await);
    plant.pass_time(Duration::hours(30));
    let call = Call::incoming(3, plant.ago_secs(80), &Customer::contact(1)).by(Agent::Bo);
    plant.load(World::new().call(&call));
    plant.pass_time(Duration::hours(40));
    assert_good(&plant.call_sync().await.pass(Freshness::Cached).await);
    calls.push(call);
    assert_invariants(&plant, &Expected::logged(calls)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_was_deactivated_gets_no_more_calls_until_they_are_active_again() {
    let (plant, mut calls) = busy_plant(1).await;
    let call_sync = plant.call_sync().await;
    call_sync.pass(Freshness::Fresh).await;
    let (customer, person) = (Customer::contact(1), plant.outsider());
    person.edit(&customer.path(), json!({"statecode": 1, "statuscode": 2})).await;
    plant.pass_time(Duration::minutes(10));
    let call = Call::incoming(2, plant.ago_secs(80), &customer);
    plant.load(World::new().call(&call));
    assert_good(&call_sync.pass(Freshness::Cached).await);
    let expected = Expected::logged(calls.clone()).and(&call, Fate::Deferred("NoMatch"));
    assert_invariants(&plant, &expected).await;
    person.edit(&customer.path(), json!({"statecode": 0, "statuscode": 1})).await;
    plant.pass_time(Duration::minutes(10));
    assert_good(&call_sync.pass(Freshness::Cached).await);
    calls.push(call);
    assert_invariants(&plant, &Expected::logged(calls)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_marked_as_work_late_is_logged_then() {
    let (plant, customer) = (TestPlant::start().await, Customer::contact(1));
    let start = plant.ago_secs(80);
    let call = Call::incoming(1, start, &customer);
    plant.load(World::new().customer(&customer).call(&call.clone().marked("Undefined")));
    let call_sync = plant.call_sync().await;
    assert_good(&call_sync.pass(Freshness::Cached).await);
    let skipped = Expected::nothing().and(&call, Fate::Skipped("NotWork"));
    assert_invariants(&plant, &skipped).await;
    let store = plant.store().await;
    let number = CustomerNumber::new(call.phone());
    let past = store.history_by_number(&plant.tenant(), &number).await.unwrap();
    assert!(past.is_empty(), "of a call that is not work no number is kept");

    plant.pass_time(Duration::hours(5));
    plant.load(World::new().call(&call.clone().modified(plant.ago_secs(60))));
    assert_good(&call_sync.pass(Freshness::Cached).await);
    assert_invariants(&plant, &Expected::logged([call])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logged_call_that_turns_private_keeps_its_row_and_is_forgotten_here() {
    let (plant, calls) = busy_plant(2).await;
    let (store, tenant) = (plant.store().await, plant.tenant());
    let call_sync = CallSync::new(plant.parts(store.clone()));
    call_sync.pass(Freshness::Cached).await;
    let before = plant.outsider().phone_calls().await;
    plant.pass_time(Duration::hours(2));
    let private = calls[0].clone().marked("Private").modified(plant.ago_secs(60));
    plant.load(World::new().call(&private));
    for _ in 0..2 {
        let report = call_sync.pass(Freshness::Cached).await;
        assert_good(&report);
        assert!(report.findings.iter().any(|finding| finding.message.contains("private now")));
    }
    let expected = Expected::logged(calls.clone()).untouched(before);
    assert_invariants(&plant, &expected).await;

    let state = &store.calls(&tenant, &[private.id()]).await.unwrap()[&private.id()];
    assert_eq!((&state.number, &state.legs), (&None, &None));
    assert!(state.logged_as.is_some());
    let history = store.history(&tenant, &private.id()).await.unwrap();
    assert!(history.iter().all(|past| past.number.is_none() && past.evidence.is_none()));
    // Closed, the store is one file.
    store.close().await;
    let kept = std::fs::read(plant.store_path()).unwrap();
    let holds = |number: &str| kept.windows(number.len()).any(|it| it == number.as_bytes());
    assert!(holds(calls[1].phone()), "the number of the other call");
    assert!(!holds(private.phone()), "not a byte of the private one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_still_runs_is_logged_when_it_has_ended() {
    let (plant, customer) = (TestPlant::start().await, Customer::contact(1));
    let call = Call::incoming(1, plant.ago_secs(60), &customer).to_queue().talk_secs(4_000);
    plant.load(World::new().customer(&customer).call(&call.clone().running()));
    let call_sync = plant.call_sync().await;
    let waits = Expected::nothing().and(&call, Fate::Deferred("InProgress"));
    for _ in 0..3 {
        assert_good(&call_sync.pass(Freshness::Cached).await);
        assert_invariants(&plant, &waits).await;
        plant.pass_time(Duration::minutes(20));
    }
    plant.pass_time(Duration::minutes(20));
    plant.load(World::new().call(&call));
    assert_good(&call_sync.pass(Freshness::Cached).await);
    assert_invariants(&plant, &Expected::logged([call])).await;
}
