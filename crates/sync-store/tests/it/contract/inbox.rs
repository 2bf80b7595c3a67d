use chrono::Duration;
use sync_store::{
    EventSource, EventState, InboxDepth, InboxEvent, NewEvent, Opaque, PutOff, Store,
};
use voice_model::TenantName;

use crate::contract::contract;
use crate::fixtures::*;

contract! {
    an_event_is_taken_in_as_it_came,
    a_known_event_is_left_as_it_is,
    a_done_event_is_not_taken_in_again,
    events_of_several_tenants_are_taken_in_together,
    a_thousand_events_are_taken_in_at_once,
    known_events_are_told_from_new_ones,
    what_came_first_is_claimed_first,
    an_event_is_claimed_when_it_is_due,
    a_claimed_event_is_left_to_its_holder,
    a_claim_that_has_ended_can_be_taken,
    a_claim_counts_as_an_attempt,
    claims_are_renewed_by_their_holder,
    claims_are_given_back,
    holders_of_claims_are_known,
    a_claimed_event_is_put_off,
    the_problem_stays_until_there_is_another,
    only_who_has_claimed_an_event_puts_it_off,
    tenants_with_work_are_known,
    the_inbox_is_listed_and_counted,
    inboxes_are_by_tenant,
    odd_keys_and_bodies_are_kept,
    times_of_events_are_kept_to_the_microsecond,
    asking_the_inbox_makes_no_tenant_known,
}

async fn claim(store: &dyn Store, holder: &str, now: i64, until: i64) -> Vec<InboxEvent> {
    store.claim_events(&tenant(), holder, at(now), at(until), 10).await.unwrap()
}

async fn take_in(store: &dyn Store, names: &[&str]) {
    let events: Vec<_> = names.iter().map(|name| event(name)).collect();
    assert_eq!(store.take_in(at(0), &events).await.unwrap(), names.len());
}

fn claimed(holder: &str, until: i64) -> EventState {
    EventState::Claimed { holder: holder.to_owned(), until: at(until) }
}

async fn an_event_is_taken_in_as_it_came(store: &dyn Store) {
    let polled = NewEvent { source: EventSource::Polling, number: None, ..event("polled") };
    store.take_in(at(5), &[event("sent"), polled]).await.unwrap();
    let waiting = |name, source| InboxEvent {
        key: key(name),
        source,
        received_at: at(5),
        attempts: 0,
        problem: None,
        state: EventState::Waiting { due_at: at(0) },
        body: event(name).body,
    };
    let expected = [waiting("sent", EventSource::Webhook), waiting("polled", EventSource::Polling)];
    assert_eq!(store.inbox(&tenant(), 9).await.unwrap(), expected);
}

async fn a_known_event_is_left_as_it_is(store: &dyn Store) {
    take_in(store, &["a"]).await;
    claim(store, "one", 0, 60).await;
    let again = NewEvent { body: opaque("another"), due_at: at(99), ..event("a") };
    let events = [again.clone(), event("b"), NewEvent { body: opaque("third"), ..event("b") }];
    assert_eq!(store.take_in(at(1), &events).await.unwrap(), 1);
    let found = store.inbox(&tenant(), 9).await.unwrap();
    assert_eq!(order(&found), ["a", "b"]);
    assert_eq!((&found[0].body, found[0].received_at), (&event("a").body, at(0)));
    assert_eq!(found[0].state, claimed("one", 60));
    assert_eq!(found[1].body, event("b").body, "of two in one call the first counts");

    store.put_off(&tenant(), "one", &[put_off("a", None)]).await.unwrap();
    assert_eq!(store.take_in(at(2), &[again]).await.unwrap(), 0);
    assert_eq!(store.inbox(&tenant(), 1).await.unwrap()[0].state, EventState::DeadLetter);
}

async fn a_done_event_is_not_taken_in_again(store: &dyn Store) {
    take_in(store, &["a"]).await;
    store.record_callbacks(&tenant(), at(1), &[], &[done("a")]).await.unwrap();
    assert_eq!(store.take_in(at(2), &[event("a")]).await.unwrap(), 0);
    assert!(store.inbox(&tenant(), 9).await.unwrap().is_empty());
    assert!(store.tenants_with_work(at(99)).await.unwrap().is_empty());
}

