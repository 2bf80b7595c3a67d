//! Events that cannot be worked off, however often it is tried.

use callback_sync::{CallbackSync, Freshness};
use chrono::Duration;
use serde_json::{Value, json};
use sync_store::{EventKey, EventState, InboxEvent, Store};
use test_support::{
    CallbackFate, CallbackList, CallbackProfile, CallbackRequest, ExpectedCallbacks, Queue,
    SyncMethod, World, assert_callback_invariants,
};

use super::{Desk, assert_finding, assert_good, claims_end, count, dies_at};

/// The pause before each attempt.
const PAUSES_SECS: [i64; 8] = [0, 5, 30, 120, 600, 1_800, 7_200, 28_800];

/// The phone call of one request is refused so.
fn refusal() -> Value {
    json!({"system": "dataverse", "method": "POST", "path_contains": "phonecalls", "inner": true,
           "kind": "status", "status": 400, "count": 1_000,
           "body": {"error": {"code": "0x80040265", "message": "Plug-in: 0501234567 is on a list"}}})
}

async fn inbox(desk: &Desk) -> Vec<InboxEvent> {
    desk.plant.store().await.inbox(&desk.plant.tenant(), 1_000).await.unwrap()
}

async fn replay(desk: &Desk, key: Option<&EventKey>) -> usize {
    let (store, tenant) = (desk.plant.store().await, desk.plant.tenant());
    store.replay_dead_letters(&tenant, key, desk.plant.now()).await.unwrap()
}

