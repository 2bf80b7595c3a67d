//! Phone calls that a person or the agent's widget made for the same call.

use std::time::{Duration, Instant};

use call_sync::Freshness;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use test_support::{Agent, Call, Customer, Expected, Fate, TestPlant, World, assert_invariants};
use uuid::Uuid;

use super::assert_good;

const WIDGET: Uuid = Uuid::from_u128(0x77);

/// A phone call row by the widget.
fn by_widget(call: &Call, start: DateTime<Utc>) -> Value {
    json!({
        "activityid": WIDGET, "subject": "Call from the widget", "phonenumber": call.phone(),
        "directioncode": call.is_outgoing(), "statecode": 1, "statuscode": 4,
        "actualstart": start.to_rfc3339_opts(SecondsFormat::Secs, true),
        "ownerid@odata.bind": format!("/systemusers({})", Agent::Anna.user_id()),
        "ev_syncsource": 451_000_004
    })
}

/// A plant with two calls of one customer, twenty seconds apart.
async fn two_calls() -> (TestPlant, [Call; 2]) {
    let (plant, customer) = (TestPlant::start().await, Customer::contact(1));
    let call = |number, ago| Call::incoming(number, plant.ago_secs(ago), &customer).talk_secs(5);
    let calls = [call(1, 120), call(2, 100)];
    plant.load(World::new().customer(&customer).calls(&calls));
    (plant, calls)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_two_calls_could_take_goes_to_the_nearer_one() {
    for (nearer, seconds) in [(0, 5), (1, 16)] {
        let (plant, calls) = two_calls().await;
        let start = calls[0].start() + chrono::Duration::seconds(seconds);
        plant.load(World::new().row("phonecalls", by_widget(&calls[0], start)));
        let before = plant.outsider().phone_calls().await;
        let call_sync = plant.call_sync().await;
        let expected = Expected::logged(calls.clone());
        let expected = expected.and(&calls[nearer], Fate::Adopted(WIDGET)).kept(before);
        for _ in 0..2 {
            assert_good(&call_sync.pass(Freshness::Fresh).await);
            assert_invariants(&plant, &expected).await;
        }
    }
}

/// Runs a pass whose batch is refused for a moment, and does something while it waits.
async fn pass_interrupted(plant: &TestPlant, meanwhile: impl AsyncFnOnce()) {
    plant.fault(json!({"system": "dataverse", "path_contains": "$batch", "kind": "status",
                       "status": 503, "retry_after": 1}));
    let call_sync = plant.call_sync().await;
    let pass = tokio::spawn(async move { call_sync.pass(Freshness::Fresh).await });
    let deadline = Instant::now() + Duration::from_secs(20);
    let was_refused = || {
        let requests = plant.requests_since(0, "dataverse");
        requests.iter().any(|request| request.status == Some(503))
    };
    while !was_refused() {
        assert!(Instant::now() < deadline, "the batch is sent");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    meanwhile().await;
    assert_good(&pass.await.unwrap());
}

/// What must become of a call whose row a person edits between our look and our write.
async fn check_edit(edit: Value, fate: Fate) {
    let (plant, customer) = (TestPlant::start().await, Customer::contact(1));
    let call = Call::incoming(1, plant.ago_secs(100), &customer);
    let row = by_widget(&call, call.start());
    plant.load(World::new().customer(&customer).call(&call).row("phonecalls", row));
    let person = plant.outsider();
    let path = format!("phonecalls({WIDGET})");
    pass_interrupted(&plant, async || person.edit(&path, edit.clone()).await).await;
    let refused = |request: &sandbox::LoggedRequest| {
        request.inner.iter().any(|operation| operation.status == 412)
    };
    assert!(plant.requests_since(0, "dataverse").iter().any(refused), "If-Match holds");
    let row = person.phone_call(WIDGET).await;
    for (column, value) in edit.as_object().unwrap() {
        assert_eq!(row[column], *value, "{edit}");
    }
    let expected = Expected::nothing().and(&call, fate).kept([row.clone()]);
    let expected = if fate == Fate::Adopted(WIDGET) { expected } else { expected.untouched([row]) };
    assert_invariants(&plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_a_person_edits_meanwhile_is_looked_at_again_before_it_is_adopted() {
    check_edit(json!({"subject": "Asked for an offer"}), Fate::Adopted(WIDGET)).await;
    check_edit(json!({"ev_queuename": "My own words"}), Fate::Adopted(WIDGET)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_another_call_by_now_is_left_alone() {
    check_edit(json!({"phonenumber": "+358501999999"}), Fate::LoggedFor(Agent::Anna)).await;
    check_edit(json!({"ev_callid": "another call"}), Fate::LoggedFor(Agent::Anna)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_a_person_deletes_meanwhile_is_made() {
    let (plant, customer) = (TestPlant::start().await, Customer::contact(1));
    let call = Call::incoming(1, plant.ago_secs(100), &customer);
    let row = by_widget(&call, call.start());
    plant.load(World::new().customer(&customer).call(&call).row("phonecalls", row));
    let person = plant.outsider();
    pass_interrupted(&plant, async || person.delete(&format!("phonecalls({WIDGET})")).await).await;
    assert_invariants(&plant, &Expected::logged([call])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_adopted_is_left_alone_whatever_a_person_does_with_it() {
    let (plant, calls) = two_calls().await;
    let row = by_widget(&calls[0], calls[0].start());
    plant.load(World::new().row("phonecalls", row));
    let call_sync = plant.call_sync().await;
    call_sync.pass(Freshness::Fresh).await;
    let (person, path) = (plant.outsider(), format!("phonecalls({WIDGET})"));
    person.edit(&path, json!({"ev_audit": null, "ev_callend": null, "subject": "Mine"})).await;
    let edited = person.phone_call(WIDGET).await;
    for call_sync in [&call_sync, &plant.call_sync().await] {
        assert_good(&call_sync.pass(Freshness::Fresh).await);
        assert_good(&call_sync.retro().await);
    }
    let expected = Expected::logged(calls.clone()).and(&calls[0], Fate::Adopted(WIDGET));
    assert_invariants(&plant, &expected.untouched([edited])).await;
}
