use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, NaiveDate, TimeDelta, Timelike, Utc};
use proptest::prelude::*;
use sync_store::{InMemoryStore, JobName, MockStore, ScheduledRun, Store};
use worker::Nightly;

use crate::fixtures::{moment, tenant};

const JOB: JobName = JobName::RETRO_SYNC;

fn date(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
}

fn store() -> Arc<dyn Store> {
    Arc::new(InMemoryStore::default())
}

/// A process that starts on a store.
fn start(store: &Arc<dyn Store>, seed: u64) -> Nightly {
    Nightly::new(store.clone(), tenant(), JOB, Some(seed))
}

/// A store on which the night of a day has been run.
async fn done_on(day: u32) -> Arc<dyn Store> {
    let store = store();
    let at = moment(&format!("{day:02} 22:30"));
    store.schedule_run(&tenant(), &JOB, date(day), at).await.unwrap();
    store.finish_run(&tenant(), &JOB, date(day), at).await.unwrap();
    store
}

async fn due(nightly: &Nightly, now: &str) -> Option<NaiveDate> {
    nightly.due(moment(now)).await.unwrap()
}

async fn next(nightly: &Nightly, now: &str) -> DateTime<Utc> {
    nightly.next(moment(now)).await.unwrap()
}

#[tokio::test]
async fn the_first_moment_lies_in_what_is_left_of_the_night() {
    for (now, first, last) in [
        ("07 10:00", "07 22:00", "07 23:30"),
        ("07 22:00", "07 22:00", "07 23:30"),
        ("07 22:50", "07 22:50", "07 23:30"),
        ("07 23:29", "07 23:29", "07 23:30"),
        ("07 23:30", "08 22:00", "08 23:30"),
        ("07 23:59", "08 22:00", "08 23:30"),
    ] {
        for seed in 0..20 {
            let store = store();
            let nightly = start(&store, seed);
            let next = next(&nightly, now).await;
            let drawn = store.runs_since(&tenant(), &JOB, date(1)).await.unwrap()[0].at;
            assert_eq!(next, drawn, "{now}");
            assert!((moment(first)..=moment(last)).contains(&drawn), "{now}: {drawn}");
            if drawn > moment(now) {
                assert_eq!(due(&nightly, now).await, None, "{now}: {drawn}");
            }
            assert_eq!(nightly.due(drawn).await.unwrap(), Some(drawn.date_naive()), "{now}");
        }
    }
}

#[tokio::test]
async fn moments_are_spread_over_the_whole_span() {
    let mut by_quarter_of_an_hour = [0; 6];
    for seed in 0..600 {
        let minutes =
            next(&start(&store(), seed), "07 10:00").await.num_seconds_from_midnight() / 60;
        by_quarter_of_an_hour[(minutes as usize - 22 * 60).min(89) / 15] += 1;
    }
    for count in by_quarter_of_an_hour {
        assert!((60..140).contains(&count), "{by_quarter_of_an_hour:?}");
    }
}

#[tokio::test]
async fn a_drawn_moment_outlives_the_process_and_holds_for_all_processes() {
    let store = store();
    let drawn = next(&start(&store, 1), "07 10:00").await;
    for seed in 2..10 {
        assert_eq!(next(&start(&store, seed), "07 11:00").await, drawn);
    }
    let (one, other) = (start(&store, 1), start(&store, 2));
    let (one, other) = tokio::join!(next(&one, "08 10:00"), next(&other, "08 10:00"));
    assert_eq!(one, other);
}

#[tokio::test]
async fn of_two_draws_at_once_the_first_is_in_force() {
    // Another process drew after this one had looked.
    let (their_moment, mut store) = (moment("07 22:01"), MockStore::new());
    store.expect_runs_since().returning(|_, _, _| Ok(Vec::new()));
    store
        .expect_schedule_run()
        .returning(move |_, _, date, _| Ok(ScheduledRun { date, at: their_moment, done_at: None }));
    let nightly = Nightly::new(Arc::new(store), tenant(), JOB, Some(1));
    assert_eq!(next(&nightly, "07 10:00").await, their_moment);
    assert_eq!(due(&nightly, "07 22:00").await, None);
    assert_eq!(due(&nightly, "07 22:01").await, Some(date(7)));
}