async fn events_of_several_tenants_are_taken_in_together(store: &dyn Store) {
    let other = TenantName::new("fabrikam");
    let theirs = NewEvent { tenant: other.clone(), ..event("a") };
    let events = [event("a"), theirs, event("b")];
    assert_eq!(store.take_in(at(0), &events).await.unwrap(), 3);
    assert_eq!(order(&store.inbox(&tenant(), 9).await.unwrap()), ["a", "b"]);
    assert_eq!(order(&store.inbox(&other, 9).await.unwrap()), ["a"]);
    assert_eq!(store.take_in(at(0), &[]).await.unwrap(), 0);
}

async fn a_thousand_events_are_taken_in_at_once(store: &dyn Store) {
    let events: Vec<_> = (0..1_000).map(|n| event(&format!("event-{n:04}"))).collect();
    assert_eq!(store.take_in(at(0), &events[..700]).await.unwrap(), 700);
    assert_eq!(store.take_in(at(0), &events).await.unwrap(), 300);
    let listed = store.inbox(&tenant(), 2_000).await.unwrap();
    let expected: Vec<_> = events.iter().map(|event| event.key.as_str()).collect();
    assert_eq!(order(&listed), expected);
}

async fn known_events_are_told_from_new_ones(store: &dyn Store) {
    let tenant = tenant();
    take_in(store, &["open", "dead", "done"]).await;
    claim(store, "one", 0, 60).await;
    store.put_off(&tenant, "one", &[put_off("dead", None)]).await.unwrap();
    store.record_callbacks(&tenant, at(1), &[], &[done("done")]).await.unwrap();
    let keys = ["open", "dead", "done", "new"].map(key);
    let mut known: Vec<_> = store.known_events(&tenant, &keys).await.unwrap().into_iter().collect();
    known.sort_unstable();
    assert_eq!(known, ["dead", "done", "open"].map(key));
    assert!(store.known_events(&TenantName::new("fabrikam"), &keys).await.unwrap().is_empty());
    assert!(store.known_events(&tenant, &[]).await.unwrap().is_empty());
}

async fn what_came_first_is_claimed_first(store: &dyn Store) {
    let tenant = tenant();
    // In the order of arrival, whatever the key, the clock and the time at which each is due.
    let late = NewEvent { due_at: at(3), ..event("z") };
    store.take_in(at(9), &[late, event("y")]).await.unwrap();
    store.take_in(at(4), &[event("x"), event("a")]).await.unwrap();
    let first = store.claim_events(&tenant, "one", at(10), at(60), 3).await.unwrap();
    assert_eq!(order(&first), ["z", "y", "x"]);
    let rest = store.claim_events(&tenant, "one", at(10), at(60), 3).await.unwrap();
    assert_eq!(order(&rest), ["a"]);
    assert!(store.claim_events(&tenant, "one", at(99), at(100), 0).await.unwrap().is_empty());
}

async fn an_event_is_claimed_when_it_is_due(store: &dyn Store) {
    let later = NewEvent { due_at: at(30), ..event("later") };
    store.take_in(at(0), &[later, event("now")]).await.unwrap();
    assert_eq!(order(&claim(store, "one", 29, 60).await), ["now"]);
    assert_eq!(order(&claim(store, "one", 30, 60).await), ["later"]);
}

async fn a_claimed_event_is_left_to_its_holder(store: &dyn Store) {
    take_in(store, &["a"]).await;
    let found = claim(store, "one", 0, 60).await;
    assert_eq!(found[0].state, claimed("one", 60));
    assert_eq!(found[0].body, event("a").body);
    assert!(claim(store, "two", 59, 120).await.is_empty());
    assert!(claim(store, "one", 59, 120).await.is_empty(), "nor does its holder get it twice");
}

async fn a_claim_that_has_ended_can_be_taken(store: &dyn Store) {
    take_in(store, &["a"]).await;
    claim(store, "one", 0, 60).await;
    let taken = claim(store, "two", 60, 120).await;
    assert_eq!(taken[0].state, claimed("two", 120));
    assert_eq!(store.renew_claims(&tenant(), "one", at(999)).await.unwrap(), 0);
    assert!(claim(store, "one", 119, 999).await.is_empty());
}

