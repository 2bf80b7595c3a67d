//! The program dies by SIGKILL, at every step and at any moment, and is started again until it is done.
//!
//! `VOICE_KILL_ROUNDS=200` sets how many random stories are told; `VOICE_KILL_SEED=17` tells that one
//! alone.

mod story;

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use story::{Death, Story};

/// How many random stories are told by default.
const ROUNDS: u64 = 3;

/// No restart may take longer: the lease of a dead process is nobody's.
const PATIENCE: Duration = Duration::from_secs(30);

/// Dies at each of these points in turn, then comes to an end. What is left to do after the first
/// death depends on how far the requests under way got, so that later points may not be reached.
async fn dies_at(points: &[&'static str]) {
    let mut story = Story::begin(format!("{points:?}")).await;
    for (turn, point) in points.iter().enumerate() {
        let death = story.run_until(Death::At((*point).to_owned())).await;
        let enough = death.is_kill() || (turn > 0 && death.is_good());
        assert!(enough, "{point} was not reached: {death:?}");
        story.person_edits_a_row().await;
    }
    let started = Instant::now();
    story.ends_well().await;
    assert!(started.elapsed() < PATIENCE, "{points:?}: {:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn before_a_batch_is_sent() {
    dies_at(&["before-batch"]).await;
    dies_at(&["before-batch:3", "before-batch", "before-batch:2"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_batch_was_carried_out_and_its_answer_is_lost() {
    dies_at(&["after-batch", "after-batch"]).await;
    dies_at(&["after-batch:3"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_decisions_are_recorded() {
    for point in ["before-record", "before-record:2", "before-record:3"] {
        dies_at(&[point, "before-record"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_cursor_moves() {
    dies_at(&["before-cursor", "before-cursor"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_one_point_after_the_other() {
    dies_at(&[
        "before-record",
        "before-batch:2",
        "after-batch:2",
        "before-record:3",
        "before-cursor",
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_another_process_waits_to_take_over() {
    let story = Story::begin("two processes".to_owned()).await;
    let started = Instant::now();
    let (first, second) = tokio::join!(
        story.run_until(Death::At("after-batch:2".to_owned())),
        story.run_until(Death::None)
    );
    // Whoever came first had the lease; the other one did the work or found it done.
    assert!(second.is_good(), "{second:?}");
    assert!(first.is_kill() || first.is_good(), "{first:?}");
    assert!(started.elapsed() < PATIENCE);
    story.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_random_moments() {
    for seed in seeds() {
        let mut random = StdRng::seed_from_u64(seed);
        let mut story = Story::begin(format!("VOICE_KILL_SEED={seed}")).await;
        for _ in 0..random.random_range(1..=5) {
            if random.random_bool(0.3) {
                story.more_calls_come(random.random_range(1..=3));
            }
            if random.random_bool(0.3) {
                story.an_answer_will_be_lost(random.random_range(0..3));
            }
            story.run_until(random_death(&mut random)).await;
            if random.random_bool(0.5) {
                story.person_edits_a_row().await;
            }
        }
        story.ends_well().await;
    }
}

fn random_death(random: &mut StdRng) -> Death {
    const POINTS: [&str; 4] = ["before-batch", "after-batch", "before-record", "before-cursor"];
    if random.random_bool(0.5) {
        // A pass over this world makes some fifteen requests.
        return Death::AfterRequests(random.random_range(0..=16));
    }
    let point = POINTS[random.random_range(0..POINTS.len())];
    Death::At(format!("{point}:{}", random.random_range(1..=3)))
}

fn seeds() -> std::ops::RangeInclusive<u64> {
    let number = |name: &str| environment(name)?.parse::<u64>().ok();
    match number("VOICE_KILL_SEED") {
        Some(seed) => seed..=seed,
        None => 1..=number("VOICE_KILL_ROUNDS").unwrap_or(ROUNDS),
    }
}

#[expect(clippy::disallowed_methods, reason = "the length of a test is no configuration")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
