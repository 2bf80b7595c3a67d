use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sync_store::{InMemoryStore, JobName, LeaseAnswer, MockStore, Store};
use tokio::time::Instant;
use voice_model::Clock;
use worker::{Held, Holder, Leases, PATIENCE};

use crate::fixtures::{TokioClock, tenant, until};

const JOB: JobName = JobName::CALL_SYNC;
/// A process that nothing can be known of.
const ELSEWHERE: &str = "elsewhere/1/1/00";

/// A store that several processes share.
struct Plant {
    store: Arc<dyn Store>,
    clock: Arc<TokioClock>,
}

impl Plant {
    fn new() -> Self {
        Self::with(InMemoryStore::default())
    }

    fn with(store: impl Store + 'static) -> Self {
        Self { store: Arc::new(store), clock: Arc::new(TokioClock::new()) }
    }

    fn worker(&self) -> Leases {
        Leases::new(self.store.clone(), self.clock.clone(), Holder::new())
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Gives the lease to somebody on another machine.
    async fn taken_elsewhere(&self, until: DateTime<Utc>) {
        let (now, tenant) = (self.now(), tenant());
        let answer = self.store.acquire_lease(&tenant, &JOB, ELSEWHERE, now, until).await;
        assert!(answer.unwrap().is_granted());
    }
}

async fn is_granted(leases: &Leases) -> bool {
    match leases.acquire(&tenant(), &JOB).await.unwrap() {
        Ok(lease) => {
            lease.release().await;
            true
        }
        Err(_) => false,
    }
}

/// Waits until the lease is free, and asserts that it did not just end.
async fn is_given_back(leases: &Leases) {
    let begin = Instant::now();
    until(|| is_granted(leases)).await;
    assert!(begin.elapsed() < Duration::from_secs(1), "the lease was left to end by itself");
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_kept_while_the_work_runs_and_given_back_after_it() {
    let plant = Plant::new();
    let (one, other) = (plant.worker(), plant.worker());
    let work = async {
        for _ in 0..60 {
            tokio::time::sleep(Duration::from_secs(10)).await;
            let refused = other.hold::<()>(&tenant(), &JOB, async { panic!("two at once") }).await;
            let Held::Refused(refusal) = refused.unwrap() else { panic!("two at once") };
            assert!(refusal.until > plant.now() + TimeDelta::seconds(35), "renewed at a third");
        }
        7
    };
    assert_eq!(one.hold(&tenant(), &JOB, work).await.unwrap(), Held::Done(7));
    assert!(is_granted(&other).await);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_says_who_does_what_until_when() {
    let plant = Plant::new();
    plant.taken_elsewhere(plant.now() + TimeDelta::seconds(50)).await;
    let refusal = plant.worker().acquire(&tenant(), &JOB).await.unwrap().unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "call-sync of contoso is being done by elsewhere/1/1/00, until 2026-03-01 12:00:50 UTC at \
         least"
    );
}

#[tokio::test(start_paused = true)]
async fn work_that_is_dropped_or_panics_gives_the_lease_back() {
    let plant = Plant::new();
    for panics in [false, true] {
        let worker = plant.worker();
        let task = tokio::spawn(async move {
            let work = async {
                tokio::time::sleep(Duration::from_secs(5)).await;
                assert!(!panics, "as the test wants it");
                std::future::pending().await
            };
            worker.hold::<()>(&tenant(), &JOB, work).await
        });
        tokio::time::sleep(Duration::from_secs(6)).await;
        task.abort();
        assert!(task.await.is_err());
        is_given_back(&plant.worker()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_lease_stops_no_work_and_is_not_taken_back() {
    let plant = Plant::new();
    let one = plant.worker();
    let work = async {
        // Theirs is a clock by which the lease has ended.
        let (tenant, theirs) = (tenant(), plant.now() + TimeDelta::hours(1));
        let until = plant.now() + TimeDelta::seconds(300);
        let taken = plant.store.acquire_lease(&tenant, &JOB, ELSEWHERE, theirs, until).await;
        assert!(taken.unwrap().is_granted());
        tokio::time::sleep(Duration::from_secs(250)).await;
        7
    };
    assert_eq!(one.hold(&tenant(), &JOB, work).await.unwrap(), Held::Done(7));
    let refusal = one.acquire(&tenant(), &JOB).await.unwrap().unwrap_err();
    assert_eq!(refusal.holder, ELSEWHERE);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_while_the_work_runs_does_not_stop_it() {
    let mut store = MockStore::new();
    store.expect_acquire_lease().once().returning(|_, _, _, _, _| Ok(LeaseAnswer::Granted));
    store.expect_renew_lease().times(3).returning(|_, _, _, _| Err(failure()));
    store.expect_release_lease().once().returning(|_, _, _| Err(failure()));
    let work = tokio::time::sleep(Duration::from_secs(70));
    let held = Plant::with(store).worker().hold(&tenant(), &JOB, work).await;
    assert_eq!(held.unwrap(), Held::Done(()));
}

fn failure() -> sync_store::Error {
    let (location, source) = ("voice.db".to_owned(), "database is locked".into());
    sync_store::Error::Busy { location, operation: "renew a lease", source }
}

#[tokio::test]
async fn a_store_that_cannot_be_asked_is_an_error_before_the_work() {
    let mut store = MockStore::new();
    store.expect_acquire_lease().once().returning(|_, _, _, _, _| Err(failure()));
    let held =
        Plant::with(store).worker().hold::<()>(&tenant(), &JOB, async { panic!("begun") }).await;
    assert!(matches!(held, Err(sync_store::Error::Busy { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_ends_later_than_a_lease_can_is_taken_over() {
    for (seconds, taken) in [(50, false), (65, false), (75, true), (3_600, true)] {
        let plant = Plant::new();
        plant.taken_elsewhere(plant.now() + TimeDelta::seconds(seconds)).await;
        assert_eq!(is_granted(&plant.worker()).await, taken, "{seconds} s ahead");
    }
}

#[tokio::test]
async fn of_two_who_take_over_one_wins() {
    let plant = Plant::new();
    let clock_was_changed = plant.now() + TimeDelta::hours(1);
    let mut store = MockStore::new();
    let mut answers = [
        LeaseAnswer::Refused { holder: ELSEWHERE.to_owned(), until: clock_was_changed },
        LeaseAnswer::Refused { holder: "winner".to_owned(), until: plant.now() },
    ]
    .into_iter();
    store
        .expect_acquire_lease()
        .times(2)
        .returning(move |_, _, _, _, _| Ok(answers.next().unwrap()));
    let released = store.expect_release_lease().once();
    released.withf(|_, _, holder| holder == ELSEWHERE).returning(|_, _, _| Ok(()));
    let answer = Plant::with(store).worker().acquire(&tenant(), &JOB).await.unwrap();
    assert_eq!(answer.unwrap_err().holder, "winner");
}

#[tokio::test(start_paused = true)]
async fn a_single_run_waits_for_a_lease_that_ends() {
    let plant = Plant::new();
    plant.taken_elsewhere(plant.now() + TimeDelta::seconds(60)).await;
    let begin = Instant::now();
    let answer = plant.worker().wait(&tenant(), &JOB, PATIENCE).await.unwrap();
    assert_eq!((answer.is_ok(), begin.elapsed().as_secs()), (true, 60));
}

#[tokio::test(start_paused = true)]
async fn a_single_run_gives_up_when_its_patience_ends() {
    let plant = Plant::new();
    let _kept = plant.worker().acquire(&tenant(), &JOB).await.unwrap().unwrap();
    let begin = Instant::now();
    let answer = plant.worker().wait(&tenant(), &JOB, PATIENCE).await.unwrap();
    assert_eq!((answer.is_err(), begin.elapsed().as_secs()), (true, 90));
}
