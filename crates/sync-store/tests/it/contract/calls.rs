use sync_store::{CallState, CustomerNumber, Outcome, Store};

use crate::contract::contract;
use crate::fixtures::*;

contract! {
    the_latest_decision_is_the_state,
    the_newest_modified_stays,
    a_decision_that_says_nothing_new_writes_nothing,
    a_call_that_is_seen_again_is_noted_once_a_day,
    a_clock_that_jumps_back_makes_nothing_older,
    the_activity_outlives_a_later_decision,
    of_a_call_that_is_not_work_nothing_is_kept,
    a_logged_call_leaves_a_tombstone,
    two_decisions_on_one_call_in_one_go_both_count,
    a_long_list_with_repeated_calls_is_recorded_in_its_order,
    deferred_calls_are_found_by_when_they_were_first_seen,
}

async fn state(store: &dyn Store, name: &str) -> CallState {
    let call = call(name);
    store.calls(&tenant(), std::slice::from_ref(&call)).await.unwrap().remove(&call).unwrap()
}

async fn the_latest_decision_is_the_state(store: &dyn Store) {
    let tenant = tenant();
    let mut first = deferred("a");
    first.details.as_mut().unwrap().number = Some(CustomerNumber::new("050"));
    assert_eq!(store.record(&tenant, at(0), &[first]).await.unwrap(), 1);
    assert_eq!(store.record(&tenant, at(60), &[logged("a"), deferred("b")]).await.unwrap(), 2);

    let expected = CallState {
        call: call("a"),
        modified: Some(at(-60)),
        outcome: Outcome::Logged { activity: activity(7) },
        reason: "created".to_owned(),
        logged_as: Some(activity(7)),
        number: Some(number()),
        legs: Some(opaque("[{\"leg\":1}]")),
        first_seen_at: at(0),
        decided_at: at(60),
        seen_at: at(60),
    };
    assert_eq!(state(store, "a").await, expected);
    let asked = [call("b"), call("a"), call("never heard of"), call("a")];
    let states = store.calls(&tenant, &asked).await.unwrap();
    assert_eq!(names(states.keys()), ["a", "b"]);
}

async fn the_newest_modified_stays(store: &dyn Store) {
    let tenant = tenant();
    for (now, modified) in [(0, Some(at(-5))), (1, Some(at(-9))), (2, None)] {
        let decision = sync_store::CallDecision { modified, ..deferred("a") };
        store.record(&tenant, at(now), &[decision]).await.unwrap();
        assert_eq!(state(store, "a").await.modified, Some(at(-5)));
    }
    let newer = sync_store::CallDecision { modified: Some(at(-4)), ..deferred("a") };
    assert_eq!(store.record(&tenant, at(3), &[newer]).await.unwrap(), 1);
    let state = state(store, "a").await;
    assert_eq!((state.modified, state.seen_at, state.decided_at), (Some(at(-4)), at(3), at(0)));
}

async fn a_decision_that_says_nothing_new_writes_nothing(store: &dyn Store) {
    let tenant = tenant();
    let decisions = [deferred("a"), logged("b"), not_work("c"), failed("d", 1, Some(at(9)))];
    assert_eq!(store.record(&tenant, at(0), &decisions).await.unwrap(), 4);
    let before = store.calls(&tenant, &decisions.clone().map(|d| d.call)).await.unwrap();
    assert_eq!(store.record(&tenant, at(60), &decisions).await.unwrap(), 0);
    let after = store.calls(&tenant, &decisions.clone().map(|d| d.call)).await.unwrap();
    assert_eq!(before, after);
    for decision in &decisions {
        assert_eq!(store.history(&tenant, &decision.call).await.unwrap().len(), 1);
    }
}

async fn a_call_that_is_seen_again_is_noted_once_a_day(store: &dyn Store) {
    let tenant = tenant();
    for (now, seen_at) in [(0, 0), (86_399, 0), (86_400, 86_400), (90_000, 86_400)] {
        store.record(&tenant, at(now), &[deferred("a")]).await.unwrap();
        assert_eq!(state(store, "a").await.seen_at, at(seen_at), "{now}");
    }
    assert_eq!(state(store, "a").await.decided_at, at(0));
}

async fn a_clock_that_jumps_back_makes_nothing_older(store: &dyn Store) {
    let tenant = tenant();
    store.record(&tenant, at(3_600), &[deferred("a")]).await.unwrap();
    store.record(&tenant, at(0), &[logged("a")]).await.unwrap();
    let state = state(store, "a").await;
    assert_eq!((state.seen_at, state.first_seen_at), (at(3_600), at(3_600)));
    assert_eq!(state.reason, "created");
    let history = store.history(&tenant, &call("a")).await.unwrap();
    let reasons: Vec<_> = history.iter().map(|past| past.reason.as_str()).collect();
    assert_eq!(reasons, ["NoMatch", "created"]);
}

