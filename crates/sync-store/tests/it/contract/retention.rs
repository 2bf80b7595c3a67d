use chrono::Duration;
use sync_store::{Close, CustomerNumber, Erased, JobName, NewEvent, Purged, Store};
use voice_model::TenantName;

use crate::contract::contract;
use crate::fixtures::*;

contract! {
    calls_that_nobody_saw_for_long_are_purged,
    tombstones_outlive_calls_by_far,
    old_runs_are_purged_and_cursors_stay,
    a_time_to_keep_beyond_all_time_keeps_everything,
    a_number_is_erased_from_calls_and_history,
    old_done_events_are_purged_and_others_stay,
    callbacks_are_kept_as_long_as_tombstones,
    callbacks_that_are_to_be_closed_stay,
    a_number_is_erased_from_the_inbox,
}

const KEEP: Duration = Duration::days(45);

async fn calls_that_nobody_saw_for_long_are_purged(store: &dyn Store) {
    let (tenant, other) = (tenant(), TenantName::new("fabrikam"));
    store.record(&tenant, days(0), &[deferred("old"), deferred("seen again")]).await.unwrap();
    store.record(&tenant, days(0), &[logged("old")]).await.unwrap();
    store.record(&other, days(0), &[failed("old", 8, None)]).await.unwrap();
    store.record(&tenant, days(1), &[deferred("seen again"), deferred("young")]).await.unwrap();

    let nothing = store.purge(days(45), KEEP).await.unwrap();
    assert_eq!(nothing, Purged::default());
    let purged = store.purge(days(45) + Duration::microseconds(1), KEEP).await.unwrap();
    assert_eq!(purged, Purged { calls: 2, decisions: 3, ..Purged::default() });
    let calls = ["old", "seen again", "young"].map(call);
    let left = store.calls(&tenant, &calls).await.unwrap();
    assert_eq!(names(left.keys()), ["seen again", "young"]);
    assert!(store.history(&tenant, &call("old")).await.unwrap().is_empty());
    assert!(store.dead_letters(&other).await.unwrap().is_empty());
}

async fn tombstones_outlive_calls_by_far(store: &dyn Store) {
    let (tenant, call) = (tenant(), call("a"));
    store.record(&tenant, days(0), &[logged("a")]).await.unwrap();
    store.purge(days(400), KEEP).await.unwrap();
    let ever = store.was_ever_logged(&tenant, std::slice::from_ref(&call)).await.unwrap();
    assert_eq!(names(&ever), ["a"]);
    let purged = store.purge(days(401), KEEP).await.unwrap();
    assert_eq!(purged, Purged { tombstones: 1, ..Purged::default() });
    assert!(store.was_ever_logged(&tenant, &[call]).await.unwrap().is_empty());
}

async fn old_runs_are_purged_and_cursors_stay(store: &dyn Store) {
    let (tenant, job) = (tenant(), JobName::RETRO_SYNC);
    store.advance_cursor(&tenant, &job, days(0)).await.unwrap();
    store.schedule_run(&tenant, &job, date(1), days(0)).await.unwrap();
    store.schedule_run(&tenant, &job, date(2), days(1)).await.unwrap();
    let purged = store.purge(days(46), KEEP).await.unwrap();
    assert_eq!(purged, Purged { runs: 1, ..Purged::default() });
    assert_eq!(store.runs_since(&tenant, &job, date(1)).await.unwrap()[0].date, date(2));
    assert_eq!(store.cursor(&tenant, &job).await.unwrap(), Some(days(0)));
}

async fn a_time_to_keep_beyond_all_time_keeps_everything(store: &dyn Store) {
    store.record(&tenant(), days(0), &[deferred("a")]).await.unwrap();
    assert_eq!(store.purge(days(0), Duration::MAX).await.unwrap(), Purged::default());
}

async fn a_number_is_erased_from_calls_and_history(store: &dyn Store) {
    let tenant = tenant();
    let mut renamed = logged("was hers");
    renamed.details.as_mut().unwrap().number = Some(CustomerNumber::new("+4712345678"));
    let mut others = deferred("other");
    others.details.as_mut().unwrap().number = Some(CustomerNumber::new("+35850123456"));
    store.record(&tenant, at(0), &[deferred("was hers"), deferred("hers")]).await.unwrap();
    store.record(&tenant, at(1), &[renamed, others, not_work("private")]).await.unwrap();

    let erased = store.erase(&tenant, &CustomerNumber::new("+358 50 1234567")).await.unwrap();
    assert_eq!(erased, Erased { calls: 2, decisions: 3, events: 0 });
    let calls = ["was hers", "hers", "other", "private"].map(call);
    let left = store.calls(&tenant, &calls).await.unwrap();
    assert_eq!(names(left.keys()), ["other", "private"]);
    assert!(store.history(&tenant, &call("hers")).await.unwrap().is_empty());
    assert!(store.history_by_number(&tenant, &number()).await.unwrap().is_empty());
    let ever = store.was_ever_logged(&tenant, &calls).await.unwrap();
    assert_eq!(names(&ever), ["was hers"], "the tombstone stays");
    assert_eq!(store.erase(&tenant, &number()).await.unwrap(), Erased::default());
}

