//! The clock of our machine is wrong for a while.

use callback_sync::Freshness;
use chrono::Duration;
use test_support::{SyncMethod, assert_callback_invariants};

use super::{Desk, assert_good};

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_for_a_while_loses_no_request() {
    let (hour, day) = (Duration::hours(1), Duration::days(1));
    for (method, wrong_by) in [
        (SyncMethod::Polling, hour),
        (SyncMethod::Polling, -hour),
        (SyncMethod::Polling, day),
        (SyncMethod::Polling, -day),
        (SyncMethod::Polling, day * 400),
        (SyncMethod::Webhook, day),
        (SyncMethod::Webhook, -day),
    ] {
        let desk = Desk::by(method).await;
        let sync = desk.plant.callback_sync().await;
        let mut requests = desk.add(1..=1);
        let mut heard = desk.hear(&requests).await;
        assert_good(&sync.pass(Freshness::Cached).await);
        desk.plant.jump(wrong_by);
        // As long as the clock is wrong, requests come and some of them are not found.
        for hour in 0..8 {
            let request = desk.add(10 + hour..=10 + hour);
            heard.extend(desk.hear(&request).await);
            requests.extend(request);
            assert_good(&sync.pass(Freshness::Cached).await);
            desk.plant.pass_time(Duration::hours(1));
        }
        desk.plant.jump(-wrong_by);
        let last = desk.add(100..=100);
        heard.extend(desk.hear(&last).await);
        requests.extend(last);
        for _ in 0..3 {
            assert_good(&sync.pass(Freshness::Cached).await);
            desk.plant.pass_time(Duration::minutes(1));
        }
        let expected = desk.expected().queued(&requests).heard(heard);
        println!("{method:?}, wrong by {wrong_by}");
        assert_callback_invariants(&desk.plant, &expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_starts_after_the_clock_was_set_right_finds_what_was_missed() {
    let desk = Desk::by(SyncMethod::Polling).await;
    let mut requests = desk.add(1..=1);
    desk.plant.jump(Duration::days(1));
    assert_good(&desk.pass().await);
    desk.plant.pass_time(Duration::hours(5));
    requests.extend(desk.add(2..=2));
    desk.plant.pass_time(Duration::hours(5));
    assert_good(&desk.pass().await);
    desk.plant.jump(Duration::days(-1));
    assert_good(&desk.pass().await);
    desk.assert_queued(&requests).await;
}
