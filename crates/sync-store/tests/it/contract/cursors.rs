use chrono::Duration;
use sync_store::{JobName, Store};

use crate::contract::contract;
use crate::fixtures::*;

contract! {
    a_cursor_never_moves_back_by_itself,
    a_cursor_goes_where_it_is_told,
    each_job_has_its_cursor,
    times_are_kept_to_the_microsecond,
}

async fn a_cursor_never_moves_back_by_itself(store: &dyn Store) {
    let (tenant, job) = (tenant(), JobName::CALL_SYNC);
    assert_eq!(store.cursor(&tenant, &job).await.unwrap(), None);
    assert_eq!(store.advance_cursor(&tenant, &job, at(60)).await.unwrap(), at(60));
    assert_eq!(store.advance_cursor(&tenant, &job, at(0)).await.unwrap(), at(60));
    assert_eq!(store.cursor(&tenant, &job).await.unwrap(), Some(at(60)));
    assert_eq!(store.advance_cursor(&tenant, &job, at(61)).await.unwrap(), at(61));
}

async fn a_cursor_goes_where_it_is_told(store: &dyn Store) {
    let (tenant, job) = (tenant(), JobName::CALL_SYNC);
    store.advance_cursor(&tenant, &job, at(60)).await.unwrap();
    store.reset_cursor(&tenant, &job, Some(at(-60))).await.unwrap();
    assert_eq!(store.cursor(&tenant, &job).await.unwrap(), Some(at(-60)));
    store.reset_cursor(&tenant, &job, None).await.unwrap();
    assert_eq!(store.cursor(&tenant, &job).await.unwrap(), None);
    store.reset_cursor(&tenant, &job, None).await.unwrap();
}

async fn each_job_has_its_cursor(store: &dyn Store) {
    let tenant = tenant();
    let list = JobName::new("callback-sync/list 7".to_owned());
    store.advance_cursor(&tenant, &JobName::CALL_SYNC, at(1)).await.unwrap();
    store.advance_cursor(&tenant, &list, at(2)).await.unwrap();
    assert_eq!(store.cursor(&tenant, &JobName::CALL_SYNC).await.unwrap(), Some(at(1)));
    assert_eq!(store.cursor(&tenant, &JobName::RETRO_SYNC).await.unwrap(), None);
    assert_eq!(store.cursor(&tenant, &list).await.unwrap(), Some(at(2)));
}

async fn times_are_kept_to_the_microsecond(store: &dyn Store) {
    let (tenant, job) = (tenant(), JobName::CALL_SYNC);
    let exact = at(0) + Duration::nanoseconds(123_456_789);
    let kept = at(0) + Duration::microseconds(123_456);
    assert_eq!(store.advance_cursor(&tenant, &job, exact).await.unwrap(), kept);

    let mut decision = failed("a", 1, Some(exact));
    decision.modified = Some(exact);
    store.record(&tenant, exact, std::slice::from_ref(&decision)).await.unwrap();
    assert_eq!(store.record(&tenant, exact, &[decision]).await.unwrap(), 0);
    let states = store.failed_due(&tenant, exact).await.unwrap();
    assert_eq!(states[0].modified, Some(kept));
    assert_eq!(states[0].first_seen_at, kept);
}