async fn a_claim_counts_as_an_attempt(store: &dyn Store) {
    take_in(store, &["a"]).await;
    assert_eq!(claim(store, "one", 0, 10).await[0].attempts, 1);
    assert_eq!(claim(store, "two", 10, 20).await[0].attempts, 2);
    store.renew_claims(&tenant(), "two", at(30)).await.unwrap();
    store.release_claims(&tenant(), "two").await.unwrap();
    assert_eq!(store.inbox(&tenant(), 1).await.unwrap()[0].attempts, 2);
    assert_eq!(claim(store, "two", 20, 30).await[0].attempts, 3);
}

async fn claims_are_renewed_by_their_holder(store: &dyn Store) {
    let tenant = tenant();
    take_in(store, &["a", "b", "c"]).await;
    store.claim_events(&tenant, "one", at(0), at(60), 2).await.unwrap();
    claim(store, "two", 0, 60).await;
    assert_eq!(store.renew_claims(&tenant, "one", at(100)).await.unwrap(), 2);
    assert_eq!(store.renew_claims(&tenant, "three", at(100)).await.unwrap(), 0);
    assert_eq!(order(&claim(store, "three", 99, 200).await), ["c"]);
    // A claim that has ended may be renewed as long as nobody else took it.
    assert_eq!(store.renew_claims(&tenant, "one", at(300)).await.unwrap(), 2);
    assert!(claim(store, "three", 199, 400).await.is_empty());
}

async fn claims_are_given_back(store: &dyn Store) {
    let tenant = tenant();
    let later = NewEvent { due_at: at(5), ..event("b") };
    store.take_in(at(0), &[event("a"), later]).await.unwrap();
    claim(store, "one", 9, 60).await;
    assert_eq!(store.release_claims(&tenant, "two").await.unwrap(), 0);
    assert_eq!(store.release_claims(&tenant, "one").await.unwrap(), 2);
    assert_eq!(store.release_claims(&tenant, "one").await.unwrap(), 0);
    let waiting = store.inbox(&tenant, 9).await.unwrap();
    assert_eq!(waiting[0].state, EventState::Waiting { due_at: at(0) });
    assert_eq!(waiting[1].state, EventState::Waiting { due_at: at(5) });
    assert_eq!(order(&claim(store, "two", 4, 60).await), ["a"]);
}

async fn holders_of_claims_are_known(store: &dyn Store) {
    let tenant = tenant();
    take_in(store, &["a", "b", "c", "d"]).await;
    assert!(store.claim_holders(&tenant).await.unwrap().is_empty());
    for holder in ["two", "one", "two"] {
        store.claim_events(&tenant, holder, at(0), at(60), 1).await.unwrap();
    }
    assert_eq!(store.claim_holders(&tenant).await.unwrap(), ["one", "two"]);
    store.release_claims(&tenant, "two").await.unwrap();
    store.put_off(&tenant, "one", &[put_off("b", None)]).await.unwrap();
    assert!(store.claim_holders(&tenant).await.unwrap().is_empty());
}

async fn a_claimed_event_is_put_off(store: &dyn Store) {
    let tenant = tenant();
    take_in(store, &["later", "never", "same"]).await;
    claim(store, "one", 0, 60).await;
    let later = PutOff {
        key: key("later"),
        due_at: Some(at(30)),
        attempts: 5,
        problem: Some("Throttled".to_owned()),
    };
    let events = [later.clone(), put_off("never", None), PutOff { attempts: 9, ..later }];
    store.put_off(&tenant, "one", &events).await.unwrap();
    let found = store.inbox(&tenant, 9).await.unwrap();
    assert_eq!(found[0].state, EventState::Waiting { due_at: at(30) });
    assert_eq!((found[0].attempts, found[0].problem.as_deref()), (5, Some("Throttled")));
    assert_eq!(found[1].state, EventState::DeadLetter);
    assert_eq!(found[2].state, claimed("one", 60));
    assert!(claim(store, "two", 29, 60).await.is_empty());
    assert_eq!(claim(store, "two", 30, 60).await[0].attempts, 6);
}

