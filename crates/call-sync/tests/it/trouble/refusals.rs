//! Dynamics refuses something, for good or in passing.

use call_sync::{Freshness, Outcome, PassReport};
use serde_json::{Value, json};
use sync_store::Store;
use test_support::{Agent, Call, Customer, Expected, Fate, World, assert_invariants};
use voice_model::ErrorClass;

use super::{assert_good, assert_nothing_kept, busy_plant, class_of_stop, count};

const SQL_ERROR: &str = "0x80044150";
const CUSTOMIZATION_RUNNING: &str = "0x80071151";
const PLUG_IN: &str = "0x80040265";

/// The create of the second call that is written is refused so.
fn refusal_of_a_part(status: u16, code: &str) -> Value {
    json!({"system": "dataverse", "method": "POST", "path_contains": "phonecalls", "inner": true,
           "kind": "status", "status": status, "code": code, "skip": 1})
}

fn refusal_of_batches(status: u16, code: &str, count: u32) -> Value {
    json!({"system": "dataverse", "path_contains": "$batch", "kind": "status", "status": status,
           "code": code, "count": count})
}

/// The call that failed, which must be the only one.
fn the_failed_call<'c>(report: &PassReport, calls: &'c [Call]) -> &'c Call {
    let failed = |decision: &&call_sync::Decision| matches!(decision.outcome, Outcome::Failed(_));
    let failed: Vec<_> = report.decisions.iter().filter(failed).collect();
    let [decision] = &failed[..] else { panic!("{failed:?}") };
    calls.iter().find(|call| call.id() == decision.call).unwrap()
}

