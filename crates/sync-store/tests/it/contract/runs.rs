use sync_store::{JobName, ScheduledRun, Store};

use crate::contract::contract;
use crate::fixtures::*;

contract! {
    the_first_moment_drawn_stays,
    a_run_that_was_done_says_when,
    runs_come_by_job_and_from_a_date_on,
}

async fn the_first_moment_drawn_stays(store: &dyn Store) {
    let (tenant, job) = (tenant(), JobName::RETRO_SYNC);
    let drawn = ScheduledRun { date: date(1), at: at(10), done_at: None };
    assert_eq!(store.schedule_run(&tenant, &job, date(1), at(10)).await.unwrap(), drawn);
    assert_eq!(store.schedule_run(&tenant, &job, date(1), at(20)).await.unwrap(), drawn);
    assert_eq!(store.runs_since(&tenant, &job, date(1)).await.unwrap(), [drawn]);
}

async fn a_run_that_was_done_says_when(store: &dyn Store) {
    let (tenant, job) = (tenant(), JobName::RETRO_SYNC);
    store.schedule_run(&tenant, &job, date(1), at(10)).await.unwrap();
    for (done, expected) in [(12, 12), (15, 15), (11, 15)] {
        store.finish_run(&tenant, &job, date(1), at(done)).await.unwrap();
        let run = ScheduledRun { date: date(1), at: at(10), done_at: Some(at(expected)) };
        assert_eq!(store.schedule_run(&tenant, &job, date(1), at(99)).await.unwrap(), run);
    }
    store.finish_run(&tenant, &job, date(2), at(50)).await.unwrap();
    let unplanned = ScheduledRun { date: date(2), at: at(50), done_at: Some(at(50)) };
    assert_eq!(store.runs_since(&tenant, &job, date(2)).await.unwrap(), [unplanned]);
}

async fn runs_come_by_job_and_from_a_date_on(store: &dyn Store) {
    let tenant = tenant();
    let (job, other) = (JobName::RETRO_SYNC, JobName::CALL_SYNC);
    for day in [3, 1, 2] {
        store.schedule_run(&tenant, &job, date(day), at(0)).await.unwrap();
        store.schedule_run(&tenant, &other, date(day), at(0)).await.unwrap();
    }
    let runs = store.runs_since(&tenant, &job, date(2)).await.unwrap();
    let dates: Vec<_> = runs.iter().map(|run| run.date).collect();
    assert_eq!(dates, [date(2), date(3)]);
}