async fn the_problem_stays_until_there_is_another(store: &dyn Store) {
    let tenant = tenant();
    take_in(store, &["a"]).await;
    for (problem, expected) in [(Some("one"), "one"), (None, "one"), (Some("two"), "two")] {
        claim(store, "one", 0, 60).await;
        let problem = problem.map(str::to_owned);
        let event = PutOff { problem, ..put_off("a", Some(at(0))) };
        store.put_off(&tenant, "one", &[event]).await.unwrap();
        let found = store.inbox(&tenant, 1).await.unwrap();
        assert_eq!(found[0].problem.as_deref(), Some(expected));
    }
}

async fn only_who_has_claimed_an_event_puts_it_off(store: &dyn Store) {
    let tenant = tenant();
    take_in(store, &["claimed", "done"]).await;
    claim(store, "one", 0, 60).await;
    take_in(store, &["waiting"]).await;
    store.record_callbacks(&tenant, at(1), &[], &[done("done")]).await.unwrap();
    let before = store.inbox(&tenant, 9).await.unwrap();
    let events = ["claimed", "waiting", "unknown"].map(|name| put_off(name, None));
    store.put_off(&tenant, "two", &events).await.unwrap();
    let events = ["waiting", "done", "unknown"].map(|name| put_off(name, Some(at(0))));
    store.put_off(&tenant, "one", &events).await.unwrap();
    store.put_off(&TenantName::new("fabrikam"), "one", &events).await.unwrap();
    assert_eq!(store.inbox(&tenant, 9).await.unwrap(), before);

    claim(store, "two", 60, 120).await;
    let before = store.inbox(&tenant, 9).await.unwrap();
    store.put_off(&tenant, "one", &[put_off("claimed", None)]).await.unwrap();
    assert_eq!(store.inbox(&tenant, 9).await.unwrap(), before, "it has lost the claim");
}

async fn tenants_with_work_are_known(store: &dyn Store) {
    let names = ["waits", "claimed", "dead", "done", "closes", "idle"].map(TenantName::new);
    let [waits, claimed, dead, done_with, closes, idle] = &names;
    for tenant in [waits, claimed, dead, done_with] {
        let event = NewEvent { tenant: tenant.clone(), due_at: at(10), ..event("a") };
        store.take_in(at(0), &[event]).await.unwrap();
    }
    store.claim_events(claimed, "one", at(10), at(20), 1).await.unwrap();
    store.claim_events(dead, "one", at(10), at(20), 1).await.unwrap();
    store.put_off(dead, "one", &[put_off("a", None)]).await.unwrap();
    store.record_callbacks(done_with, at(10), &[], &[done("a")]).await.unwrap();
    let callback = to_close("item", at(15));
    store.record_callbacks(closes, at(10), &[callback], &[]).await.unwrap();
    store.advance_cursor(idle, &sync_store::JobName::CALL_SYNC, at(0)).await.unwrap();

    let busy = |now: i64| async move { store.tenants_with_work(at(now)).await.unwrap() };
    assert!(busy(9).await.is_empty());
    assert_eq!(busy(10).await, std::slice::from_ref(waits));
    assert_eq!(busy(15).await, [closes.clone(), waits.clone()]);
    assert_eq!(busy(20).await, [claimed.clone(), closes.clone(), waits.clone()]);
}

async fn the_inbox_is_listed_and_counted(store: &dyn Store) {
    let tenant = tenant();
    assert_eq!(store.inbox_depth(&tenant).await.unwrap(), InboxDepth::default());
    store.take_in(at(1), &[event("dead"), event("done")]).await.unwrap();
    store.take_in(at(2), &[event("claimed")]).await.unwrap();
    store.take_in(at(3), &[event("waits"), event("waits too")]).await.unwrap();
    store.claim_events(&tenant, "one", at(3), at(60), 3).await.unwrap();
    store.put_off(&tenant, "one", &[put_off("dead", None)]).await.unwrap();
    store.record_callbacks(&tenant, at(4), &[], &[done("done")]).await.unwrap();

    let listed = store.inbox(&tenant, 9).await.unwrap();
    assert_eq!(order(&listed), ["dead", "claimed", "waits", "waits too"]);
    assert_eq!(order(&store.inbox(&tenant, 2).await.unwrap()), ["dead", "claimed"]);
    assert!(store.inbox(&tenant, 0).await.unwrap().is_empty());
    let depth = InboxDepth { open: 3, dead_letters: 1, oldest_received_at: Some(at(2)) };
    assert_eq!(store.inbox_depth(&tenant).await.unwrap(), depth);
}

