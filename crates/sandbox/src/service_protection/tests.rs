//! The limits over time.

use http::HeaderMap;

use super::*;

const USER: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

/// Lets a request in that costs so many milliseconds, and gives its headers.
fn run(limits: &Arc<ServiceProtection>, second: i64, millis: u64) -> HeaderMap {
    let admission = limits.admit(USER, at(second)).unwrap().unwrap();
    let mut headers = HeaderMap::new();
    admission.account(std::time::Duration::from_millis(millis), at(second), &mut headers);
    headers
}

#[track_caller]
fn refused(limits: &Arc<ServiceProtection>, second: i64, expected: (Exceeded, u64)) {
    let refused = limits.admit(USER, at(second)).unwrap_err();
    assert_eq!((refused.exceeded, refused.retry_after_secs), expected, "at {second} s");
}

#[test]
fn without_limits_everybody_is_let_in() {
    let limits = ServiceProtection::new(Limits::Off);
    let admissions: Vec<_> = (0..10_000).map(|_| limits.admit(USER, at(0)).unwrap()).collect();
    assert!(admissions.iter().all(Option::is_none));
}

#[test]
fn the_request_after_the_last_allowed_one_waits_until_the_first_has_left_the_window() {
    let limits = ServiceProtection::new(Limits::Real);
    run(&limits, 0, 0);
    for _ in 1..6_000 {
        run(&limits, 100, 0);
    }
    refused(&limits, 110, (Exceeded::Requests, 190));
    let left = run(&limits, 300, 0);
    assert_eq!(left["x-ms-ratelimit-burst-remaining-xrm-requests"], "0");
    refused(&limits, 300, (Exceeded::Requests, 100));
    let left = run(&limits, 400, 0);
    assert_eq!(left["x-ms-ratelimit-burst-remaining-xrm-requests"], "5998");
}

#[test]
fn a_request_during_the_wait_is_refused_and_makes_it_longer() {
    let limits = ServiceProtection::new(Limits::Scaled(0.001));
    for _ in 0..6 {
        run(&limits, 0, 0);
    }
    refused(&limits, 290, (Exceeded::Requests, 10));
    refused(&limits, 291, (Exceeded::Requests, 10));
    refused(&limits, 291, (Exceeded::Requests, 11));
    // By now the window is empty, but the wait is not over.
    refused(&limits, 301, (Exceeded::Requests, 2));
    refused(&limits, 302, (Exceeded::Requests, 2));
    let left = run(&limits, 304, 0);
    assert_eq!(left["x-ms-ratelimit-burst-remaining-xrm-requests"], "5");
}

#[test]
fn a_wait_never_grows_beyond_a_window() {
    let limits = ServiceProtection::new(Limits::Scaled(0.001));
    for _ in 0..6 {
        run(&limits, 0, 0);
    }
    for _ in 0..1_000 {
        limits.admit(USER, at(1)).unwrap_err();
    }
    refused(&limits, 1, (Exceeded::Requests, 300));
    run(&limits, 301, 0);
}

#[test]
fn execution_time_adds_up_and_slides_out() {
    let limits = ServiceProtection::new(Limits::Real);
    let left = run(&limits, 0, 600_540);
    assert_eq!(left["x-ms-ratelimit-time-remaining-xrm-requests"], "599.46");
    // One millisecond is left: the next is let in, however long it takes.
    run(&limits, 50, 599_459);
    let left = run(&limits, 50, 3_000);
    assert_eq!(left["x-ms-ratelimit-time-remaining-xrm-requests"], "0.00");
    refused(&limits, 60, (Exceeded::ExecutionTime, 240));
    run(&limits, 300, 0);
}

#[test]
fn the_fifty_third_at_a_time_is_refused_until_one_has_ended() {
    let limits = ServiceProtection::new(Limits::Scaled(100.0));
    let mut running: Vec<_> = (0..52).map(|_| limits.admit(USER, at(0)).unwrap()).collect();
    refused(&limits, 0, (Exceeded::Concurrency, 1));
    refused(&limits, 0, (Exceeded::Concurrency, 2));
    running.pop();
    running.push(limits.admit(USER, at(0)).unwrap());
    refused(&limits, 10, (Exceeded::Concurrency, 1));
}

#[test]
fn users_do_not_share_their_limits() {
    let limits = ServiceProtection::new(Limits::Scaled(0.001));
    for _ in 0..6 {
        run(&limits, 0, 0);
    }
    refused(&limits, 0, (Exceeded::Requests, 300));
    assert!(limits.admit(OTHER, at(0)).is_ok());
}

#[test]
fn a_reset_forgets_what_was_used_up_and_not_what_runs() {
    let limits = ServiceProtection::new(Limits::Scaled(0.001));
    let running = limits.admit(USER, at(0)).unwrap();
    for _ in 0..5 {
        run(&limits, 0, 0);
    }
    refused(&limits, 0, (Exceeded::Requests, 300));
    limits.reset();
    run(&limits, 0, 0);
    assert_eq!(limits.lock()[&USER].running, 1);
    drop(running);
    assert_eq!(limits.lock()[&USER].running, 0);
}

#[test]
fn a_refusal_names_code_and_limit() {
    let check = |exceeded, limits, code: &str, message: &str| {
        let bounds = Bounds::of(limits).unwrap();
        let answer = Refused::new(exceeded, bounds, Duration::milliseconds(1_001)).into_answer();
        assert_eq!(answer.status(), 429);
        assert_eq!(answer.headers()["retry-after"], "2");
        let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(body["error"]["code"], code);
        let text = body["error"]["message"].as_str().unwrap();
        assert!(text.contains(message), "{text}");
    };
    check(Exceeded::Requests, Limits::Real, "0x80072322", "the limit of 6000 over time window");
    check(Exceeded::Requests, Limits::Scaled(0.1), "0x80072322", "the limit of 600 over");
    check(Exceeded::ExecutionTime, Limits::Real, "0x80072321", "limit of 1,200,000 milliseconds");
    check(Exceeded::Concurrency, Limits::Real, "0x80072326", "the limit of 52.");
}
