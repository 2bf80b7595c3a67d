//! The program dies by SIGKILL at every step, and is started again at once.

use std::time::{Duration, Instant};

use crate::story::Story;

/// No restart may take longer: the claims and the lease of a dead process are nobody's. By themselves
/// they would end after a minute.
const PATIENCE: Duration = Duration::from_secs(25);

/// Dies at each of these points in turn, then comes to an end.
async fn dies_at(points: &[&str]) {
    let story = Story::begin().await;
    let mut last = Instant::now();
    for point in points {
        let ended = story.run(Some(point)).await;
        assert!(ended.is_kill(), "{point} was not reached: {ended:?}");
        last = Instant::now();
    }
    story.run(None).await.counts();
    assert!(last.elapsed() < PATIENCE, "{points:?}: {:?}", last.elapsed());
    story.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_a_batch_is_sent() {
    dies_at(&["before-batch", "before-batch:2"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_batch_was_carried_out_and_its_answer_is_lost() {
    dies_at(&["after-batch", "after-batch"]).await;
    dies_at(&["after-batch:2"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_outcomes_are_recorded() {
    dies_at(&["before-record", "before-record:2"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_anything_is_closed() {
    dies_at(&["before-close", "before-close", "before-close:2"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_something_was_closed_and_that_is_not_kept() {
    dies_at(&["after-close", "after-close", "after-close:2"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_one_point_after_the_other() {
    dies_at(&["before-batch:2", "after-batch", "before-record", "before-close", "after-close"])
        .await;
}
