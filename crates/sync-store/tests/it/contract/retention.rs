use chrono::Duration;
use sync_store::{CustomerNumber, Erased, JobName, Purged, Store};
use voice_model::TenantName;

use crate::contract::contract;
use crate::fixtures::*;

contract! {
    calls_that_nobody_saw_for_long_are_purged,
    tombstones_outlive_calls_by_far,
    old_runs_are_purged_and_cursors_stay,
    a_time_to_keep_beyond_all_time_keeps_everything,
    a_number_is_erased_from_calls_and_history,
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
    assert_eq!(erased, Erased { calls: 2, decisions: 3 });
    let calls = ["was hers", "hers", "other", "private"].map(call);
    let left = store.calls(&tenant, &calls).await.unwrap();
    assert_eq!(names(left.keys()), ["other", "private"]);
    assert!(store.history(&tenant, &call("hers")).await.unwrap().is_empty());
    assert!(store.history_by_number(&tenant, &number()).await.unwrap().is_empty());
    let ever = store.was_ever_logged(&tenant, &calls).await.unwrap();
    assert_eq!(names(&ever), ["was hers"], "the tombstone stays");
    assert_eq!(store.erase(&tenant, &number()).await.unwrap(), Erased::default());
}