async fn the_activity_outlives_a_later_decision(store: &dyn Store) {
    let tenant = tenant();
    store.record(&tenant, at(0), &[logged("a")]).await.unwrap();
    store.record(&tenant, at(1), &[not_work("a")]).await.unwrap();
    let state = state(store, "a").await;
    assert_eq!((state.outcome, state.logged_as), (Outcome::Skipped, Some(activity(7))));
}

async fn of_a_call_that_is_not_work_nothing_is_kept(store: &dyn Store) {
    let tenant = tenant();
    store.record(&tenant, at(0), &[deferred("a"), deferred("b")]).await.unwrap();
    store.record(&tenant, at(1), &[not_work("a")]).await.unwrap();

    let kept = state(store, "a").await;
    assert_eq!((kept.number, kept.legs), (None, None));
    assert_eq!((kept.reason.as_str(), kept.modified), ("NotWork", Some(at(-60))));
    let history = store.history(&tenant, &call("a")).await.unwrap();
    assert_eq!(history.len(), 2);
    for past in history {
        assert_eq!((past.number, past.evidence), (None, None), "{}", past.reason);
    }
    let of_number = store.history_by_number(&tenant, &number()).await.unwrap();
    assert_eq!(names(of_number.iter().map(|past| &past.call)), ["b"]);

    store.record(&tenant, at(2), &[logged("a")]).await.unwrap();
    assert_eq!(state(store, "a").await.number, Some(number()));
}

async fn a_logged_call_leaves_a_tombstone(store: &dyn Store) {
    let tenant = tenant();
    let adopted = Outcome::AlreadyLogged { activity: activity(8) };
    let decisions =
        [logged("a"), decision("b", adopted, "adopted"), deferred("c"), failed("d", 8, None)];
    store.record(&tenant, at(0), &decisions).await.unwrap();
    let calls = ["a", "b", "c", "d", "e"].map(call);
    let ever = store.was_ever_logged(&tenant, &calls).await.unwrap();
    assert_eq!(names(&ever), ["a", "b"]);
}

async fn two_decisions_on_one_call_in_one_go_both_count(store: &dyn Store) {
    let tenant = tenant();
    let both = [deferred("a"), logged("a"), logged("a")];
    assert_eq!(store.record(&tenant, at(0), &both).await.unwrap(), 1);
    assert_eq!(state(store, "a").await.reason, "created");
    assert_eq!(store.history(&tenant, &call("a")).await.unwrap().len(), 2);
}

async fn a_long_list_with_repeated_calls_is_recorded_in_its_order(store: &dyn Store) {
    let tenant = tenant();
    let name = |n: usize| format!("call-{n}");
    let mut decisions: Vec<_> = (0..250).map(|n| deferred(&name(n))).collect();
    decisions
        .extend((0..250).map(|n| if n % 2 == 0 { not_work(&name(n)) } else { logged(&name(n)) }));
    decisions.push(deferred(&name(249)));
    assert_eq!(store.record(&tenant, at(0), &decisions).await.unwrap(), 250);

    let of_number = store.history_by_number(&tenant, &number()).await.unwrap();
    assert_eq!(of_number.len(), 251, "two lines of each second call, and one more");
    let last = store.history(&tenant, &call(&name(249))).await.unwrap();
    let reasons: Vec<_> = last.iter().map(|past| past.reason.as_str()).collect();
    assert_eq!(reasons, ["NoMatch", "created", "NoMatch"]);
    let private = store.history(&tenant, &call(&name(248))).await.unwrap();
    let reasons: Vec<_> = private.iter().map(|past| past.reason.as_str()).collect();
    assert_eq!(reasons, ["NoMatch", "NotWork"]);
    assert!(private.iter().all(|past| past.evidence.is_none()));
}

async fn deferred_calls_are_found_by_when_they_were_first_seen(store: &dyn Store) {
    let tenant = tenant();
    store.record(&tenant, at(0), &[deferred("old")]).await.unwrap();
    store.record(&tenant, at(20), &[deferred("later"), logged("done")]).await.unwrap();
    store.record(&tenant, at(10), &[deferred("b"), deferred("a")]).await.unwrap();
    store.record(&tenant, at(30), &[deferred("old"), not_work("skipped")]).await.unwrap();

    let found = store.deferred_since(&tenant, at(10)).await.unwrap();
    let found: Vec<_> = found.iter().map(|state| state.call.as_str()).collect();
    assert_eq!(found, ["a", "b", "later"]);
}