/// One call fails and the others are logged; then the next pass logs that one.
async fn assert_one_fails_and_comes_again(fault: Value, class: ErrorClass) {
    let (plant, calls) = busy_plant(5).await;
    plant.fault(fault);
    let call_sync = plant.call_sync().await;
    let report = call_sync.pass(Freshness::Fresh).await;
    assert_good(&report);
    let failed = the_failed_call(&report, &calls);
    assert_eq!(report.summary(&plant.tenant()).failed[class.name()], 1);
    let expected = Expected::logged(calls.clone());
    assert_invariants(&plant, &expected.clone().and(failed, Fate::Failed)).await;
    let report = call_sync.pass(Freshness::Fresh).await;
    assert_eq!((count(&report, "Logged"), count(&report, "AlreadyLogged")), (1, 4));
    assert_invariants(&plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_set_that_is_refused_leaves_nothing_and_stops_no_other() {
    let at_creating = refusal_of_a_part(400, PLUG_IN);
    assert_one_fails_and_comes_again(at_creating.clone(), ErrorClass::Rejected).await;
    // Refused while completing: the create before it is taken back.
    let mut at_completing = at_creating;
    at_completing["method"] = "PATCH".into();
    assert_one_fails_and_comes_again(at_completing, ErrorClass::Rejected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sql_error_of_a_part_fails_its_call_until_the_next_pass() {
    for status in [400, 500] {
        let fault = refusal_of_a_part(status, SQL_ERROR);
        assert_one_fails_and_comes_again(fault, ErrorClass::Transient).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sql_error_of_the_whole_batch_ends_the_pass_and_is_no_attempt() {
    for (status, count) in [(400, 1), (500, 100)] {
        let (plant, calls) = busy_plant(5).await;
        plant.fault(refusal_of_batches(status, SQL_ERROR, count));
        let call_sync = plant.call_sync().await;
        let report = call_sync.pass(Freshness::Fresh).await;
        assert_eq!(class_of_stop(&report), ErrorClass::Transient);
        assert!(plant.outsider().phone_calls().await.is_empty());
        assert_nothing_kept(&plant, &calls).await;
        plant.calm();
        assert_good(&call_sync.pass(Freshness::Fresh).await);
        assert_invariants(&plant, &Expected::logged(calls)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customization_lock_ends_the_pass_and_is_no_attempt() {
    let mut for_an_hour = refusal_of_batches(429, CUSTOMIZATION_RUNNING, 1);
    for_an_hour["retry_after"] = 3_600.into();
    for fault in [
        refusal_of_batches(400, CUSTOMIZATION_RUNNING, 1),
        for_an_hour,
        refusal_of_a_part(429, CUSTOMIZATION_RUNNING),
    ] {
        let (plant, calls) = busy_plant(5).await;
        plant.fault(fault);
        let report = plant.call_sync().await.pass(Freshness::Fresh).await;
        assert!(matches!(class_of_stop(&report), ErrorClass::Throttled { .. }));
        let store = plant.store().await;
        assert!(store.failed_due(&plant.tenant(), plant.now()).await.unwrap().is_empty());
        plant.calm();
        assert_good(&plant.call_sync().await.pass(Freshness::Fresh).await);
        assert_invariants(&plant, &Expected::logged(calls)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_refused_as_a_whole_is_halved_until_the_culprit_stands_alone() {
    let (plant, calls) = busy_plant(4).await;
    // The batch, its first half, and the first call of that.
    plant.fault(refusal_of_batches(400, "0x80048d19", 3));
    let call_sync = plant.call_sync().await;
    let report = call_sync.pass(Freshness::Fresh).await;
    assert_good(&report);
    let culprit = the_failed_call(&report, &calls);
    let expected = Expected::logged(calls.clone());
    assert_invariants(&plant, &expected.clone().and(culprit, Fate::Failed)).await;
    let report = call_sync.pass(Freshness::Fresh).await;
    assert_eq!((count(&report, "Logged"), count(&report, "AlreadyLogged")), (1, 3));
    assert_invariants(&plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_was_disabled_just_now_gives_way_to_the_fallback_owner() {
    let (plant, calls) = busy_plant(1).await;
    let call_sync = plant.call_sync().await;
    call_sync.pass(Freshness::Fresh).await;
    let mut anna = Agent::Anna.user_row();
    anna["isdisabled"] = true.into();
    plant.load(World::new().row("systemusers", anna));
    // The directory is fresh enough to be taken for right, and says nothing of that.
    let again = Call::incoming(2, plant.ago_secs(75), &Customer::contact(1));
    plant.load(World::new().call(&again));
    assert_good(&call_sync.pass(Freshness::Cached).await);
    let expected = Expected::logged(calls).and(&again, Fate::LoggedFor(Agent::Deputy));
    assert_invariants(&plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_both_owners_are_refused_the_call_waits_for_one_who_is_not() {
    let (plant, calls) = busy_plant(2).await;
    let without_roles = |agent: Agent| {
        let mut user = agent.user_row();
        user["roles"] = json!([]);
        user
    };
    let [anna, deputy] = [Agent::Anna, Agent::Deputy].map(without_roles);
    plant.load(World::new().row("systemusers", anna).row("systemusers", deputy));
    let call_sync = plant.call_sync().await;
    let report = call_sync.pass(Freshness::Fresh).await;
    assert_good(&report);
    let expected = calls.iter().fold(Expected::nothing(), |it, call| it.and(call, Fate::Failed));
    assert_invariants(&plant, &expected).await;
    plant.load(World::new().row("systemusers", Agent::Anna.user_row()));
    call_sync.pass(Freshness::Cached).await;
    assert_invariants(&plant, &Expected::logged(calls)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_a_customer_deleted_just_now_waits_and_the_others_are_logged() {
    let (plant, calls) = busy_plant(2).await;
    let call_sync = plant.call_sync().await;
    call_sync.pass(Freshness::Fresh).await;
    let [gone, here] = [Customer::contact(1), Customer::contact(2)];
    let person = plant.outsider();
    person.delete(&gone.path()).await;
    let before = person.phone_calls().await;
    // The directory is fresh enough to be taken for right, and still knows both.
    let again = Call::incoming(3, plant.ago_secs(75), &gone);
    let other = Call::incoming(4, plant.ago_secs(75), &here);
    plant.load(World::new().call(&again).call(&other));
    assert_good(&call_sync.pass(Freshness::Cached).await);
    let expected = Expected::logged(calls.into_iter().chain([other])).untouched(before);
    assert_invariants(&plant, &expected.and(&again, Fate::Deferred("NoMatch"))).await;
}