#[tokio::test]
async fn a_night_is_due_from_its_moment_until_it_is_finished() {
    let store = store();
    let nightly = start(&store, 1);
    let at = next(&nightly, "07 10:00").await;
    assert_eq!(nightly.due(at - TimeDelta::seconds(1)).await.unwrap(), None);
    assert_eq!(nightly.due(at).await.unwrap(), Some(date(7)));
    assert_eq!(nightly.next(at).await.unwrap(), at);
    // The process ends in the middle of the run; the next one runs it again.
    let restarted = start(&store, 2);
    assert_eq!(restarted.due(at + TimeDelta::minutes(5)).await.unwrap(), Some(date(7)));
    restarted.finish(date(7), at + TimeDelta::minutes(6)).await.unwrap();
    assert_eq!(restarted.due(at + TimeDelta::minutes(7)).await.unwrap(), None);
    assert_eq!(nightly.due(at + TimeDelta::minutes(7)).await.unwrap(), None);
    let tomorrow = restarted.next(at + TimeDelta::minutes(7)).await.unwrap();
    assert!(tomorrow >= moment("08 22:00") && tomorrow <= moment("08 23:30"));
    assert_eq!(next(&nightly, "08 12:00").await, tomorrow);
}

#[tokio::test]
async fn a_night_that_was_slept_through_is_made_up_at_once() {
    for (now, missed) in [
        ("07 23:31", None),
        ("08 21:59", None),
        ("08 23:30", Some(8)),
        ("09 00:10", Some(8)),
        ("09 22:00", Some(8)),
        ("09 23:30", Some(9)),
    ] {
        let nightly = start(&done_on(7).await, 1);
        assert_eq!(due(&nightly, now).await, missed.map(date), "{now}");
        if missed.is_some() {
            assert_eq!(next(&nightly, now).await, moment(now), "{now}");
        }
    }
}

#[tokio::test]
async fn a_week_of_missed_nights_is_one_run() {
    let store = done_on(1).await;
    let nightly = start(&store, 1);
    assert_eq!(due(&nightly, "09 09:00").await, Some(date(8)));
    nightly.finish(date(8), moment("09 09:10")).await.unwrap();
    let runs = store.runs_since(&tenant(), &JOB, date(1)).await.unwrap();
    let done: Vec<_> =
        runs.iter().filter(|run| run.done_at.is_some()).map(|run| run.date).collect();
    assert_eq!(done, (1..=8).map(date).collect::<Vec<_>>());
    assert_eq!(due(&nightly, "09 21:59").await, None);
    assert_eq!(due(&nightly, "09 23:30").await, Some(date(9)), "tonight's run is a run of its own");
}

#[tokio::test]
async fn a_failure_while_missed_nights_are_marked_leaves_the_run_due() {
    let marked: Arc<Mutex<Vec<NaiveDate>>> = Arc::default();
    let mut store = MockStore::new();
    let done =
        ScheduledRun { date: date(1), at: moment("01 22:30"), done_at: Some(moment("01 23:00")) };
    store.expect_runs_since().returning(move |_, _, _| Ok(vec![done]));
    store
        .expect_schedule_run()
        .returning(|_, _, date, at| Ok(ScheduledRun { date, at, done_at: None }));
    let marks = marked.clone();
    store.expect_finish_run().returning(move |_, _, date, _| {
        marks.lock().unwrap().push(date);
        Ok(())
    });
    let nightly = Nightly::new(Arc::new(store), tenant(), JOB, Some(1));
    nightly.finish(date(4), moment("05 09:00")).await.unwrap();
    assert_eq!(*marked.lock().unwrap(), [2, 3, 4].map(date), "the one that ends it comes last");
}