/// Whether a pass tries to write.
async fn tries(desk: &Desk, sync: &CallbackSync) -> bool {
    let mark = desk.plant.mark();
    assert_good(&sync.pass(Freshness::Cached).await);
    super::writes_since(&desk.plant, mark) > 0
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_tried_eight_times_with_longer_and_longer_pauses_and_then_on_request() {
    for method in [SyncMethod::Webhook, SyncMethod::Polling] {
        let desk = Desk::by(method).await;
        let request = desk.add(1..=1).remove(0);
        if method == SyncMethod::Webhook {
            desk.hear([&request]).await;
        }
        desk.plant.fault(refusal());
        let sync = desk.plant.callback_sync().await;
        // What polling has found is first tried without being in the inbox.
        let pauses = PAUSES_SECS.into_iter().enumerate();
        let before = if method == SyncMethod::Polling { Some((0, 0)) } else { None };
        for (number, pause) in before.into_iter().chain(pauses) {
            let pause = if before.is_some() && number == 0 && pause == 0 { 0 } else { pause };
            if pause > 0 {
                desk.plant.pass_time(Duration::seconds(pause - 1));
                assert!(!tries(&desk, &sync).await, "{method:?}: {number} came too early");
                desk.plant.pass_time(Duration::seconds(1));
            } else if number == 0 && before.is_some() && !inbox(&desk).await.is_empty() {
                desk.plant.pass_time(Duration::seconds(5));
            }
            assert!(tries(&desk, &sync).await, "{method:?}: {number} did not come");
        }
        let event = inbox(&desk).await.remove(0);
        assert_eq!((event.attempts, &event.state), (8, &EventState::DeadLetter));
        let problem = event.problem.unwrap();
        assert!(problem.contains("Plug-in") && !problem.contains("0501234567"), "{problem}");
        desk.plant.pass_time(Duration::days(1));
        assert!(!tries(&desk, &sync).await, "a dead letter is not tried by itself");
        let dead = desk.expected().and(&request, CallbackFate::Waiting).inbox(0, 1);
        assert_callback_invariants(&desk.plant, &dead).await;

        assert_eq!(replay(&desk, Some(&event.key)).await, 1);
        assert!(tries(&desk, &sync).await);
        desk.assert_queued([&request]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_attempts_is_as_configured() {
    for attempts in [1, 2, 3] {
        let desk = Desk::by(SyncMethod::Webhook).await;
        let request = desk.add(1..=1).remove(0);
        desk.hear([&request]).await;
        desk.plant.fault(refusal());
        let mut parts = desk.plant.callback_parts(desk.plant.store().await);
        parts.attempts = attempts;
        let sync = CallbackSync::new(parts);
        for _ in 0..attempts {
            assert!(tries(&desk, &sync).await);
            desk.plant.pass_time(Duration::hours(9));
        }
        assert!(!tries(&desk, &sync).await, "{attempts}");
        let expected = desk.expected().and(&request, CallbackFate::Waiting).inbox(0, 1);
        assert_callback_invariants(&desk.plant, &expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_ends_the_process_each_time_becomes_a_dead_letter_alone() {
    let desk = Desk::by(SyncMethod::Webhook).await;
    let requests = desk.add(1..=6);
    let heard = desk.hear(&requests).await;
    let poison = &requests[2];
    let path = format!("callbacks/items/{}", poison.id());
    for _ in 0..8 {
        dies_at(&desk.plant, &desk.plant.callback_sync().await, "GET", &path).await;
        claims_end(&desk.plant);
    }
    // It does not live to see a ninth time.
    let report = desk.pass().await;
    assert_good(&report);
    let dead = inbox(&desk).await.remove(0);
    assert!(dead.key.as_str().contains(poison.id().as_str()));
    assert!(dead.problem.unwrap().contains("was claimed 8 times"));
    let expected = desk.expected().queued(&requests).heard(heard);
    let without = expected.clone().and(poison, CallbackFate::Waiting).inbox(0, 1);
    assert_callback_invariants(&desk.plant, &without).await;
    assert_eq!(replay(&desk, None).await, 1);
    assert_good(&desk.pass().await);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_without_queue_has_its_events_wait_until_it_has_one() {
    for method in [SyncMethod::Webhook, SyncMethod::Polling] {
        let desk = Desk::by(method).await;
        let mut row = desk.profile.row();
        row.as_object_mut().unwrap().remove("ev_queueid@odata.bind");
        row["ev_callbackprofileid"] = json!(desk.profile.id());
        desk.plant.outsider().delete(&desk.profile.path()).await;
        desk.plant.load(World::new().row("ev_callbackprofiles", row));
        let requests = desk.add(1..=2);
        let heard = match method {
            SyncMethod::Webhook => desk.hear(&requests).await,
            _ => Vec::new(),
        };
        let sync = desk.plant.callback_sync().await;
        for _ in 0..10 {
            let report = sync.pass(Freshness::Cached).await;
            assert_good(&report);
            assert_finding(&report, &["callback profile Profile 1", "names no queue"]);
            desk.plant.pass_time(Duration::hours(9));
        }
        let expected = desk.expected().heard(heard.clone()).inbox(0, heard.len());
        let waits = requests.iter().fold(expected, |it, one| it.and(one, CallbackFate::Waiting));
        assert_callback_invariants(&desk.plant, &waits).await;
        desk.plant.load(World::new().profile(&desk.profile));
        assert_eq!(replay(&desk, None).await, heard.len());
        assert_good(&desk.pass().await);
        let expected = desk.expected().queued(&requests).heard(heard);
        assert_callback_invariants(&desk.plant, &expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_queue_fails_the_requests_of_its_profile_and_no_others() {
    let desk = Desk::by(SyncMethod::WebhookBackedWithPolling).await;
    let (list, queue) = (CallbackList::new(2), Queue::new(2));
    let profile = CallbackProfile::new(2, &list, &queue);
    desk.plant.load(World::new().callback_list(&list).queue(&queue).profile(&profile));
    let good = desk.add(1..=3);
    let lost =
        CallbackRequest::new(9, &list, desk.plant.ago_secs(5), &test_support::Customer::contact(9));
    desk.plant.load(World::new().callback(&lost));
    // The lookup in the profile survives the queue for the length of a cache.
    let sync = desk.plant.callback_sync().await;
    desk.plant.fault(json!({"system": "dataverse", "inner": true, "method": "POST",
        "path_contains": queue.path(), "kind": "status", "status": 404, "code": "0x80040217",
        "count": 1_000}));
    for _ in 0..10 {
        assert_good(&sync.pass(Freshness::Cached).await);
        desk.plant.pass_time(Duration::hours(9));
    }
    let expected = ExpectedCallbacks::of([&desk.profile, &profile]).queued(&good);
    let dead = expected.clone().and(&lost, CallbackFate::Waiting).inbox(0, 1);
    assert_callback_invariants(&desk.plant, &dead).await;
    assert_eq!(replay(&desk, None).await, 1);
    assert_good(&desk.pass().await);
    assert_callback_invariants(&desk.plant, &expected.queued([&lost])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn polling_leaves_a_dead_letter_and_what_a_person_has_dropped_alone() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let request = desk.add(1..=1).remove(0);
    desk.plant.fault(refusal());
    let mut parts = desk.plant.callback_parts(desk.plant.store().await);
    parts.attempts = 1;
    let sync = CallbackSync::new(parts);
    for _ in 0..3 {
        sync.pass(Freshness::Fresh).await;
        desk.plant.pass_time(Duration::minutes(1));
    }
    desk.plant.calm();
    let report = sync.pass(Freshness::Fresh).await;
    assert_eq!((report.polled, count(&report, "Created")), (1, 0));
    let key = inbox(&desk).await.remove(0).key;
    let (store, tenant) = (desk.plant.store().await, desk.plant.tenant());
    assert!(store.drop_event(&tenant, &key, desk.plant.now()).await.unwrap());
    let report = sync.pass(Freshness::Fresh).await;
    assert_eq!((report.polled, report.handled.len()), (1, 0));
    let expected = desk.expected().and(&request, CallbackFate::Waiting);
    assert_callback_invariants(&desk.plant, &expected).await;
}
