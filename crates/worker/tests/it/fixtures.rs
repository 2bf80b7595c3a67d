//! Moments, clocks and waiting.

use std::future::Future;
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use tokio::time::Instant;
use voice_model::{Clock, TenantName};

pub(crate) fn tenant() -> TenantName {
    TenantName::new("contoso")
}

/// A moment of March 2026, such as `moment("07 22:15")`.
pub(crate) fn moment(text: &str) -> DateTime<Utc> {
    let text = format!("2026-03-{text}");
    NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M").unwrap().and_utc()
}

/// A clock that goes with tokio's time, which a test may have paused.
#[derive(Debug)]
pub(crate) struct TokioClock {
    start: DateTime<Utc>,
    since: Instant,
}

impl TokioClock {
    pub(crate) fn new() -> Self {
        Self { start: moment("01 12:00"), since: Instant::now() }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> DateTime<Utc> {
        self.start + self.since.elapsed()
    }
}

/// Waits until a condition holds; a test that waits for long has failed.
pub(crate) async fn until<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) {
    let deadline = Duration::from_secs(20);
    let waited = tokio::time::timeout(deadline, async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(waited.await.is_ok(), "the condition was not met in time");
}
