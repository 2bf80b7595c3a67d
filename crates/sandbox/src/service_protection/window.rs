//! Requests and execution time of the last 300 s.

use std::collections::VecDeque;

use chrono::{DateTime, Duration, Utc};

/// Length of the window (Dataverse reference, section 7.1).
pub(super) const LENGTH: Duration = Duration::seconds(300);

/// What happened within the window. An instant leaves it exactly one length later.
#[derive(Debug, Default)]
pub(super) struct Window {
    requests: VecDeque<DateTime<Utc>>,
    executions: VecDeque<(DateTime<Utc>, u64)>,
    execution_micros: u64,
}

impl Window {
    /// Drops what has left the window.
    pub(super) fn slide(&mut self, now: DateTime<Utc>) {
        let has_left = |at: DateTime<Utc>| now - at >= LENGTH;
        while self.requests.front().is_some_and(|at| has_left(*at)) {
            self.requests.pop_front();
        }
        while let Some((at, micros)) = self.executions.front().copied()
            && has_left(at)
        {
            self.executions.pop_front();
            self.execution_micros -= micros;
        }
    }

    /// Counts a request that came now.
    pub(super) fn add_request(&mut self, now: DateTime<Utc>) {
        self.requests.push_back(now);
    }

    /// Counts execution time that ended now.
    pub(super) fn add_execution(&mut self, now: DateTime<Utc>, micros: u64) {
        self.executions.push_back((now, micros));
        self.execution_micros += micros;
    }

    /// Requests that may still come, of `limit`.
    pub(super) fn remaining_requests(&self, limit: usize) -> usize {
        limit.saturating_sub(self.requests.len())
    }

    /// Execution time that is left, of `limit`.
    pub(super) fn remaining_execution_micros(&self, limit: u64) -> u64 {
        limit.saturating_sub(self.execution_micros)
    }

    /// When the next request fits; `None` if it fits now.
    pub(super) fn requests_open(&self, limit: usize) -> Option<DateTime<Utc>> {
        let surplus = self.requests.len().checked_sub(limit)?;
        self.requests.get(surplus).map(|at| *at + LENGTH)
    }

    /// When less than `limit` of execution time is used up; `None` if that is so now. How long a
    /// request will take is not known beforehand, so the last one may go beyond the limit.
    pub(super) fn execution_opens(&self, limit: u64) -> Option<DateTime<Utc>> {
        let mut used = self.execution_micros;
        let mut opens = None;
        for (at, micros) in &self.executions {
            if used < limit {
                break;
            }
            used -= micros;
            opens = Some(*at + LENGTH);
        }
        opens
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    proptest! {
        #[test]
        fn a_window_opens_exactly_when_it_says(
            steps in prop::collection::vec((0_i64..40, 0_u64..50), 1..60),
            requests in 1_usize..20,
            micros in 1_u64..200,
        ) {
            let mut window = Window::default();
            let mut now = 0;
            for (pause, cost) in steps {
                now += pause;
                window.slide(at(now));
                window.add_request(at(now));
                window.add_execution(at(now), cost);
            }
            for opens in [window.requests_open(requests), window.execution_opens(micros)] {
                let Some(opens) = opens else { continue };
                prop_assert!(opens > at(now) && opens <= at(now) + LENGTH);
            }
            if let Some(opens) = window.requests_open(requests) {
                window.slide(opens - Duration::seconds(1));
                prop_assert!(window.requests_open(requests).is_some());
                window.slide(opens);
                prop_assert!(window.requests_open(requests).is_none());
            }
            if let Some(opens) = window.execution_opens(micros) {
                window.slide(opens - Duration::seconds(1));
                prop_assert!(window.execution_opens(micros).is_some());
                window.slide(opens);
                prop_assert!(window.execution_opens(micros).is_none());
            }
        }
    }
}