#[tokio::test]
async fn what_a_clock_far_ahead_has_written_stops_nothing() {
    let store = store();
    let ahead = moment("01 12:00") + TimeDelta::days(3_000);
    let nightly = start(&store, 1);
    let far = nightly.next(ahead).await.unwrap();
    nightly.finish(far.date_naive(), far).await.unwrap();
    let at = next(&nightly, "07 10:00").await;
    assert_eq!(at.date_naive(), date(7));
    assert_eq!(nightly.due(at).await.unwrap(), Some(date(7)));
}

#[tokio::test]
async fn an_hour_back_repeats_no_night() {
    let store = done_on(7).await;
    let nightly = start(&store, 1);
    for now in ["07 21:30", "07 22:29", "07 22:31", "07 23:29", "07 23:31", "08 00:31"] {
        assert_eq!(due(&nightly, now).await, None, "{now}");
        assert_eq!(next(&nightly, now).await.date_naive(), date(8), "{now}");
    }
}

const STEP_MINUTES: i64 = 5;
const DAYS: u32 = 8;
const STEPS_A_DAY: i64 = 24 * 60 / STEP_MINUTES;
/// The last day is quiet, so that everything is made up in the end.
const LAST_DAY: i64 = (DAYS as i64 - 1) * STEPS_A_DAY;

/// Lives through some days from the first at 10:00. What it is like from a step on: how far the
/// clock is off in hours, and whether the process runs. Gives the nights that were run.
async fn live(seed: u64, changes: &[(i64, i64, bool)]) -> Vec<NaiveDate> {
    let store = store();
    let mut nightly = start(&store, seed);
    let mut ran = Vec::new();
    let (mut off_hours, mut up) = (0, true);
    for step in 0..i64::from(DAYS) * STEPS_A_DAY {
        for (_, off, runs) in changes.iter().filter(|(at, ..)| *at == step) {
            if *runs && !up {
                nightly = start(&store, seed + u64::try_from(step).unwrap());
            }
            (off_hours, up) = (*off, *runs);
        }
        let now = moment("01 10:00")
            + TimeDelta::minutes(step * STEP_MINUTES)
            + TimeDelta::hours(off_hours);
        if up && let Some(night) = nightly.due(now).await.unwrap() {
            assert_eq!(nightly.next(now).await.unwrap(), now);
            nightly.finish(night, now).await.unwrap();
            ran.push(night);
        }
    }
    ran
}

/// The nights until the end of those days, which end at 10:00.
fn nights() -> Vec<NaiveDate> {
    (1..=DAYS).map(date).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_clock_that_jumps_by_an_hour_neither_repeats_nor_forgets_a_night(
        seed in any::<u32>(),
        jumps in prop::collection::vec((0..LAST_DAY, -1..=1i64), 0..30),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let changes: Vec<_> = jumps.iter().map(|(at, off)| (*at, *off, true)).collect();
        prop_assert_eq!(runtime.block_on(live(seed.into(), &changes)), nights());
    }

    #[test]
    fn whenever_the_process_is_down_no_night_is_repeated_or_forgotten(
        seed in any::<u32>(),
        changes in prop::collection::vec(
            (0..LAST_DAY, -1..=1i64, any::<bool>()), 0..12,
        ),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut changes = changes;
        changes.push((LAST_DAY, 0, true));
        let ran = runtime.block_on(live(seed.into(), &changes));
        let once: BTreeSet<_> = ran.iter().copied().collect();
        prop_assert_eq!(once.len(), ran.len(), "repeated: {:?}", ran);
        prop_assert!(ran.is_sorted());
        prop_assert_eq!(ran.last(), Some(&date(DAYS)), "forgotten: {:?}", ran);
    }
}