async fn inboxes_are_by_tenant(store: &dyn Store) {
    let (ours, theirs) = (tenant(), TenantName::new("fabrikam"));
    let event_of_theirs = NewEvent { tenant: theirs.clone(), ..event("a") };
    store.take_in(at(0), &[event("a"), event_of_theirs]).await.unwrap();
    assert_eq!(claim(store, "one", 0, 60).await.len(), 1);
    store.claim_events(&theirs, "one", at(0), at(60), 9).await.unwrap();
    store.put_off(&theirs, "one", &[put_off("a", None)]).await.unwrap();
    assert_eq!(store.renew_claims(&ours, "one", at(70)).await.unwrap(), 1);
    assert_eq!(store.replay_dead_letters(&ours, None, at(1)).await.unwrap(), 0);
    assert!(!store.drop_event(&TenantName::new("none"), &key("a"), at(1)).await.unwrap());
    store.record_callbacks(&ours, at(1), &[], &[done("a")]).await.unwrap();
    assert_eq!(store.inbox_depth(&theirs).await.unwrap().dead_letters, 1);
    assert_eq!(store.inbox_depth(&ours).await.unwrap(), InboxDepth::default());
}

async fn odd_keys_and_bodies_are_kept(store: &dyn Store) {
    let names = ["", "a\u{0}b", "\"'; --", "å ☎ \u{1F4DE}", "\r\n", &"x".repeat(10_000)];
    let bytes: Vec<u8> = (0..=255).collect();
    let events = names.map(|name| NewEvent { body: Opaque::new(bytes.clone()), ..event(name) });
    assert_eq!(store.take_in(at(0), &events).await.unwrap(), names.len());
    assert_eq!(store.take_in(at(0), &events).await.unwrap(), 0);
    assert_eq!(store.known_events(&tenant(), &names.map(key)).await.unwrap().len(), names.len());
    let found = store.claim_events(&tenant(), "å \u{0} one", at(0), at(60), 9).await.unwrap();
    assert_eq!(order(&found), names);
    assert!(found.iter().all(|event| event.body.as_bytes() == bytes));
    let empty = NewEvent { body: Opaque::default(), number: None, ..event("empty") };
    store.take_in(at(0), &[empty]).await.unwrap();
    assert_eq!(claim(store, "one", 0, 60).await[0].body, Opaque::default());
    let events = names.map(done);
    store.record_callbacks(&tenant(), at(0), &[], &events).await.unwrap();
    assert_eq!(store.inbox_depth(&tenant()).await.unwrap().open, 1);
}

async fn times_of_events_are_kept_to_the_microsecond(store: &dyn Store) {
    let exact = at(0) + Duration::nanoseconds(123_456_789);
    let kept = at(0) + Duration::microseconds(123_456);
    store.take_in(exact, &[NewEvent { due_at: exact, ..event("a") }]).await.unwrap();
    assert_eq!(store.tenants_with_work(kept).await.unwrap(), [tenant()]);
    assert_eq!(store.inbox(&tenant(), 1).await.unwrap()[0].received_at, kept);
    let found = store.claim_events(&tenant(), "one", kept, exact, 1).await.unwrap();
    assert_eq!(found[0].state, EventState::Claimed { holder: "one".to_owned(), until: kept });
    store.put_off(&tenant(), "one", &[put_off("a", Some(exact))]).await.unwrap();
    let found = store.inbox(&tenant(), 1).await.unwrap();
    assert_eq!(found[0].state, EventState::Waiting { due_at: kept });
}

async fn asking_the_inbox_makes_no_tenant_known(store: &dyn Store) {
    let tenant = tenant();
    assert!(claim(store, "one", 0, 60).await.is_empty());
    assert_eq!(store.renew_claims(&tenant, "one", at(0)).await.unwrap(), 0);
    assert_eq!(store.release_claims(&tenant, "one").await.unwrap(), 0);
    store.put_off(&tenant, "one", &[put_off("a", None)]).await.unwrap();
    store.record_callbacks(&tenant, at(0), &[], &[done("a")]).await.unwrap();
    assert_eq!(store.inbox_depth(&tenant).await.unwrap(), InboxDepth::default());
    assert!(store.tenants().await.unwrap().is_empty());
}
