use std::sync::Arc;
use std::time::{Duration, Instant};

use http_kit::Safety::{Plain, Safe};
use voice_model::{Clock, ManualClock, SystemClock};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::plant::{builder, request};

async fn throttled(retry_after: &str) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(429).insert_header("retry-after", retry_after))
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn a_wait_within_bounds_is_kept() {
    let server = throttled("1").await;
    let client = builder().max_attempts(2).build().unwrap();
    let started = Instant::now();
    let response = client.send(request(&server.uri(), Plain)).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
    assert_eq!((response.status.as_u16(), response.attempts()), (429, 2));
}

#[tokio::test]
async fn a_wait_that_is_too_long_ends_the_send_at_once() {
    // asked wait, ceiling and deadline in seconds
    for (asked, ceiling, deadline) in
        [("61", 60, 600), ("30", 60, 20), ("99999999999999999999", 60, 60)]
    {
        let server = throttled(asked).await;
        let client = builder()
            .retry_after_ceiling(Duration::from_secs(ceiling))
            .deadline(Duration::from_secs(deadline))
            .build()
            .unwrap();
        let started = Instant::now();
        let response = client.send(request(&server.uri(), Safe)).await.unwrap();
        assert!(started.elapsed() < Duration::from_secs(5));
        assert_eq!(client.requests_sent(), 1, "{asked}");
        let wait = response.retry_after().unwrap();
        assert_eq!(wait.as_secs(), asked.parse().unwrap_or(366 * 24 * 60 * 60));
    }
}

#[tokio::test]
async fn a_date_is_counted_from_the_clock() {
    let clock = ManualClock::new("2026-03-01T12:00:00Z".parse().unwrap());
    let server = throttled("Sun, 01 Mar 2026 12:10:00 GMT").await;
    let client = builder().clock(Arc::new(clock)).build().unwrap();
    let response = client.send(request(&server.uri(), Safe)).await.unwrap();
    assert_eq!(response.retry_after(), Some(Duration::from_secs(600)));
    assert_eq!(client.requests_sent(), 1, "ten minutes are above the ceiling");

    let long_ago = throttled("Sun, 01 Mar 2015 12:10:00 GMT").await;
    let client = builder().clock(Arc::new(SystemClock)).build().unwrap();
    let response = client.send(request(&long_ago.uri(), Safe)).await.unwrap();
    assert_eq!(client.requests_sent(), 4, "a date in the past is no wait");
    assert!(SystemClock.now() - response.received() < chrono::Duration::minutes(1));
}

#[tokio::test]
async fn an_unreadable_wait_is_no_wait() {
    let server = throttled("a while").await;
    let client = builder().build().unwrap();
    let response = client.send(request(&server.uri(), Safe)).await.unwrap();
    assert_eq!(response.retry_after(), None);
    assert_eq!(client.requests_sent(), 4);
}

#[tokio::test]
async fn no_sleep_goes_past_the_deadline() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(503)).mount(&server).await;
    let client = builder()
        .max_attempts(1000)
        .backoff(Duration::from_millis(50), Duration::from_secs(3600))
        .deadline(Duration::from_millis(400))
        .build()
        .unwrap();
    let started = Instant::now();
    let response = client.send(request(&server.uri(), Safe)).await.unwrap();
    assert_eq!(response.status.as_u16(), 503);
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}
