//! A request that was let in, until it is answered.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue};
use uuid::Uuid;

use super::ServiceProtection;
use super::bounds::Bounds;

/// Requests that the user may still send in the window.
const REQUESTS_LEFT: &str = "x-ms-ratelimit-burst-remaining-xrm-requests";
/// Seconds of execution that the user has left in the window.
const TIME_LEFT: &str = "x-ms-ratelimit-time-remaining-xrm-requests";

/// Takes up one of the user's concurrent requests until it is dropped.
#[derive(Debug)]
pub(crate) struct Admission {
    limits: Arc<ServiceProtection>,
    user: Uuid,
    bounds: Bounds,
}

impl Admission {
    pub(super) fn new(limits: Arc<ServiceProtection>, user: Uuid, bounds: Bounds) -> Self {
        Self { limits, user, bounds }
    }

    /// Accounts the execution time of the request, and tells what is left in the answer's headers.
    pub(crate) fn account(
        &self,
        execution_time: Duration,
        now: DateTime<Utc>,
        headers: &mut HeaderMap,
    ) {
        let mut users = self.limits.lock();
        let Some(usage) = users.get_mut(&self.user) else { return };
        let micros = u64::try_from(execution_time.as_micros()).unwrap_or(u64::MAX / 2);
        usage.window.slide(now);
        usage.window.add_execution(now, micros);
        let requests = usage.window.remaining_requests(self.bounds.requests);
        let micros = usage.window.remaining_execution_micros(self.bounds.execution_micros);
        headers.insert(REQUESTS_LEFT, HeaderValue::from(requests));
        if let Ok(seconds) = HeaderValue::from_str(&grouped_seconds(micros)) {
            headers.insert(TIME_LEFT, seconds);
        }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        if let Some(usage) = self.limits.lock().get_mut(&self.user) {
            usage.running = usage.running.saturating_sub(1);
        }
    }
}

/// As the service writes it: `1,199.46`. Public traces of the header agree on the form.
fn grouped_seconds(micros: u64) -> String {
    let hundredths = micros / 10_000;
    format!("{}.{:02}", grouped(hundredths / 100), hundredths % 100)
}

/// Digits in groups of three.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_written_with_groups_and_hundredths() {
        for (micros, expected) in [
            (1_200_000_000, "1,200.00"),
            (1_199_460_000, "1,199.46"),
            (999_999_999, "999.99"),
            (50_000, "0.05"),
            (0, "0.00"),
            (12_000_000_000_000, "12,000,000.00"),
        ] {
            assert_eq!(grouped_seconds(micros), expected);
        }
    }
}
