use std::cell::{Cell, RefCell};
use std::time::Duration;

use tokio::time::Instant;
use worker::{PAUSE, Shutdown, WakeUp, run_every};

/// What happens while a pass runs.
type During<'a> = &'a dyn Fn(usize) -> Option<Duration>;

/// Runs `passes` passes of a second each; the pauses between them.
async fn pauses(passes: usize, wake_up: &WakeUp, during: During<'_>) -> Vec<Duration> {
    const WORK: Duration = Duration::from_secs(1);
    let shutdown = Shutdown::new();
    let starts = RefCell::new(Vec::new());
    run_every(PAUSE, wake_up, &shutdown, || async {
        starts.borrow_mut().push(Instant::now());
        tokio::time::sleep(WORK).await;
        let number = starts.borrow().len();
        if number == passes {
            shutdown.request();
        }
        during(number)
    })
    .await;
    let starts = starts.into_inner();
    assert_eq!(starts.len(), passes);
    starts.windows(2).map(|pair| pair[1] - pair[0] - WORK).collect()
}

fn about(found: &[Duration], expected: &[u64]) {
    let found: Vec<_> = found.iter().map(|pause| pause.as_secs_f64().round() as u64).collect();
    assert_eq!(found, expected);
}

#[tokio::test(start_paused = true)]
async fn the_pause_starts_when_a_pass_ends() {
    about(&pauses(3, &WakeUp::new(), &|_| None).await, &[60, 60]);
}

#[tokio::test(start_paused = true)]
async fn a_pass_may_want_the_next_one_earlier_but_not_later() {
    let wanted = |number| [5, 600, 0].get(number - 1).map(|secs| Duration::from_secs(*secs));
    about(&pauses(5, &WakeUp::new(), &wanted).await, &[5, 60, 0, 60]);
}

#[tokio::test(start_paused = true)]
async fn several_wake_ups_during_a_pass_make_one_pass_at_once() {
    let wake_up = WakeUp::new();
    let wake_twice = |number| {
        if number == 1 {
            wake_up.wake();
            wake_up.clone().wake();
        }
        None
    };
    about(&pauses(3, &wake_up, &wake_twice).await, &[0, 60]);
}

#[tokio::test(start_paused = true)]
async fn a_wake_up_before_a_pass_is_served_by_it() {
    let wake_up = WakeUp::new();
    wake_up.wake();
    about(&pauses(2, &wake_up, &|_| None).await, &[60]);
}

#[tokio::test(start_paused = true)]
async fn a_wake_up_ends_the_pause() {
    let wake_up = WakeUp::new();
    let other = wake_up.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(31)).await;
        other.wake();
    });
    about(&pauses(3, &wake_up, &|_| None).await, &[30, 60]);
}

#[tokio::test(start_paused = true)]
async fn shutdown_ends_the_pause_at_once() {
    let (shutdown, started) = (Shutdown::new(), Instant::now());
    let other = shutdown.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(10)).await;
        other.request();
    });
    let passes = Cell::new(0);
    run_every(PAUSE, &WakeUp::new(), &shutdown, || async {
        passes.set(passes.get() + 1);
        None
    })
    .await;
    assert_eq!((passes.get(), started.elapsed().as_secs()), (1, 10));
}

#[tokio::test(start_paused = true)]
async fn no_pass_starts_after_shutdown_although_one_was_woken() {
    let wake_up = WakeUp::new();
    let wake = |_| {
        wake_up.wake();
        Some(Duration::ZERO)
    };
    about(&pauses(2, &wake_up, &wake).await, &[0]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_ends_its_pass_only() {
    let shutdown = Shutdown::new();
    let passes = Cell::new(0);
    run_every(PAUSE, &WakeUp::new(), &shutdown, || {
        passes.set(passes.get() + 1);
        // Both before and within the future of the pass.
        assert_ne!(passes.get(), 1, "as the test wants it");
        async {
            tokio::task::yield_now().await;
            match passes.get() {
                2 => panic!("{}", "as the test wants it"),
                _ => shutdown.request(),
            }
            None
        }
    })
    .await;
    assert_eq!(passes.get(), 3);
}
