//! Too much at once, and nothing at all.

use callback_sync::Freshness;
use chrono::Duration;
use serde_json::json;
use sync_store::Store;
use test_support::{
    CallbackFate, CallbackList, CallbackProfile, CallbackRequest, Customer, ExpectedCallbacks,
    Queue, SyncMethod, TestPlant, World, assert_callback_invariants,
};
use voice_model::ErrorClass;

use super::{Desk, assert_good, class_of_stop, closes_since, count};

/// Requests, execution time, concurrency (Dataverse reference, section 7.1).
const LIMITS: [&str; 3] = ["0x80072322", "0x80072321", "0x80072326"];

#[tokio::test(flavor = "multi_thread")]
async fn a_short_wait_in_the_middle_of_a_burst_is_kept() {
    let desk = Desk::by(SyncMethod::Webhook).await;
    let requests = desk.add(1..=120);
    let heard = desk.hear(&requests).await;
    desk.plant.fault(json!({"system": "dataverse", "path_contains": "$batch", "kind": "status",
                            "status": 429, "code": LIMITS[0], "retry_after": 1, "skip": 1}));
    let report = desk.pass().await;
    assert_good(&report);
    assert_eq!((count(&report, "Created"), report.closed), (120, 120));
    assert!(desk.plant.requests_since(0, "dataverse").iter().any(|it| it.status == Some(429)));
    let expected = desk.expected().queued(&requests).heard(heard);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_wait_ends_the_pass_counts_no_attempt_and_loses_nothing() {
    for (code, inner) in [(LIMITS[0], false), (LIMITS[1], true), (LIMITS[2], true)] {
        let desk = Desk::by(SyncMethod::WebhookBackedWithPolling).await;
        let requests = desk.add(1..=60);
        let heard = desk.hear(&requests[..40]).await;
        let path = if inner { "phonecalls" } else { "$batch" };
        desk.plant.fault(json!({"system": "dataverse", "method": "POST", "path_contains": path,
            "inner": inner, "kind": "status", "status": 429, "code": code, "retry_after": 3_600,
            "skip": if inner { 10 } else { 0 }, "count": 1_000}));
        let sync = desk.plant.callback_sync().await;
        let report = sync.pass(Freshness::Fresh).await;
        assert!(matches!(class_of_stop(&report), ErrorClass::Throttled { .. }), "{code}");
        // What was let in is recorded and closed.
        let created = count(&report, "Created");
        assert_eq!(created, if inner { 10 } else { 0 });
        assert_eq!(closes_since(&desk.plant, 0), created);
        let inbox = desk.plant.store().await.inbox(&desk.plant.tenant(), 100).await.unwrap();
        assert!(inbox.iter().all(|event| event.attempts == 0), "{inbox:?}");
        desk.plant.calm();
        desk.plant.pass_time(Duration::hours(5));
        assert_good(&desk.pass().await);
        let expected = desk.expected().queued(&requests).heard(heard);
        assert_callback_invariants(&desk.plant, &expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_events_at_once_are_dealt_with_in_one_pass_and_a_few_requests() {
    let desk = Desk::by(SyncMethod::Webhook).await;
    let requests = desk.add(1..=500);
    let heard = desk.hear(&requests).await;
    let report = desk.pass().await;
    assert_good(&report);
    assert_eq!((report.events, count(&report, "Created"), report.closed), (500, 500, 500));
    let asked = report.dataverse_requests;
    assert!(asked <= 10 + 2 * 12, "{asked} requests to Dynamics for 500 callbacks");
    let expected = desk.expected().queued(&requests).heard(heard);
    assert_callback_invariants(&desk.plant, &expected).await;
}

/// The store's file and its log, as they are.
fn bytes_of_store(plant: &TestPlant) -> Vec<Vec<u8>> {
    let path = plant.store_path();
    let log = path.with_extension("db-wal");
    [path, log].into_iter().map(|file| std::fs::read(file).unwrap_or_default()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_pass_asks_once_for_each_polled_list_and_writes_nothing() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let mut world = World::new();
    for (number, method) in [
        (2, SyncMethod::WebhookBackedWithPolling),
        (3, SyncMethod::Webhook),
        (4, SyncMethod::Polling),
    ] {
        let list = CallbackList::new(number);
        let profile = CallbackProfile::new(number, &list, &desk.queue).method(method);
        world = world.callback_list(&list).profile(&profile);
    }
    desk.plant.load(world);
    let requests = desk.add(1..=2);
    let sync = desk.plant.callback_sync().await;
    assert_good(&sync.pass(Freshness::Cached).await);
    let before = bytes_of_store(&desk.plant);
    // Each third minute it is kept up to where lists were polled.
    for minute in 1..=2 {
        desk.plant.pass_time(Duration::minutes(1));
        let mark = desk.plant.mark();
        let report = sync.pass(Freshness::Cached).await;
        assert_good(&report);
        let asked = desk.plant.requests_since(mark, "enreach");
        assert!(asked.iter().all(|it| it.path.contains("/items?")), "{asked:?}");
        assert_eq!((asked.len(), report.dataverse_requests), (3, 0), "minute {minute}");
        assert!(desk.plant.requests_since(mark, "dataverse").is_empty());
        // A wake-up that finds nothing asks nobody.
        let mark = desk.plant.mark();
        assert_good(&sync.pass(Freshness::Cached).await);
        assert_eq!(desk.plant.mark(), mark);
    }
    assert!(bytes_of_store(&desk.plant) == before, "an idle pass waits for no disk");
    desk.assert_queued(&requests).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_items_polled_again_and_again_cost_one_request_and_no_write() {
    let desk = Desk::by(SyncMethod::Polling).await;
    desk.plant.set("CloseCallbacksInEnreach", "false");
    let requests = desk.add(1..=10);
    let sync = desk.plant.callback_sync().await;
    assert_good(&sync.pass(Freshness::Cached).await);
    let before = bytes_of_store(&desk.plant);
    for _ in 0..2 {
        desk.plant.pass_time(Duration::minutes(1));
        let report = sync.pass(Freshness::Cached).await;
        assert_eq!((report.enreach_requests, report.dataverse_requests), (1, 0));
    }
    assert!(bytes_of_store(&desk.plant) == before);
    let expected = desk.expected().queued(&requests).not_closed(&requests);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_lists_are_polled_in_one_pass_and_one_that_is_gone_stops_no_other() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let (mut world, mut profiles) = (World::new(), vec![desk.profile.clone()]);
    let mut requests = desk.add(1..=1);
    for number in 2..=10 {
        let (list, queue) = (CallbackList::new(number), Queue::new(number));
        let profile = CallbackProfile::new(number, &list, &queue);
        let customer = Customer::contact(number);
        let request = CallbackRequest::new(number, &list, desk.plant.ago_secs(60), &customer);
        world = world.callback_list(&list).queue(&queue).profile(&profile).customer(&customer);
        world = world.callback(&request);
        profiles.push(profile);
        requests.push(request);
    }
    desk.plant.load(world);
    let gone = format!("callbacks/lists/{}/items", profiles[4].list().id());
    desk.plant.fault(json!({"system": "enreach", "path_contains": gone, "kind": "status",
                            "status": 404, "count": 1_000}));
    let sync = desk.plant.callback_sync().await;
    let report = sync.pass(Freshness::Cached).await;
    assert_good(&report);
    let list = profiles[4].list().id();
    super::assert_finding(&report, &["Profile 5", "knows no callback list", list.as_str()]);
    assert_eq!(count(&report, "Created"), 9);
    let expected = ExpectedCallbacks::of(&profiles).queued(&requests);
    let without = expected.clone().and(&requests[4], CallbackFate::Waiting);
    assert_callback_invariants(&desk.plant, &without).await;
    // It comes back, long after the age of its profile has passed.
    desk.plant.pass_time(Duration::hours(20));
    assert_good(&sync.pass(Freshness::Cached).await);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_read_stops_no_other() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let (list, queue) = (CallbackList::new(2), Queue::new(2));
    let profile = CallbackProfile::new(2, &list, &queue);
    let sick = CallbackRequest::new(2, &list, desk.plant.ago_secs(60), &Customer::contact(2));
    let world = World::new().callback_list(&list).queue(&queue).profile(&profile).callback(&sick);
    desk.plant.load(world);
    let well = desk.add(1..=1);
    desk.plant.fault(json!({"system": "enreach", "path_contains": format!("lists/{}", list.id()),
                            "kind": "status", "status": 507, "count": 1_000}));
    let sync = desk.plant.callback_sync().await;
    let report = sync.pass(Freshness::Cached).await;
    assert_eq!(class_of_stop(&report), ErrorClass::Transient);
    let expected = ExpectedCallbacks::of([&desk.profile, &profile]).queued(&well);
    let without = expected.clone().and(&sick, CallbackFate::Waiting);
    assert_callback_invariants(&desk.plant, &without).await;
    desk.plant.pass_time(Duration::hours(20));
    assert_good(&sync.pass(Freshness::Cached).await);
    assert_callback_invariants(&desk.plant, &expected.queued([&sick])).await;
}
