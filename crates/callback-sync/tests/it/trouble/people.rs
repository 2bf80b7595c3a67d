//! Owners, recipients and customers who are refused, gone, or more than one.

use callback_sync::Freshness;
use chrono::Duration;
use sandbox::identity::APPLICATION_USER_ID;
use serde_json::{Value, json};
use test_support::{
    Agent, CallbackProfile, CallbackRequest, Customer, OwnershipRule, Queue, World,
    assert_callback_invariants,
};
use uuid::Uuid;

use super::{Desk, assert_finding, assert_good, count, writes_since};

/// A desk whose phone calls belong to the owner of their queue.
async fn owned_by_queue_owner(queue: Queue) -> Desk {
    let mut desk = Desk::with(|profile| profile.ownership(OwnershipRule::OwnerOfQueue)).await;
    desk.profile =
        CallbackProfile::new(1, &desk.list, &queue).ownership(OwnershipRule::OwnerOfQueue);
    desk.plant.load(World::new().queue(&queue).profile(&desk.profile));
    desk.queue = queue;
    desk
}

fn user(agent: Agent, name: &str, value: Value) -> Value {
    let mut row = agent.user_row();
    row[name] = value;
    row
}

/// The next phone calls are refused, because a queue cannot be a party here.
fn no_queue_as_party(desk: &Desk, count: usize) {
    desk.plant.fault(json!({"system": "dataverse", "inner": true, "method": "POST",
        "path_contains": "phonecalls", "kind": "status", "status": 400, "code": "0x80043506",
        "count": count}));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_of_the_queue_owns_its_phone_calls_where_the_profile_says_so() {
    for queue in [Queue::new(1), Queue::new(1).owned_by(Agent::Anna), Queue::new(1).owned_by_team()]
    {
        let desk = owned_by_queue_owner(queue).await;
        let requests = desk.add(1..=2);
        let report = desk.pass().await;
        assert_good(&report);
        desk.assert_queued(&requests).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_is_disabled_gives_way_to_the_api_user() {
    let desk = owned_by_queue_owner(Queue::new(1)).await;
    let disabled = user(Agent::Deputy, "isdisabled", true.into());
    desk.plant.load(World::new().row("systemusers", disabled));
    let requests = desk.add(1..=2);
    let report = desk.pass().await;
    assert_good(&report);
    assert_finding(&report, &["queue Queue 1", "disabled or gone", "owned by the API user"]);
    let expected = desk.expected().queued(&requests).owner(APPLICATION_USER_ID);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_whom_dynamics_refuses_gives_way_to_the_api_user() {
    for (name, value) in [("roles", json!([])), ("isdisabled", true.into())] {
        let desk = owned_by_queue_owner(Queue::new(1)).await;
        let sync = desk.plant.callback_sync().await;
        let before = desk.add(1..=1);
        assert_good(&sync.pass(Freshness::Cached).await);
        desk.assert_queued(&before).await;
        // The directory does not know it yet.
        desk.plant.load(World::new().row("systemusers", user(Agent::Deputy, name, value)));
        let after = desk.add(2..=4);
        desk.plant.pass_time(Duration::minutes(1));
        let report = sync.pass(Freshness::Cached).await;
        assert_good(&report);
        assert_finding(&report, &["does not accept the owner", "owned by the API user"]);
        for request in &after {
            let row = desk.plant.outsider().phone_call(request.activity_id()).await;
            assert_eq!(row["_ownerid_value"], APPLICATION_USER_ID.to_string());
            let queue = desk.plant.outsider().queue_of(request.activity_id()).await;
            assert_eq!(queue, Some(desk.queue.id()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recipient_is_the_queue_or_its_owner_and_never_a_team_or_one_who_is_gone() {
    let team = Queue::new(1).owned_by_team();
    for (rule, queue, disabled, recipient, finding) in [
        ("Queue", Queue::new(1), false, Some(Queue::new(1).id()), None),
        ("Nobody", Queue::new(1), false, Some(Queue::new(1).id()), None),
        ("QueueOwner", Queue::new(1), false, Some(Agent::Deputy.user_id()), None),
        ("QueueOwner", team.clone(), false, None, Some("owned by a team")),
        ("Queue", team, false, Some(Queue::new(1).id()), None),
        ("QueueOwner", Queue::new(1), true, None, Some("disabled or gone")),
    ] {
        let desk = owned_by_queue_owner(queue).await;
        let of_api_user = CallbackProfile::new(1, &desk.list, &desk.queue);
        desk.plant.load(World::new().profile(&of_api_user));
        desk.plant.set("CallbackRequestRecipientRule", rule);
        if disabled {
            let row = user(Agent::Deputy, "isdisabled", true.into());
            desk.plant.load(World::new().row("systemusers", row));
        }
        let requests = desk.add(1..=2);
        let report = desk.pass().await;
        assert_good(&report);
        if let Some(words) = finding {
            assert_finding(&report, &["queue Queue 1", words]);
        }
        let expected = test_support::ExpectedCallbacks::of([&of_api_user]).queued(&requests);
        assert_callback_invariants(&desk.plant, &expected.recipient(recipient)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_dynamics_takes_no_queue_as_party_its_owner_is_tried_and_that_is_remembered() {
    let desk = Desk::with(|profile| profile).await;
    let sync = desk.plant.callback_sync().await;
    let mut requests = desk.add(1..=3);
    no_queue_as_party(&desk, 3);
    let report = sync.pass(Freshness::Cached).await;
    assert_good(&report);
    assert_eq!(count(&report, "Created"), 3);
    let owner = Some(Agent::Deputy.user_id());
    let expected = desk.expected().recipient(owner);
    assert_callback_invariants(&desk.plant, &expected.clone().queued(&requests)).await;
    // From now on nobody asks.
    requests.extend(desk.add(4..=5));
    desk.plant.pass_time(Duration::minutes(1));
    let mark = desk.plant.mark();
    assert_good(&sync.pass(Freshness::Cached).await);
    assert_eq!(writes_since(&desk.plant, mark), 1);
    assert_callback_invariants(&desk.plant, &expected.queued(&requests)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_is_refused_in_every_role_still_has_a_phone_call() {
    // No queue as party, its owner has no roles, and the customer was deleted just now.
    let desk = owned_by_queue_owner(Queue::new(1)).await;
    let sync = desk.plant.callback_sync().await;
    let aino = Customer::contact(1);
    desk.plant.load(World::new().customer(&aino));
    let before = desk.add(2..=2);
    assert_good(&sync.pass(Freshness::Cached).await);
    let refused = user(Agent::Deputy, "roles", json!([]));
    desk.plant.load(World::new().row("systemusers", refused));
    desk.plant.outsider().delete(&aino.path()).await;
    let request = CallbackRequest::new(1, &desk.list, desk.plant.ago_secs(5), &aino);
    desk.plant.load(World::new().callback(&request));
    no_queue_as_party(&desk, 1);
    desk.plant.pass_time(Duration::minutes(1));
    let report = sync.pass(Freshness::Cached).await;
    assert_good(&report);
    assert_eq!(count(&report, "Created"), 1, "{:?}", report.handled);
    let row = desk.plant.outsider().phone_call(request.activity_id()).await;
    assert_eq!(row["_ownerid_value"], APPLICATION_USER_ID.to_string());
    assert_eq!(row["_regardingobjectid_value"], Value::Null);
    assert_eq!(before.len(), 1);
}

/// The customer of a phone call: as regarding, and as its sender.
async fn customer_of(desk: &Desk, request: &CallbackRequest) -> (Value, Value, Value) {
    let mut row = desk.plant.outsider().phone_call(request.activity_id()).await;
    let parties = row["phonecall_activity_parties"].as_array().cloned().unwrap_or_default();
    let sender = parties.iter().find(|party| party["participationtypemask"] == 1);
    let sender = sender.map_or(Value::Null, |party| party["_partyid_value"].clone());
    (row["_regardingobjectid_value"].take(), sender, row["ev_matchcount"].take())
}

/// A contact with this number.
fn contact(key: u128, number: &str) -> Value {
    json!({"contactid": Uuid::from_u128(key), "lastname": format!("Contact {key}"),
           "telephone1": number})
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_one_customer_is_named_and_of_several_none_unless_the_first_is_to_be_picked() {
    for (others, pick_first, named, matches) in
        [(0, false, true, 1), (0, true, true, 1), (2, false, false, 3), (2, true, true, 3)]
    {
        let desk = Desk::with(|profile| profile).await;
        let request = desk.add(1..=1).remove(0);
        let aino = Customer::contact(1);
        let world = (0..others).fold(World::new(), |world, other| {
            world.row("contacts", contact(0xffff_ffff_0000 + other, &aino.phone()))
        });
        desk.plant.load(world);
        desk.plant.set("MultipleMatchesPickFirst", if pick_first { "true" } else { "false" });
        assert_good(&desk.pass().await);
        let (regarding, sender, count) = customer_of(&desk, &request).await;
        assert_eq!((&regarding, count), (&sender, json!(matches)));
        assert_eq!(!regarding.is_null(), named, "{others} others, pick first: {pick_first}");
        desk.assert_queued([&request]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_has_a_phone_call_without_customer() {
    let desk = Desk::with(|profile| profile).await;
    let stranger = Customer::contact(77);
    let request = CallbackRequest::new(1, &desk.list, desk.plant.ago_secs(5), &stranger);
    desk.plant.load(World::new().callback(&request));
    assert_good(&desk.pass().await);
    assert_eq!(customer_of(&desk, &request).await, (Value::Null, Value::Null, json!(0)));
    desk.assert_queued([&request]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_deleted_just_now_gives_way_to_the_next_one_or_to_none() {
    for has_another in [false, true] {
        let desk = Desk::with(|profile| profile).await;
        let aino = Customer::contact(1);
        let other = 0xffff_ffff_0000;
        let mut world = World::new().customer(&aino);
        if has_another {
            world = world.row("contacts", contact(other, &aino.phone()));
            desk.plant.set("MultipleMatchesPickFirst", "true");
        }
        desk.plant.load(world);
        let sync = desk.plant.callback_sync().await;
        let mut requests = desk.add(2..=2);
        assert_good(&sync.pass(Freshness::Cached).await);
        // The directory does not know it yet.
        desk.plant.outsider().delete(&aino.path()).await;
        let request = CallbackRequest::new(1, &desk.list, desk.plant.ago_secs(5), &aino);
        desk.plant.load(World::new().callback(&request));
        desk.plant.pass_time(Duration::minutes(1));
        assert_good(&sync.pass(Freshness::Cached).await);
        let wanted = match has_another {
            true => json!(Uuid::from_u128(other)),
            false => Value::Null,
        };
        assert_eq!(customer_of(&desk, &request).await.0, wanted);
        requests.push(request);
        desk.assert_queued(&requests).await;
    }
}
