use chrono::{DateTime, Duration, Utc};
use sync_store::{CallbackOutcome, CallbackRecord, Close, Dealt, Store};
use voice_model::TenantName;

use crate::contract::contract;
use crate::fixtures::*;

contract! {
    what_became_of_a_callback_is_kept,
    a_known_callback_is_overwritten,
    callbacks_and_done_events_are_recorded_together,
    who_claimed_a_done_event_does_not_matter,
    unknown_events_are_passed_over,
    the_callback_that_waits_longest_is_closed_first,
    a_closed_callback_is_not_to_be_closed,
    unknown_callbacks_are_passed_over,
    callbacks_are_by_tenant,
    times_of_callbacks_are_kept_to_the_microsecond,
}

const SETTLED: [Close; 3] = [Close::NotNeeded, Close::Done, Close::GivenUp];

async fn record(store: &dyn Store, callbacks: &[CallbackRecord]) {
    store.record_callbacks(&tenant(), at(0), callbacks, &[]).await.unwrap();
}

async fn dealt(store: &dyn Store, name: &str) -> Option<Dealt> {
    let item = item(name);
    let known = store.callbacks(&tenant(), std::slice::from_ref(&item)).await.unwrap();
    known.get(&item).copied()
}

/// The callbacks to be closed.
async fn due(store: &dyn Store, now: DateTime<Utc>, limit: usize) -> Vec<CallbackRecord> {
    store.callbacks_to_close(&tenant(), now, limit).await.unwrap()
}

async fn what_became_of_a_callback_is_kept(store: &dyn Store) {
    let outcomes = [
        CallbackOutcome::Created { activity: activity(1), bundled_into: None },
        CallbackOutcome::Created { activity: activity(1), bundled_into: Some(activity(2)) },
        CallbackOutcome::Ignored { open: activity(3) },
        CallbackOutcome::ClosedElsewhere,
    ];
    let closes = [SETTLED.to_vec(), vec![Close::Due { at: at(9), attempts: 3 }]].concat();
    let all = outcomes.iter().flat_map(|outcome| closes.iter().map(move |close| (outcome, close)));
    let records = all.enumerate().map(|(n, (outcome, close))| CallbackRecord {
        dealt: Dealt { outcome: *outcome, close: *close },
        ..callback(&format!("item-{n}"), Close::Done)
    });
    let records: Vec<_> = records.collect();
    record(store, &records).await;
    let items: Vec<_> = records.iter().map(|record| record.item.clone()).collect();
    let known = store.callbacks(&tenant(), &items).await.unwrap();
    assert_eq!(known.len(), 16);
    for record in &records {
        assert_eq!(known[&record.item], record.dealt, "{record:?}");
    }
    assert!(store.callbacks(&tenant(), &[]).await.unwrap().is_empty());
    assert_eq!(dealt(store, "unknown").await, None);
}

async fn a_known_callback_is_overwritten(store: &dyn Store) {
    record(store, &[to_close("a", at(5))]).await;
    let mut again = callback("a", Close::NotNeeded);
    again.dealt.outcome = CallbackOutcome::ClosedElsewhere;
    record(store, &[callback("a", Close::Done), again.clone()]).await;
    assert_eq!(dealt(store, "a").await, Some(again.dealt), "of two in one call the last counts");
    assert!(due(store, at(99), 9).await.is_empty());
}

async fn callbacks_and_done_events_are_recorded_together(store: &dyn Store) {
    let tenant = tenant();
    store.take_in(at(0), &["a", "b", "c"].map(event)).await.unwrap();
    let callbacks = [callback("x", Close::Done), to_close("y", at(1))];
    store.record_callbacks(&tenant, at(0), &callbacks, &["a", "c"].map(done)).await.unwrap();
    assert_eq!(dealt(store, "x").await, Some(callbacks[0].dealt));
    assert_eq!(due(store, at(1), 9).await, callbacks[1..]);
    assert_eq!(order(&store.inbox(&tenant, 9).await.unwrap()), ["b"]);
    assert_eq!(store.inbox_depth(&tenant).await.unwrap().open, 1);
    store.record_callbacks(&tenant, at(0), &[], &[]).await.unwrap();
}

