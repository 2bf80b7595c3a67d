//! The governor over time, which is paused: nothing here waits for real.

use bytes::Bytes;
use futures::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::*;

const DEADLINE: Duration = Duration::from_secs(100);
const CEILING: Duration = Duration::from_secs(60);

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn governor() -> Arc<Governor> {
    Governor::new("contoso".to_owned(), Some(1))
}

/// A governor that lets the default number go.
fn warm() -> Arc<Governor> {
    let governor = governor();
    for _ in 0..3 {
        succeed(enter_now(&governor).unwrap());
    }
    governor
}

fn entrant() -> Entrant<'static> {
    Entrant { host: "contoso", deadline: Instant::now() + DEADLINE, longest_pause: CEILING }
}

/// A pass, if there is one without waiting.
fn try_enter(gate: &CallGate) -> Option<Result<Box<dyn Pass>, Closed>> {
    gate.enter(&entrant()).now_or_never()
}

fn enter_now(governor: &Arc<Governor>) -> Option<Box<dyn Pass>> {
    try_enter(&governor.gate(Lane::Live, 0)).map(|result| result.map_err(|_| "closed").unwrap())
}

/// As many passes as there are.
fn fill(governor: &Arc<Governor>) -> Vec<Box<dyn Pass>> {
    std::iter::from_fn(|| enter_now(governor)).collect()
}

fn answer(
    pass: Box<dyn Pass>,
    status: u16,
    headers: &[(&str, &str)],
    body: &str,
) -> Option<Duration> {
    let map: HeaderMap = headers
        .iter()
        .map(|(name, value)| {
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        })
        .collect();
    let retry_after = headers.iter().find(|(name, _)| *name == "retry-after");
    pass.end(&End::Answer {
        status: StatusCode::from_u16(status).unwrap(),
        headers: &map,
        body: &Bytes::from(body.to_owned()),
        retry_after: retry_after.map(|(_, wait)| secs(wait.parse().unwrap())),
    })
}

fn succeed(pass: Box<dyn Pass>) {
    assert_eq!(answer(pass, 200, &[], "{}"), None);
}

fn refuse(pass: Box<dyn Pass>, retry_after: &str) -> Duration {
    answer(pass, 429, &[("retry-after", retry_after)], "").unwrap()
}

type Waited = Result<(Box<dyn Pass>, Duration), Closed>;

/// Waits for a pass in a task of its own; gives when it came, counted from now.
fn waiting(governor: &Arc<Governor>) -> tokio::task::JoinHandle<Waited> {
    let gate = governor.gate(Lane::Live, 0);
    let start = Instant::now();
    tokio::spawn(async move { gate.enter(&entrant()).await.map(|pass| (pass, start.elapsed())) })
}

