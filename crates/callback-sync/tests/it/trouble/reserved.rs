//! Somebody in Enreach has taken a request before we came to it.

use callback_sync::{CallbackSync, Freshness};
use chrono::Duration;
use serde_json::json;
use test_support::{
    Agent, CallbackFate, CallbackRequest, SyncMethod, World, assert_callback_invariants,
};

use super::{Desk, assert_finding, assert_good, closes_since, count};

/// A desk with a request that Anna has taken, told by webhook if anybody listens.
async fn taken(method: SyncMethod) -> (Desk, CallbackRequest) {
    let desk = Desk::by(method).await;
    let open = desk.add(1..=1).remove(0);
    desk.plant.load(World::new().callback(&open.clone().reserved_by(Agent::Anna)));
    if method != SyncMethod::Polling {
        desk.hear([&open]).await;
    }
    (desk, open)
}

/// Passes each minute for so many hours, with a longer step after the first.
async fn hours_pass(desk: &Desk, sync: &CallbackSync, hours: i64) {
    for _ in 0..hours * 4 {
        assert_good(&sync.pass(Freshness::Cached).await);
        desk.plant.pass_time(Duration::minutes(15));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_and_is_dealt_with_when_it_is_released_after_its_age_has_passed() {
    for method in [SyncMethod::Polling, SyncMethod::Webhook, SyncMethod::WebhookBackedWithPolling] {
        let (desk, open) = taken(method).await;
        let sync = desk.plant.callback_sync().await;
        let report = sync.pass(Freshness::Cached).await;
        assert_eq!(report.summary(&desk.plant.tenant()).waiting, 1, "{method:?}");
        hours_pass(&desk, &sync, 7).await;
        let waits = desk.expected().and(&open, CallbackFate::Waiting);
        let events = if method == SyncMethod::WebhookBackedWithPolling { 2 } else { 1 };
        assert_callback_invariants(&desk.plant, &waits.inbox(events, 0)).await;
        assert_eq!(closes_since(&desk.plant, 0), 0);
        desk.plant.load(World::new().callback(&open));
        hours_pass(&desk, &sync, 1).await;
        desk.assert_queued([&open]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_request_is_looked_at_again_within_a_minute_at_first() {
    for method in [SyncMethod::Polling, SyncMethod::Webhook] {
        let (desk, open) = taken(method).await;
        let sync = desk.plant.callback_sync().await;
        assert_good(&sync.pass(Freshness::Cached).await);
        desk.plant.load(World::new().callback(&open));
        desk.plant.pass_time(Duration::minutes(1));
        assert_good(&sync.pass(Freshness::Cached).await);
        desk.assert_queued([&open]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_the_agent_closes_needs_no_phone_call() {
    for method in [SyncMethod::Polling, SyncMethod::Webhook] {
        let (desk, open) = taken(method).await;
        let sync = desk.plant.callback_sync().await;
        hours_pass(&desk, &sync, 2).await;
        let done = json!({"State": "Closed", "Force": true, "Result": "Success"});
        desk.plant.outsider().edit_callback(&open, done).await;
        hours_pass(&desk, &sync, 1).await;
        let expected = desk.expected().and(&open, CallbackFate::ClosedElsewhere);
        assert_callback_invariants(&desk.plant, &expected).await;
        assert_eq!(closes_since(&desk.plant, 0), 1, "that of the agent");
        assert!(!desk.plant.requests_since(0, "dataverse").iter().any(|it| it.method == "POST"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_expires_is_told_to_an_administrator_and_needs_no_phone_call() {
    let desk = Desk::by(SyncMethod::Webhook).await;
    let late = desk.plant.ago_secs(0) + Duration::minutes(30);
    let open = desk.add(1..=1).remove(0).expiring(late);
    desk.plant.load(World::new().callback(&open.clone().reserved_by(Agent::Anna)));
    desk.hear([&open]).await;
    let sync = desk.plant.callback_sync().await;
    assert_good(&sync.pass(Freshness::Cached).await);
    desk.plant.pass_time(Duration::hours(1));
    let report = sync.pass(Freshness::Cached).await;
    assert_eq!(count(&report, "ClosedElsewhere"), 1);
    assert_finding(&report, &["expired in Enreach"]);
    let expected = desk.expected().and(&open, CallbackFate::ClosedElsewhere);
    assert_callback_invariants(&desk.plant, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_closed_between_two_events_of_it_is_decided_once() {
    let desk = Desk::by(SyncMethod::WebhookBackedWithPolling).await;
    let open = desk.add(1..=1).remove(0);
    desk.plant.outsider().edit_callback(&open, json!({"State": "Closed"})).await;
    desk.hear([&open]).await;
    assert_good(&desk.pass().await);
    let again = super::event(&desk.plant, "again", super::created(&open));
    desk.take_in(vec![again]).await;
    let report = desk.pass().await;
    assert_eq!(count(&report, "AlreadyDone"), 1);
    let expected = desk.expected().and(&open, CallbackFate::ClosedElsewhere);
    assert_callback_invariants(&desk.plant, &expected).await;
}
