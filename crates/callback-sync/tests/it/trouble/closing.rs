//! Enreach does not close what is dealt with.

use callback_sync::{CallbackSync, Freshness, PassReport};
use chrono::Duration;
use serde_json::{Value, json};
use sync_store::{CallbackRecord, Close, Store};
use test_support::{Agent, CallbackFate, CallbackRequest, SyncMethod, assert_callback_invariants};

use super::{Desk, assert_finding, assert_good, closes_since, count, writes_since};

/// The pause before each attempt.
const PAUSES_SECS: [i64; 8] = [0, 5, 30, 120, 600, 1_800, 7_200, 28_800];

/// Closing is answered so.
fn refusal_of_closes(status: u16) -> Value {
    json!({"system": "enreach", "method": "PUT", "path_contains": "callbacks/items",
           "kind": "status", "status": status, "count": 1_000})
}

/// How far the closing of a request has got.
async fn close_of(desk: &Desk, request: &CallbackRequest) -> Close {
    let known = desk.plant.store().await.callbacks(&desk.plant.tenant(), &[request.id()]).await;
    known.unwrap()[&request.id()].close
}

/// A pass that does not poll unless it is time.
async fn pass(sync: &CallbackSync) -> PassReport {
    let report = sync.pass(Freshness::Cached).await;
    assert_good(&report);
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_close_is_tried_eight_times_with_longer_pauses_and_then_left_to_a_person() {
    let desk = Desk::by(SyncMethod::Webhook).await;
    let request = desk.add(1..=1).remove(0);
    desk.hear([&request]).await;
    desk.plant.fault(refusal_of_closes(409));
    let sync = desk.plant.callback_sync().await;
    for (number, pause) in (1..).zip(PAUSES_SECS) {
        let mark = desk.plant.mark();
        if pause > 0 {
            desk.plant.pass_time(Duration::seconds(pause - 1));
            pass(&sync).await;
            assert_eq!(closes_since(&desk.plant, mark), 0, "attempt {number} came too early");
            desk.plant.pass_time(Duration::seconds(1));
        }
        let report = pass(&sync).await;
        assert_eq!(closes_since(&desk.plant, mark), 1, "attempt {number} did not come");
        let next = if number == 8 { "close it in Enreach by hand" } else { "it is tried again" };
        assert_finding(&report, &[request.id().as_str(), "HTTP 409", next]);
    }
    assert_eq!(close_of(&desk, &request).await, Close::GivenUp);
    desk.plant.calm();
    let mark = desk.plant.mark();
    for _ in 0..3 {
        desk.plant.pass_time(Duration::hours(12));
        pass(&sync).await;
    }
    assert_eq!(closes_since(&desk.plant, mark), 0, "it is left to a person");
    let expected = desk.expected().queued([&request]).not_closed([&request]);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_an_agent_takes_while_it_is_written_is_never_closed_by_force() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let requests = desk.add(1..=1);
    let sync = desk.plant.callback_sync().await;
    super::dies_at(&desk.plant, &sync, "PUT", "callbacks/items").await;
    desk.plant
        .load(test_support::World::new().callback(&requests[0].clone().reserved_by(Agent::Anna)));
    for _ in 0..10 {
        desk.pass().await;
        desk.plant.pass_time(Duration::hours(9));
    }
    assert_eq!(desk.plant.outsider().callback_state(&requests[0]).await, "Reserved");
    assert_eq!(close_of(&desk, &requests[0]).await, Close::GivenUp);
    // The agent closes it after all; nothing of that is ours any more.
    let expected = desk.expected().queued(&requests).not_closed(&requests);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_an_agent_gives_back_is_closed_by_the_next_attempt() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let requests = desk.add(1..=1);
    super::dies_at(&desk.plant, &desk.plant.callback_sync().await, "PUT", "callbacks/items").await;
    let taken = requests[0].clone().reserved_by(Agent::Anna);
    desk.plant.load(test_support::World::new().callback(&taken));
    assert_eq!(desk.pass().await.closed, 0);
    desk.plant.load(test_support::World::new().callbacks(&requests));
    desk.plant.pass_time(Duration::seconds(5));
    assert_eq!(desk.pass().await.closed, 1);
    desk.assert_queued(&requests).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_between_write_and_close_delays_the_close_and_is_never_given_up() {
    for fault in [
        json!({"kind": "status", "status": 507}),
        json!({"kind": "status", "status": 401}),
        json!({"kind": "status", "status": 503, "retry_after": 3_600}),
        json!({"kind": "status", "status": 409, "body": "<html>Bad gateway</html>"}),
    ] {
        let desk = Desk::by(SyncMethod::Webhook).await;
        let requests = desk.add(1..=3);
        let heard = desk.hear(&requests).await;
        let mut fault = fault;
        for (name, value) in [("system", "enreach"), ("method", "PUT")] {
            fault[name] = value.into();
        }
        fault["count"] = 10_000.into();
        desk.plant.fault(fault.clone());
        let sync = desk.plant.callback_sync().await;
        for _ in 0..30 {
            sync.pass(Freshness::Cached).await;
            desk.plant.pass_time(Duration::hours(1));
        }
        let expected = desk.expected().queued(&requests).heard(heard);
        let still_open = expected.clone().not_closed(&requests);
        assert_callback_invariants(&desk.plant, &still_open).await;
        // It is over, and nobody has to wait for hours.
        desk.plant.pass_time(Duration::minutes(10));
        let report = desk.pass().await;
        assert_eq!(report.closed, 3, "{fault}");
        assert_callback_invariants(&desk.plant, &expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_takes_no_attempt_from_a_refusal_after_it() {
    let desk = Desk::by(SyncMethod::Webhook).await;
    let request = desk.add(1..=1).remove(0);
    desk.hear([&request]).await;
    desk.plant.fault(refusal_of_closes(507));
    let sync = desk.plant.callback_sync().await;
    for _ in 0..24 {
        pass(&sync).await;
        desk.plant.pass_time(Duration::hours(1));
    }
    desk.plant.calm();
    desk.plant.fault(refusal_of_closes(409));
    let report = pass(&sync).await;
    assert_finding(&report, &["HTTP 409", "tried again"]);
    assert!(matches!(close_of(&desk, &request).await, Close::Due { .. }), "one refusal is no end");
    desk.plant.calm();
    desk.plant.pass_time(Duration::hours(1));
    assert_eq!(pass(&sync).await.closed, 1);
    desk.assert_queued([&request]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_and_a_lost_question_are_asked_again() {
    for kind in ["drop_after_commit", "reset", "truncate"] {
        let desk = Desk::by(SyncMethod::Polling).await;
        let requests = desk.add(1..=2);
        desk.plant.fault(json!({"system": "enreach", "method": "PUT", "kind": kind}));
        assert_good(&desk.pass().await);
        desk.plant.pass_time(Duration::seconds(5));
        assert_good(&desk.pass().await);
        desk.assert_queued(&requests).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_somebody_closed_expired_or_deleted_meanwhile_counts_as_closed() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let mut requests = desk.add(1..=2);
    let now = desk.plant.ago_secs(0);
    requests.push(desk.add(3..=3).remove(0).expiring(now + Duration::seconds(30)));
    desk.plant.load(test_support::World::new().callback(&requests[2]));
    super::dies_at(&desk.plant, &desk.plant.callback_sync().await, "PUT", "callbacks/items").await;
    let by_agent = json!({"State": "Closed", "Result": "Success"});
    desk.plant.outsider().edit_callback(&requests[0], by_agent).await;
    let gone = format!("callbacks/items/{}", requests[1].id());
    desk.plant.fault(json!({"system": "enreach", "path_contains": gone, "kind": "status",
                            "status": 404, "count": 10}));
    desk.plant.pass_time(Duration::minutes(1));
    let report = desk.pass().await;
    assert_good(&report);
    assert_eq!(report.closed, 3);
    for request in &requests {
        assert_eq!(close_of(&desk, request).await, Close::Done);
    }
    assert_eq!(desk.plant.outsider().callback_item(&requests[0]).await["Result"], "Success");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_item_that_cannot_be_closed_stops_no_other() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let requests = desk.add(1..=20);
    let mut fault = refusal_of_closes(409);
    fault["path_contains"] = format!("callbacks/items/{}", requests[7].id()).into();
    desk.plant.fault(fault);
    let report = desk.pass().await;
    assert_good(&report);
    assert_eq!((count(&report, "Created"), report.closed), (20, 19));
    let expected = desk.expected().queued(&requests).not_closed(&requests[7..8]);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_to_be_closed_nothing_is_and_later_polls_write_nothing() {
    let desk = Desk::by(SyncMethod::WebhookBackedWithPolling).await;
    desk.plant.set("CloseCallbacksInEnreach", "false");
    let requests = desk.add(1..=5);
    let heard = desk.hear(&requests[..2]).await;
    let sync = desk.plant.callback_sync().await;
    pass(&sync).await;
    let mark = desk.plant.mark();
    for _ in 0..3 {
        desk.plant.pass_time(Duration::minutes(1));
        let report = pass(&sync).await;
        let summary = report.summary(&desk.plant.tenant());
        assert_eq!((summary.polled, summary.already_done), (5, 5));
    }
    assert!(desk.plant.requests_since(mark, "dataverse").is_empty(), "Dynamics is not asked");
    assert_eq!(closes_since(&desk.plant, 0), 0);
    let expected = desk.expected().queued(&requests).heard(heard).not_closed(&requests);
    assert_callback_invariants(&desk.plant, &expected).await;
    // Switched on later: what is dealt with is let be, and what comes from then on is closed.
    desk.plant.set("CloseCallbacksInEnreach", "true");
    let later = desk.add(6..=6);
    assert_eq!(desk.pass().await.closed, 1);
    let expected = desk.expected().queued(requests.iter().chain(&later)).not_closed(&requests);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closes_that_are_due_are_let_be_when_closing_is_switched_off() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let requests = desk.add(1..=3);
    super::dies_at(&desk.plant, &desk.plant.callback_sync().await, "PUT", "callbacks/items").await;
    desk.plant.set("CloseCallbacksInEnreach", "false");
    let mark = desk.plant.mark();
    for _ in 0..2 {
        assert_good(&desk.pass().await);
        desk.plant.pass_time(Duration::hours(1));
    }
    assert_eq!((closes_since(&desk.plant, mark), writes_since(&desk.plant, mark)), (0, 0));
    let expected = desk.expected().queued(&requests).not_closed(&requests);
    assert_callback_invariants(&desk.plant, &expected).await;
    for request in &requests {
        assert_eq!(close_of(&desk, request).await, Close::NotNeeded);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_backlog_is_closed_pass_by_pass_and_holds_up_no_new_request() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let requests = desk.add(1..=40);
    super::dies_at(&desk.plant, &desk.plant.callback_sync().await, "PUT", "callbacks/items").await;
    // Closing hangs; nothing else does.
    desk.plant.fault(json!({"system": "enreach", "method": "PUT", "kind": "status", "status": 507,
                            "count": 1_000}));
    let later = desk.add(41..=42);
    let report = desk.pass().await;
    assert_eq!(count(&report, "Created"), 2);
    desk.plant.calm();
    desk.plant.pass_time(Duration::minutes(10));
    let due: Vec<CallbackRecord> = {
        let (store, now) = (desk.plant.store().await, desk.plant.now());
        store.callbacks_to_close(&desk.plant.tenant(), now, 100).await.unwrap()
    };
    assert_eq!(due.len(), 42);
    assert_eq!(desk.pass().await.closed, 42);
    desk.assert_queued(requests.iter().chain(&later)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ignored_requests_are_closed_like_others() {
    let desk = Desk::with_rule(test_support::DuplicateRule::Ignore).await;
    let requests = desk.add_of_one(1..=3, &test_support::Customer::contact(1));
    desk.plant.fault(refusal_of_closes(409));
    let sync = desk.plant.callback_sync().await;
    pass(&sync).await;
    desk.plant.calm();
    desk.plant.pass_time(Duration::seconds(5));
    assert_eq!(pass(&sync).await.closed, 3);
    let first = requests[0].activity_id();
    let expected = requests[1..]
        .iter()
        .fold(desk.expected(), |it, request| it.and(request, CallbackFate::Ignored(first)))
        .queued(&requests[..1]);
    assert_callback_invariants(&desk.plant, &expected).await;
}