async fn who_claimed_a_done_event_does_not_matter(store: &dyn Store) {
    let tenant = tenant();
    store.take_in(at(0), &["claimed", "dead", "waits"].map(event)).await.unwrap();
    store.claim_events(&tenant, "one", at(0), at(60), 2).await.unwrap();
    store.put_off(&tenant, "one", &[put_off("dead", None)]).await.unwrap();
    let events = ["claimed", "dead", "waits"].map(done);
    store.record_callbacks(&tenant, at(1), &[], &events).await.unwrap();
    assert!(store.inbox(&tenant, 9).await.unwrap().is_empty());
    assert!(store.claim_holders(&tenant).await.unwrap().is_empty());
    assert_eq!(store.renew_claims(&tenant, "one", at(99)).await.unwrap(), 0);
    assert_eq!(store.inbox_depth(&tenant).await.unwrap(), sync_store::InboxDepth::default());
}

async fn unknown_events_are_passed_over(store: &dyn Store) {
    let tenant = tenant();
    store.take_in(at(0), &[event("a")]).await.unwrap();
    let events = ["unknown", "a", "a"].map(done);
    store.record_callbacks(&tenant, at(1), &[], &events).await.unwrap();
    assert!(store.inbox(&tenant, 9).await.unwrap().is_empty());
    assert!(store.known_events(&tenant, &[key("unknown")]).await.unwrap().is_empty());
    assert_eq!(store.take_in(at(2), &[event("unknown")]).await.unwrap(), 1);
}

async fn the_callback_that_waits_longest_is_closed_first(store: &dyn Store) {
    let callbacks = [
        to_close("late", at(30)),
        to_close("early", at(10)),
        to_close("b", at(20)),
        to_close("a", at(20)),
    ];
    record(store, &callbacks).await;
    let items = |found: Vec<CallbackRecord>| {
        found.into_iter().map(|callback| callback.item).collect::<Vec<_>>()
    };
    assert!(due(store, at(9), 9).await.is_empty());
    assert_eq!(items(due(store, at(29), 9).await), ["early", "a", "b"].map(item));
    assert_eq!(items(due(store, at(30), 9).await), ["early", "a", "b", "late"].map(item));
    assert_eq!(items(due(store, at(30), 2).await), ["early", "a"].map(item));
    assert!(due(store, at(30), 0).await.is_empty());
    assert_eq!(due(store, at(10), 1).await, [callbacks[1].clone()]);
}

async fn a_closed_callback_is_not_to_be_closed(store: &dyn Store) {
    let tenant = tenant();
    for close in SETTLED {
        record(store, &[to_close("a", at(5))]).await;
        store.record_closes(&tenant, &[(item("a"), close)]).await.unwrap();
        assert!(due(store, at(99), 9).await.is_empty());
        let expected = Dealt { close, ..to_close("a", at(5)).dealt };
        assert_eq!(dealt(store, "a").await, Some(expected));
    }
    let again = Close::Due { at: at(60), attempts: 2 };
    store.record_closes(&tenant, &[(item("a"), again)]).await.unwrap();
    assert!(due(store, at(59), 9).await.is_empty());
    assert_eq!(due(store, at(60), 9).await[0].dealt.close, again);
}

async fn unknown_callbacks_are_passed_over(store: &dyn Store) {
    let tenant = tenant();
    record(store, &[to_close("a", at(5))]).await;
    let closes = [(item("unknown"), Close::Done), (item("a"), Close::Done)];
    store.record_closes(&tenant, &closes).await.unwrap();
    assert_eq!(dealt(store, "unknown").await, None);
    assert_eq!(dealt(store, "a").await.unwrap().close, Close::Done);
}

async fn callbacks_are_by_tenant(store: &dyn Store) {
    let other = TenantName::new("fabrikam");
    record(store, &[to_close("a", at(5))]).await;
    assert!(store.callbacks(&other, &[item("a")]).await.unwrap().is_empty());
    assert!(store.callbacks_to_close(&other, at(99), 9).await.unwrap().is_empty());
    store.record_closes(&other, &[(item("a"), Close::Done)]).await.unwrap();
    assert_eq!(due(store, at(99), 9).await.len(), 1);
    assert_eq!(store.tenants().await.unwrap(), [tenant()]);
}

async fn times_of_callbacks_are_kept_to_the_microsecond(store: &dyn Store) {
    let exact = at(0) + Duration::nanoseconds(123_456_789);
    let kept = Close::Due { at: at(0) + Duration::microseconds(123_456), attempts: 0 };
    record(store, &[to_close("a", exact)]).await;
    assert_eq!(dealt(store, "a").await.unwrap().close, kept);
    let close = Close::Due { at: exact, attempts: 0 };
    store.record_closes(&tenant(), &[(item("a"), close)]).await.unwrap();
    assert_eq!(due(store, exact, 9).await[0].dealt.close, kept);
}
