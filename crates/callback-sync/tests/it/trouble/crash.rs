//! The process dies at some step, or a step fails for it: the work is repeated and changes nothing.

use callback_sync::Freshness;
use chrono::Duration;
use serde_json::json;
use sync_store::{CallbackOutcome, Close, Store};
use test_support::{
    CallbackFate, CallbackRequest, Customer, DuplicateRule, SyncMethod, assert_callback_invariants,
};
use voice_model::ActivityId;

use super::{
    Desk, assert_good, claims_end, closes_since, count, dies_after_losing, dies_at,
    dies_before_it_records, refusal, writes_since,
};

/// What the store says of a request.
async fn dealt(desk: &Desk, request: &CallbackRequest) -> Option<(CallbackOutcome, Close)> {
    let known = desk.plant.store().await.callbacks(&desk.plant.tenant(), &[request.id()]).await;
    known.unwrap().get(&request.id()).map(|dealt| (dealt.outcome, dealt.close))
}

/// Dynamics carries the next batch out, and what it says never arrives.
fn lose_the_answer(desk: &Desk) {
    desk.plant.fault(json!({"system": "dataverse", "path_contains": "$batch", "method": "POST",
                            "kind": "drop_after_commit"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_and_not_recorded_is_recorded_and_closed_by_the_next_pass() {
    for by_webhook in [true, false] {
        let desk = Desk::by(SyncMethod::WebhookBackedWithPolling).await;
        let requests = desk.add(1..=3);
        let heard = if by_webhook { desk.hear(&requests).await } else { Vec::new() };
        dies_before_it_records(&desk).await;
        assert_eq!(desk.plant.outsider().callbacks().await.len(), 3, "it was carried out");
        for request in &requests {
            assert_eq!(dealt(&desk, request).await, None);
            assert_eq!(desk.plant.outsider().callback_state(request).await, "Open");
        }
        let mark = desk.plant.mark();
        claims_end(&desk.plant);
        let report = desk.pass().await;
        assert_good(&report);
        assert_eq!((count(&report, "AlreadyDone"), report.closed), (3, 3));
        assert_eq!(writes_since(&desk.plant, mark), 0, "nothing new is written");
        let expected = desk.expected().queued(&requests).heard(heard);
        assert_callback_invariants(&desk.plant, &expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_doubles_nothing_within_a_pass() {
    for rule in [DuplicateRule::Bundle, DuplicateRule::Ignore] {
        let desk = Desk::with_rule(rule).await;
        let requests = desk.add(1..=20);
        lose_the_answer(&desk);
        let report = desk.pass().await;
        assert_good(&report);
        assert_eq!(report.closed, 20);
        desk.assert_queued(&requests).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_or_closed_for_a_pass_that_died_before_it_wrote() {
    for (method, path) in [
        ("GET", "callbacks/items"),
        ("GET", "/items?"),
        ("GET", "phonecalls"),
        ("GET", "contacts"),
        ("POST", "$batch"),
    ] {
        let desk = Desk::by(SyncMethod::WebhookBackedWithPolling).await;
        let requests = desk.add(1..=3);
        let heard = desk.hear(&requests[..2]).await;
        dies_at(&desk.plant, &desk.plant.callback_sync().await, method, path).await;
        assert!(desk.plant.outsider().callbacks().await.is_empty());
        assert!(desk.plant.outsider().queue_items().await.is_empty());
        assert_eq!(closes_since(&desk.plant, 0), 0);
        claims_end(&desk.plant);
        assert_good(&desk.pass().await);
        let expected = desk.expected().queued(&requests).heard(heard);
        assert_callback_invariants(&desk.plant, &expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_recorded_and_not_closed_is_closed_by_the_next_pass() {
    let desk = Desk::by(SyncMethod::WebhookBackedWithPolling).await;
    let requests = desk.add(1..=3);
    let heard = desk.hear(&requests).await;
    dies_at(&desk.plant, &desk.plant.callback_sync().await, "PUT", "callbacks/items").await;
    for request in &requests {
        let activity = ActivityId(request.activity_id());
        let outcome = CallbackOutcome::Created { activity, bundled_into: None };
        let due = Close::Due { at: desk.plant.now(), attempts: 0 };
        assert_eq!(dealt(&desk, request).await, Some((outcome, due)), "recorded before");
        assert_eq!(desk.plant.outsider().callback_state(request).await, "Open");
    }
    let mark = desk.plant.mark();
    // Events that are done are nobody's: there is no claim to wait for.
    let report = desk.pass().await;
    assert_good(&report);
    assert_eq!((report.closed, report.events), (3, 0));
    assert_eq!(writes_since(&desk.plant, mark), 0);
    let expected = desk.expected().queued(&requests).heard(heard);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_closed_and_not_kept_as_closed_is_found_closed() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let requests = desk.add(1..=2);
    let sync = desk.plant.callback_sync().await;
    dies_after_losing(2, &desk.plant, &sync, "PUT", "callbacks/items").await;
    for request in &requests {
        assert_eq!(desk.plant.outsider().callback_state(request).await, "Closed");
    }
    let report = desk.pass().await;
    assert_good(&report);
    assert_eq!(report.closed, 2);
    desk.assert_queued(&requests).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_set_refused_half_way_leaves_neither_row_nor_queue_item() {
    for (path, method) in [("AddToQueue", "POST"), ("phonecalls", "POST")] {
        let desk = Desk::by(SyncMethod::Polling).await;
        let requests = desk.add(1..=5);
        desk.plant.fault(json!({"system": "dataverse", "inner": true, "method": method,
            "path_contains": path, "kind": "status", "status": 400, "code": "0x80040265",
            "skip": 2}));
        let sync = desk.plant.callback_sync().await;
        let report = sync.pass(Freshness::Fresh).await;
        assert_good(&report);
        assert_eq!((count(&report, "Created"), count(&report, "Failed")), (4, 1), "{method}");
        let failed = report.handled.iter().find(|it| it.outcome.name() == "Failed").unwrap();
        let failed = requests.iter().find(|it| it.id() == failed.item).unwrap();
        let expected = desk.expected().queued(&requests).and(failed, CallbackFate::Waiting);
        assert_callback_invariants(&desk.plant, &expected.inbox(1, 0)).await;
        let items = desk.plant.outsider().queue_items().await;
        assert_eq!(items.len(), 4);
        desk.plant.pass_time(Duration::seconds(5));
        let report = sync.pass(Freshness::Cached).await;
        assert_eq!(count(&report, "Created"), 1);
        desk.assert_queued(&requests).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_call_that_an_agent_took_out_of_its_queue_is_not_put_back() {
    let desk = Desk::by(SyncMethod::WebhookBackedWithPolling).await;
    let requests = desk.add(1..=1);
    // Recorded, and the close is not carried out.
    dies_at(&desk.plant, &desk.plant.callback_sync().await, "PUT", "callbacks/items").await;
    let item = desk.plant.outsider().queue_items().await.remove(0);
    let key = item["queueitemid"].as_str().unwrap();
    desk.plant.outsider().delete(&format!("queueitems({key})")).await;
    desk.hear(&requests).await;
    for _ in 0..2 {
        assert_good(&desk.pass().await);
        desk.plant.pass_time(Duration::minutes(1));
    }
    assert!(desk.plant.outsider().queue_items().await.is_empty());
    let expected = desk.expected().and(&requests[0], CallbackFate::Touched);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_call_that_an_agent_moved_before_it_was_recorded_stays_where_it_is() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let other = test_support::Queue::new(2);
    desk.plant.load(test_support::World::new().queue(&other));
    let requests = desk.add(1..=1);
    dies_before_it_records(&desk).await;
    let item = desk.plant.outsider().queue_items().await.remove(0);
    let path = format!("queueitems({})", item["queueitemid"].as_str().unwrap());
    let move_it = json!({"queueid@odata.bind": format!("/{}", other.path())});
    desk.plant.outsider().edit(&path, move_it).await;
    assert_good(&desk.pass().await);
    let queue = desk.plant.outsider().queue_of(requests[0].activity_id()).await;
    assert_eq!(queue, Some(other.id()));
    let expected = desk.expected().and(&requests[0], CallbackFate::Touched);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_phone_call_of_ours_in_no_queue_that_nobody_recorded_is_queued() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let requests = desk.add(1..=2);
    dies_before_it_records(&desk).await;
    // As an environment leaves it that does not keep change sets whole.
    for item in desk.plant.outsider().queue_items().await {
        let key = item["queueitemid"].as_str().unwrap();
        desk.plant.outsider().delete(&format!("queueitems({key})")).await;
    }
    // One of the two is done already: nobody needs it in a queue.
    let done = json!({"statecode": 1, "statuscode": 2});
    desk.plant.outsider().edit(&requests[1].path(), done).await;
    assert_good(&desk.pass().await);
    assert_eq!(desk.plant.outsider().queue_items().await.len(), 1);
    let expected = desk.expected().queued(&requests[..1]);
    let expected = expected.and(&requests[1], CallbackFate::Touched);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_queued_now_is_queued_later_though_its_age_has_passed() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let requests = desk.add(1..=1);
    dies_before_it_records(&desk).await;
    let item = desk.plant.outsider().queue_items().await.remove(0);
    let key = item["queueitemid"].as_str().unwrap();
    desk.plant.outsider().delete(&format!("queueitems({key})")).await;
    // Polls come to their end; only queueing is throttled, for longer than the age of the profile.
    for _ in 0..5 {
        desk.plant.fault(refusal("dataverse", "AddToQueue"));
        desk.pass().await;
        desk.plant.pass_time(Duration::hours(1));
        desk.plant.calm();
    }
    assert_good(&desk.pass().await);
    desk.assert_queued(&requests).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_fails_is_repeated_by_the_next_pass() {
    for (system, path) in [
        ("enreach", "callbacks/items"),
        ("enreach", "/items?"),
        ("dataverse", "phonecalls?"),
        ("dataverse", "contacts"),
        ("dataverse", "queues"),
        ("dataverse", "$batch"),
    ] {
        let desk = Desk::by(SyncMethod::WebhookBackedWithPolling).await;
        let requests = desk.add(1..=4);
        let heard = desk.hear(&requests[..2]).await;
        desk.plant.fault(refusal(system, path));
        let report = desk.pass().await;
        assert!(report.error.is_some(), "{path}");
        desk.plant.calm();
        desk.plant.pass_time(Duration::seconds(15));
        assert_good(&desk.pass().await);
        let expected = desk.expected().queued(&requests).heard(heard);
        assert_callback_invariants(&desk.plant, &expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_at_once_create_one_phone_call_of_each_request() {
    let desk = Desk::with_rule(DuplicateRule::Ignore).await;
    let requests = desk.add(1..=30);
    desk.hear(&requests).await;
    let (one, other) = (desk.plant.callback_sync().await, desk.plant.callback_sync().await);
    let (one, other) = tokio::join!(one.pass(Freshness::Fresh), other.pass(Freshness::Fresh));
    assert_good(&one);
    assert_good(&other);
    desk.assert_queued(&requests).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicates_of_one_that_was_written_and_not_recorded_find_it() {
    let desk = Desk::with_rule(DuplicateRule::Ignore).await;
    let requests = desk.add_of_one(1..=4, &Customer::contact(1));
    dies_before_it_records(&desk).await;
    assert_good(&desk.pass().await);
    let first = requests[0].activity_id();
    let expected = requests[1..]
        .iter()
        .fold(desk.expected(), |it, request| it.and(request, CallbackFate::Ignored(first)))
        .queued(&requests[..1]);
    assert_callback_invariants(&desk.plant, &expected).await;
}
