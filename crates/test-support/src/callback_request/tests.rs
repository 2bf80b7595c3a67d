//! What the builders of callbacks make is what the simulated systems then hold.

use chrono::Duration;

use super::*;
use crate::{
    AgeUnit, CallbackProfile, DuplicateRule, OwnershipRule, Queue, SyncMethod, TestPlant, World,
};

fn expect(row: &Value, columns: &[(&str, Value)]) {
    for (column, expected) in columns {
        assert_eq!(&row[*column], expected, "{column} of {row}");
    }
}

#[tokio::test]
async fn a_request_is_in_enreach_as_it_was_built() {
    let plant = TestPlant::start().await;
    let (list, aino) = (CallbackList::new(1), Customer::contact(1));
    let open = CallbackRequest::new(1, &list, plant.ago_secs(600), &aino)
        .due(plant.ago_secs(-3600))
        .noted("after six");
    let reserved = CallbackRequest::new(2, &list, plant.ago_secs(60), &aino)
        .from_number("anonymous")
        .reserved_by(Agent::Anna);
    let closed = CallbackRequest::new(3, &list, plant.ago_secs(60), &aino).closed();
    let expiring =
        CallbackRequest::new(4, &list, plant.ago_secs(60), &aino).expiring(plant.ago_secs(-60));
    let call = Call::incoming(1, plant.ago_secs(700), &aino);
    let missed = CallbackRequest::new(5, &list, plant.ago_secs(60), &aino).after(&call);
    let all = [&open, &reserved, &closed, &expiring, &missed];
    plant.load(World::new().callback_list(&list).callbacks(all));

    let enreach = plant.outsider();
    expect(
        &enreach.callback_item(&open).await,
        &[
            ("Id", json!(open.id().as_str())),
            ("CallbackListId", json!(list.id().as_str())),
            ("Number", json!(aino.phone())),
            ("Created", json!("2026-03-04T11:50:00Z")),
            ("DueTime", json!("2026-03-04T13:00:00Z")),
            ("State", json!("Open")),
            ("QueueName", json!("Sales")),
            ("Note", json!("after six")),
        ],
    );
    expect(
        &enreach.callback_item(&reserved).await,
        &[("Number", json!("anonymous")), ("AssignedUserId", json!(Agent::Anna.agent_id()))],
    );
    expect(&enreach.callback_item(&missed).await, &[("CallId", json!(call.id().as_str()))]);
    let states = async || {
        let mut states = Vec::new();
        for request in all {
            states.push(enreach.callback_state(request).await);
        }
        states
    };
    assert_eq!(states().await, ["Open", "Reserved", "Closed", "Open", "Open"]);
    plant.pass_time(Duration::minutes(2));
    enreach.edit_callback(&open, json!({"State": "Closed"})).await;
    assert_eq!(states().await, ["Closed", "Reserved", "Closed", "Expired", "Open"]);
}

#[tokio::test]
async fn profiles_and_queues_are_in_dynamics_as_they_were_built() {
    let plant = TestPlant::start().await;
    let list = CallbackList::new(1);
    let queues =
        [Queue::new(1), Queue::new(2).owned_by(Agent::Anna), Queue::new(3).owned_by_team()];
    let usual = CallbackProfile::new(1, &list, &queues[0]).created(plant.ago_secs(3600));
    let other = CallbackProfile::new(2, &list, &queues[2])
        .ownership(OwnershipRule::OwnerOfQueue)
        .subject("Call back")
        .duplicates(DuplicateRule::Ignore)
        .method(SyncMethod::WebhookBackedWithPolling)
        .age(2, AgeUnit::Minutes)
        .inactive();
    let world = queues.iter().fold(World::new(), World::queue);
    plant.load(world.profile(&usual).profile(&other));

    let dynamics = plant.outsider();
    for (queue, owner) in
        queues.iter().zip([Agent::Deputy.user_id(), Agent::Anna.user_id(), queues[2].owner_id()])
    {
        expect(&dynamics.row(&queue.path()).await, &[("_ownerid_value", json!(owner))]);
    }
    assert_eq!(dynamics.rows("teams").await.len(), 1);
    expect(
        &dynamics.row(&usual.path()).await,
        &[
            ("ev_callbacklistid", json!(list.id().as_str())),
            ("_ev_queueid_value", json!(queues[0].id())),
            ("ev_ownershiprule", json!(451_000_000)),
            ("ev_phonecallsubject", Value::Null),
            ("ev_duplicatehandlingrule", json!(451_000_000)),
            ("ev_syncmethod", json!(451_000_000)),
            ("ev_agetimeunit", json!(451_000_001)),
            ("ev_callbackage", json!(3)),
            ("statecode", json!(0)),
            ("createdon", json!("2026-03-04T11:00:00Z")),
        ],
    );
    expect(
        &dynamics.row(&other.path()).await,
        &[
            ("_ev_queueid_value", json!(queues[2].id())),
            ("ev_ownershiprule", json!(451_000_001)),
            ("ev_phonecallsubject", json!("Call back")),
            ("ev_duplicatehandlingrule", json!(451_000_001)),
            ("ev_syncmethod", json!(451_000_002)),
            ("ev_agetimeunit", json!(451_000_002)),
            ("ev_callbackage", json!(2)),
            ("statecode", json!(1)),
        ],
    );
}

#[tokio::test]
async fn phone_calls_of_callbacks_are_found_with_their_queue() {
    let plant = TestPlant::start().await;
    let (list, aino) = (CallbackList::new(1), Customer::contact(1));
    let request = CallbackRequest::new(1, &list, plant.ago_secs(600), &aino);
    let (queue, other) = (Queue::new(1), id(0x77, 1));
    plant.load(
        World::new()
            .queue(&queue)
            .row("phonecalls", json!({"activityid": other, "subject": "no callback"}))
            .row(
                "phonecalls",
                json!({"activityid": request.activity_id(), "ev_callbackid": request.id().as_str()}),
            )
            .row(
                "queueitems",
                json!({
                    "queueitemid": id(0x78, 1),
                    "queueid@odata.bind": format!("/{}", queue.path()),
                    "objectid_phonecall@odata.bind": format!("/{}", request.path()),
                }),
            ),
    );
    let dynamics = plant.outsider();
    let callbacks = dynamics.callbacks().await;
    assert_eq!(callbacks.len(), 1);
    assert_eq!(callbacks[0]["activityid"], json!(request.activity_id()));
    assert_eq!(dynamics.queue_items().await.len(), 1);
    assert_eq!(dynamics.queue_of(request.activity_id()).await, Some(queue.id()));
    assert_eq!(dynamics.queue_of(other).await, None);
}

#[test]
fn the_key_of_a_phone_call_is_that_of_the_design() {
    let request =
        CallbackRequest::new(1, &CallbackList::new(1), DateTime::UNIX_EPOCH, &Customer::contact(1));
    let organization = ENREACH_ORGANIZATION_ID.to_string().parse().unwrap();
    let expected = voice_model::ActivityId::of_callback(&organization, &request.id());
    assert_eq!(request.activity_id().to_string(), expected.to_string());
}