#[tokio::test(start_paused = true)]
async fn at_the_start_one_goes_first_and_each_answer_lets_one_more_go() {
    let governor = governor();
    assert_eq!(governor.advice().parallel, 4);
    for expected in [1, 2, 4, 4] {
        let passes = fill(&governor);
        assert_eq!(passes.len(), expected);
        passes.into_iter().for_each(succeed);
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_request_that_was_let_in_lets_more_go() {
    for status in [500, 502, 503] {
        let governor = governor();
        assert_eq!(answer(enter_now(&governor).unwrap(), status, &[], ""), None);
        assert_eq!(fill(&governor).len(), 1, "{status}");
    }
    let governor = governor();
    for end in [End::TimedOut, End::NoAnswer] {
        assert_eq!(enter_now(&governor).unwrap().end(&end), None);
        assert_eq!(fill(&governor).len(), 1, "{end:?}");
    }
    answer(enter_now(&governor).unwrap(), 412, &[], "");
    assert_eq!(fill(&governor).len(), 2, "refused for what it asked, and let in");
}

#[tokio::test(start_paused = true)]
async fn the_advised_parallelism_is_followed_up_and_down() {
    let governor = governor();
    for _ in 0..60 {
        succeed(enter_now(&governor).unwrap());
    }
    for (hint, expected) in [("2", 2), ("7", 7), ("1", 1), ("0", 1), ("999", 52), ("x", 52)] {
        answer(enter_now(&governor).unwrap(), 200, &[("x-ms-dop-hint", hint)], "");
        assert_eq!(fill(&governor).len(), expected, "{hint}");
        assert_eq!(governor.advice().parallel, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_goes_as_soon_as_there_is_room() {
    let governor = warm();
    let mut passes = fill(&governor);
    assert_eq!(passes.len(), 4);
    let next = waiting(&governor);
    tokio::time::advance(secs(5)).await;
    succeed(passes.pop().unwrap());
    let (_pass, waited) = next.await.unwrap().map_err(drop).unwrap();
    assert_eq!(waited, secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_holds_everybody_for_the_longest_wait_asked_for() {
    let governor = warm();
    let mut passes = fill(&governor);
    assert_eq!(refuse(passes.pop().unwrap(), "10"), secs(10));
    let waiter = waiting(&governor);
    tokio::time::advance(secs(1)).await;
    assert_eq!(refuse(passes.pop().unwrap(), "3"), secs(9), "the first wait is not over");
    assert_eq!(refuse(passes.pop().unwrap(), "14"), secs(14));
    succeed(passes.pop().unwrap());
    assert!(enter_now(&governor).is_none(), "room is no reason");
    let (_pass, waited) = waiter.await.unwrap().map_err(drop).unwrap();
    assert!((secs(15)..secs(15) + Duration::from_millis(2)).contains(&waited), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn after_a_hold_one_goes_first() {
    let governor = warm();
    let mut passes = fill(&governor);
    refuse(passes.pop().unwrap(), "10");
    succeed(passes.pop().unwrap());
    tokio::time::advance(secs(11)).await;
    assert_eq!(fill(&governor).len(), 0, "two from before the hold are still in flight");
    passes.drain(..).for_each(succeed);
    for expected in [1, 2, 4] {
        let passes = fill(&governor);
        assert_eq!(passes.len(), expected, "what was sent before the hold counts for nothing");
        passes.into_iter().for_each(succeed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hold_that_is_too_long_for_a_request_fails_it_at_once() {
    let governor = governor();
    refuse(enter_now(&governor).unwrap(), "200");
    let outcome = |longest_pause, deadline| {
        let entrant = Entrant { host: "x", deadline: Instant::now() + deadline, longest_pause };
        let result = governor.gate(Lane::Live, 0).enter(&entrant).now_or_never();
        result.map(|result| result.map(drop).unwrap_err().opens_in)
    };
    for _ in 0..2 {
        assert_eq!(outcome(CEILING, secs(500)), Some(secs(200)), "above the ceiling");
    }
    tokio::time::advance(secs(150)).await;
    assert_eq!(outcome(CEILING, secs(40)), Some(secs(50)), "past the deadline");
    assert_eq!(outcome(CEILING, secs(50)), Some(secs(50)), "nothing would be left");
    assert_eq!(outcome(secs(49), secs(500)), Some(secs(50)));
    assert_eq!(outcome(secs(50), secs(51)), None, "it waits");
}

#[tokio::test(start_paused = true)]
async fn a_hold_that_grows_too_long_fails_those_who_wait_for_it() {
    let governor = warm();
    let mut passes = fill(&governor);
    refuse(passes.pop().unwrap(), "30");
    let waiter = waiting(&governor);
    tokio::time::advance(secs(10)).await;
    refuse(passes.pop().unwrap(), "120");
    let closed = waiter.await.unwrap().map(drop).unwrap_err();
    assert_eq!(closed.opens_in, secs(120));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_nobody_can_mean_is_cut_to_a_day() {
    let governor = governor();
    assert_eq!(refuse(enter_now(&governor).unwrap(), "31536000"), secs(24 * 60 * 60));
}

#[tokio::test(start_paused = true)]
async fn without_a_wait_to_keep_the_pause_grows_until_a_request_is_let_in() {
    let governor = governor();
    let pause = async || {
        let pause = answer(enter_now(&governor).unwrap(), 429, &[], "").unwrap();
        tokio::time::advance(pause).await;
        pause.as_secs_f64()
    };
    for longest in [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0] {
        let pause = pause().await;
        assert!((longest * 0.75..=longest).contains(&pause), "{pause} of {longest}");
    }
    succeed(enter_now(&governor).unwrap());
    assert!(pause().await <= 2.0);
}

#[tokio::test(start_paused = true)]
async fn several_that_are_refused_together_make_the_pause_grow_once() {
    let governor = warm();
    let pauses: Vec<Duration> =
        fill(&governor).into_iter().map(|pass| answer(pass, 429, &[], "").unwrap()).collect();
    assert_eq!(pauses.len(), 4);
    assert!(pauses.iter().all(|pause| *pause == pauses[0] && *pause <= secs(2)), "{pauses:?}");
    tokio::time::advance(secs(2)).await;
    let second = answer(enter_now(&governor).unwrap(), 429, &[], "").unwrap();
    assert!(second > secs(2) && second <= secs(4), "{second:?}");
}

#[tokio::test(start_paused = true)]
async fn a_customization_lock_holds_for_ten_seconds_at_least() {
    let lock = r#"{"error":{"code":"0x80071151","message":"Cannot start"}}"#;
    for (headers, expected) in [
        (vec![], secs(10)),
        (vec![("retry-after", "2")], secs(10)),
        (vec![("retry-after", "20")], secs(20)),
    ] {
        let governor = governor();
        let hold = answer(enter_now(&governor).unwrap(), 429, &headers, lock);
        assert_eq!(hold, Some(expected));
        assert!(enter_now(&governor).is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn live_work_goes_before_backlog_and_each_in_the_order_of_its_calls() {
    let governor = governor();
    let in_flight = enter_now(&governor).unwrap();
    let lanes =
        [("b1", Lane::Backlog), ("b2", Lane::Backlog), ("l1", Lane::Live), ("l2", Lane::Live)];
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for (name, lane) in lanes {
        let (gate, order) = (governor.gate(lane, 0), Arc::clone(&order));
        tasks.push(tokio::spawn(async move {
            let pass = gate.enter(&entrant()).await.map_err(drop).unwrap();
            order.lock().unwrap().push(name);
            // No answer, so that there is never room for two.
            pass.end(&End::NoAnswer);
        }));
        tokio::task::yield_now().await;
    }
    in_flight.end(&End::NoAnswer);
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), ["l1", "l2", "b1", "b2"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_sent_again_keeps_its_place() {
    let governor = governor();
    let first = governor.gate(Lane::Live, 0);
    let pass = try_enter(&first).unwrap().map_err(drop).unwrap();
    let second = governor.gate(Lane::Live, 0);
    let mut later = std::pin::pin!(async {
        let entrant = entrant();
        second.enter(&entrant).await
    });
    assert!(later.as_mut().now_or_never().is_none());
    refuse(pass, "5");
    let mut again = std::pin::pin!(async {
        let entrant = entrant();
        first.enter(&entrant).await
    });
    assert!(again.as_mut().now_or_never().is_none());
    tokio::time::advance(secs(6)).await;
    assert!(later.as_mut().now_or_never().is_none(), "it was called later");
    assert!(again.as_mut().now_or_never().unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_blocks_nobody() {
    let governor = governor();
    let in_flight = enter_now(&governor).unwrap();
    let given_up = waiting(&governor);
    let patient = waiting(&governor);
    tokio::task::yield_now().await;
    assert_eq!(governor.lock().waiting(), 2);
    given_up.abort();
    assert!(given_up.await.is_err());
    // Given up in flight: dropped without a word.
    drop(in_flight);
    assert!(patient.await.unwrap().is_ok());
    assert_eq!(governor.lock().waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn when_little_is_left_fewer_go_at_a_time() {
    let time = "x-ms-ratelimit-time-remaining-xrm-requests";
    let requests = "x-ms-ratelimit-burst-remaining-xrm-requests";
    let governor = warm();
    for (name, left, expected) in [
        (time, "1,199.46", 4),
        (time, "45.00", 4),
        (time, "44.99", 3),
        (time, "15.00", 2),
        (time, "14.99", 1),
        (time, "0.00", 1),
        (time, "118.20", 4),
        (requests, "5999", 4),
        (requests, "30", 4),
        (requests, "29", 3),
        (requests, "9", 1),
        (requests, "0", 1),
    ] {
        answer(enter_now(&governor).unwrap(), 200, &[(name, left)], "");
        assert_eq!(fill(&governor).len(), expected, "{name}: {left}");
    }
}

#[tokio::test(start_paused = true)]
async fn batches_are_measured_while_they_are_in_flight() {
    let governor = governor();
    let gate = governor.gate(Lane::Live, 100);
    let batch = || try_enter(&gate).unwrap().map_err(drop).unwrap();
    assert_eq!(governor.advice().operations_per_batch, 100);
    for _ in 0..20 {
        let pass = batch();
        tokio::time::advance(secs(10)).await;
        succeed(pass);
    }
    assert_eq!(governor.advice().operations_per_batch, 50);
    refuse(batch(), "1");
    tokio::time::advance(secs(30)).await;
    assert_eq!(governor.advice().operations_per_batch, 50, "a refusal measures nothing");
    batch().end(&End::TimedOut);
    assert_eq!(governor.advice().operations_per_batch, 50, "100 timed out, 50 are advised");
    let other = enter_now(&governor).unwrap();
    tokio::time::advance(secs(60)).await;
    succeed(other);
    assert_eq!(governor.advice().operations_per_batch, 50, "only batches count");
    answer(batch(), 504, &[], "");
    let smaller = governor.gate(Lane::Live, 90);
    let pass = try_enter(&smaller).unwrap().map_err(drop).unwrap();
    pass.end(&End::TimedOut);
    assert_eq!(governor.advice().operations_per_batch, 45);
}