async fn old_done_events_are_purged_and_others_stay(store: &dyn Store) {
    let (tenant, other) = (tenant(), TenantName::new("fabrikam"));
    let of_other = NewEvent { tenant: other.clone(), ..event("old") };
    let events = [event("old"), event("waits"), event("dead"), event("young"), of_other];
    store.take_in(days(0), &events).await.unwrap();
    store.record_callbacks(&tenant, days(0), &[], &[done("old")]).await.unwrap();
    store.drop_event(&other, &key("old"), days(0)).await.unwrap();
    store.record_callbacks(&tenant, days(1), &[], &[done("young"), done("old")]).await.unwrap();
    store.claim_events(&tenant, "one", at(0), at(60), 9).await.unwrap();
    store.put_off(&tenant, "one", &[put_off("dead", None)]).await.unwrap();

    assert_eq!(store.purge(days(45), KEEP).await.unwrap(), Purged::default());
    let purged = store.purge(days(46), KEEP).await.unwrap();
    assert_eq!(purged, Purged { events: 2, ..Purged::default() });
    assert_eq!(order(&store.inbox(&tenant, 9).await.unwrap()), ["waits", "dead"]);
    let keys = ["old", "young"].map(key);
    let known = store.known_events(&tenant, &keys).await.unwrap();
    assert_eq!(known.into_iter().collect::<Vec<_>>(), [key("young")]);
    let later = store.purge(days(9_999), KEEP).await.unwrap();
    assert_eq!(later, Purged { events: 1, ..Purged::default() });
    assert_eq!(store.inbox_depth(&tenant).await.unwrap().open, 1);
}

async fn callbacks_are_kept_as_long_as_tombstones(store: &dyn Store) {
    let tenant = tenant();
    let settled = [Close::NotNeeded, Close::Done, Close::GivenUp];
    let names = ["a", "b", "c"];
    let callbacks = [0, 1, 2].map(|n| callback(names[n], settled[n]));
    store.record_callbacks(&tenant, days(0), &callbacks, &[]).await.unwrap();
    store.record_callbacks(&tenant, days(1), &callbacks[..1], &[]).await.unwrap();
    assert_eq!(store.purge(days(400), KEEP).await.unwrap(), Purged::default());
    let purged = store.purge(days(401), KEEP).await.unwrap();
    assert_eq!(purged, Purged { callbacks: 2, ..Purged::default() });
    let left = store.callbacks(&tenant, &names.map(item)).await.unwrap();
    assert_eq!(left.into_keys().collect::<Vec<_>>(), [item("a")]);
}

async fn callbacks_that_are_to_be_closed_stay(store: &dyn Store) {
    let tenant = tenant();
    store.record_callbacks(&tenant, days(0), &[to_close("a", days(0))], &[]).await.unwrap();
    assert_eq!(store.purge(days(999), KEEP).await.unwrap(), Purged::default());
    store.record_closes(&tenant, &[(item("a"), Close::GivenUp)]).await.unwrap();
    let purged = store.purge(days(999), KEEP).await.unwrap();
    assert_eq!(purged, Purged { callbacks: 1, ..Purged::default() });
}

async fn a_number_is_erased_from_the_inbox(store: &dyn Store) {
    let (tenant, other) = (tenant(), TenantName::new("fabrikam"));
    let names = ["waits", "claimed", "dead", "done"];
    let spelled =
        NewEvent { number: Some(CustomerNumber::new("00358 50 123")), ..event("spelled") };
    let numberless = NewEvent { number: None, ..event("numberless") };
    let anonymous =
        NewEvent { number: Some(CustomerNumber::new("anonymous")), ..event("withheld") };
    let of_other = NewEvent { tenant: other.clone(), ..event("theirs") };
    store.take_in(at(0), &names.map(event)).await.unwrap();
    store.take_in(at(0), &[spelled, numberless, anonymous, of_other]).await.unwrap();
    store.record_callbacks(&tenant, at(0), &[to_close("x", at(0))], &[done("done")]).await.unwrap();
    store.claim_events(&tenant, "one", at(0), at(60), 3).await.unwrap();
    store
        .put_off(&tenant, "one", &[put_off("dead", None), put_off("waits", Some(at(9)))])
        .await
        .unwrap();

    let erased = store.erase(&tenant, &CustomerNumber::new("358 50 1234567")).await.unwrap();
    assert_eq!(erased, Erased { events: 3, ..Erased::default() });
    let left = store.inbox(&tenant, 9).await.unwrap();
    assert_eq!(order(&left), ["spelled", "numberless", "withheld"]);
    assert_eq!(order(&store.inbox(&other, 9).await.unwrap()), ["theirs"]);
    let known = store.known_events(&tenant, &names.map(key)).await.unwrap();
    assert_eq!(known.into_iter().collect::<Vec<_>>(), [key("done")]);
    assert_eq!(store.callbacks(&tenant, &[item("x")]).await.unwrap().len(), 1);
    assert_eq!(store.renew_claims(&tenant, "one", at(99)).await.unwrap(), 0);
}
