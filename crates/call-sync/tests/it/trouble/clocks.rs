//! The clock of the machine is wrong for a while, and is put right.

use call_sync::{CallSync, Freshness};
use chrono::Duration;
use test_support::{Call, Customer, Expected, TestPlant, World, assert_invariants};

use super::{add_calls, assert_good, busy_plant};

const HOUR: Duration = Duration::hours(1);

/// A plant with the calls of its day.
struct Day {
    plant: TestPlant,
    calls: Vec<Call>,
}

impl Day {
    async fn begin() -> Self {
        let (plant, calls) = busy_plant(2).await;
        Self { plant, calls }
    }

    /// Some minutes with two calls. They happen by the time of the world, whatever the machine thinks.
    fn calls_come(&mut self) {
        self.plant.pass_time(Duration::minutes(5));
        let first = u32::try_from(self.calls.len()).unwrap() + 1;
        self.calls.extend(add_calls(&self.plant, first..=first + 1));
    }

    /// The same, three times, with a pass after each.
    async fn goes_on(&mut self, call_sync: &CallSync) {
        for _ in 0..3 {
            self.calls_come();
            assert_good(&call_sync.pass(Freshness::Cached).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_an_hour_wrong_for_a_while_loses_and_doubles_nothing() {
    for wrong_by in [HOUR, -HOUR] {
        let mut day = Day::begin().await;
        let call_sync = day.plant.call_sync().await;
        assert_good(&call_sync.pass(Freshness::Cached).await);
        day.plant.jump(wrong_by);
        day.goes_on(&call_sync).await;
        day.plant.jump(-wrong_by);
        day.goes_on(&call_sync).await;
        assert_invariants(&day.plant, &Expected::logged(day.calls)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_starts_with_a_wrong_clock_loses_and_doubles_nothing() {
    for wrong_by in [HOUR, -HOUR] {
        let mut day = Day::begin().await;
        day.plant.jump(wrong_by);
        let call_sync = day.plant.call_sync().await;
        day.goes_on(&call_sync).await;
        day.plant.jump(-wrong_by);
        // Another process, which has nothing but the cursor.
        let call_sync = day.plant.call_sync().await;
        day.goes_on(&call_sync).await;
        assert_invariants(&day.plant, &Expected::logged(day.calls)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_wrong_clock_and_a_stop_hid_is_found_by_the_retro_pass() {
    let mut day = Day::begin().await;
    day.plant.jump(HOUR);
    assert_good(&day.plant.call_sync().await.pass(Freshness::Cached).await);
    day.plant.jump(-HOUR);
    // The cursor lies ahead, and nobody works until the time has nearly come there.
    for _ in 0..10 {
        day.calls_come();
    }
    let call_sync = day.plant.call_sync().await;
    assert_good(&call_sync.pass(Freshness::Cached).await);
    assert_good(&call_sync.retro().await);
    assert_invariants(&day.plant, &Expected::logged(day.calls)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retro_pass_by_a_wrong_clock_leaves_the_next_one_its_work() {
    for wrong_by in [HOUR, -HOUR] {
        let (plant, mut calls) = busy_plant(2).await;
        let stranger = Customer::contact(100);
        let unknown = Call::incoming(100, plant.ago_secs(85), &stranger);
        plant.load(World::new().call(&unknown));
        let call_sync = plant.call_sync().await;
        plant.jump(wrong_by);
        assert_good(&call_sync.retro().await);
        plant.jump(-wrong_by);
        plant.load(World::new().customer(&stranger));
        plant.pass_time(Duration::hours(22));
        assert_good(&call_sync.retro().await);
        calls.push(unknown);
        assert_invariants(&plant, &Expected::logged(calls)).await;
    }
}
