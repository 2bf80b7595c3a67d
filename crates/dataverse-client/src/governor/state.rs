//! What the governor knows and how it decides: no waiting, no sending, no clock.

use std::collections::BTreeSet;
use std::time::Duration;

use http_kit::Entrant;
use tokio::time::Instant;

use super::Place;
use super::batch_size::BatchSize;
use super::hold::Hold;
use super::reading::Reading;
use crate::Advice;

/// The most requests that Dataverse takes from one user at a time (reference, section 7.1).
const MOST_IN_FLIGHT: usize = 52;

/// Execution time that one request may take up, in seconds: three times what a batch aims at.
const TIME_RESERVE_SECS: f64 = 15.0;

/// Requests to spare for each one in flight.
const REQUEST_RESERVE: u64 = 10;

/// See [`Governor`](super::Governor).
#[derive(Debug)]
pub(super) struct State {
    /// The parallelism that the server advises.
    advised: usize,
    /// The parallelism that we have worked up to since the last hold.
    reached: usize,
    in_flight: usize,
    hold: Hold,
    /// Requests left in the server's window, as it said last.
    requests_left: Option<u64>,
    /// Seconds of execution left in the server's window, as it said last.
    seconds_left: Option<f64>,
    waiting: BTreeSet<Place>,
    last_number: u64,
    batch_size: BatchSize,
}

/// What an attempt is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ruling {
    /// It goes, and counts as in flight.
    Enter {
        /// The number of refusals so far.
        epoch: u64,
    },
    /// It asks again when something has changed.
    WaitForChange,
    /// It asks again when something has changed, or then.
    WaitUntil(Instant),
    /// It cannot wait so long.
    Closed {
        /// When the hold ends.
        opens_in: Duration,
    },
}

impl State {
    pub(super) fn new(seed: Option<u64>) -> Self {
        Self {
            advised: Advice::default().parallel,
            // As after a hold: a process that starts does not know whether one is on.
            reached: 1,
            in_flight: 0,
            hold: Hold::new(seed),
            requests_left: None,
            seconds_left: None,
            waiting: BTreeSet::new(),
            last_number: 0,
            batch_size: BatchSize::default(),
        }
    }

    pub(super) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    pub(super) fn queue(&mut self, place: Place) {
        self.waiting.insert(place);
    }

    pub(super) fn leave(&mut self, place: Place) {
        self.waiting.remove(&place);
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether an attempt may go now.
    pub(super) fn ask(&mut self, place: Place, entrant: &Entrant<'_>, now: Instant) -> Ruling {
        if let Some(opens_at) = self.hold.ends_after(now) {
            let opens_in = opens_at - now;
            if opens_in > entrant.longest_pause || opens_at >= entrant.deadline {
                return Ruling::Closed { opens_in };
            }
            return Ruling::WaitUntil(opens_at);
        }
        if self.waiting.first() != Some(&place) || self.in_flight >= self.limit() {
            return Ruling::WaitForChange;
        }
        self.leave(place);
        self.in_flight += 1;
        Ruling::Enter { epoch: self.hold.epoch() }
    }

    /// How many may be in flight now. When the limits are almost used up, an attempt goes only if
    /// it would fit although all others in flight took their share: else the server would refuse
    /// one while another is on its way, and count that one as sent during the wait.
    pub(super) fn limit(&self) -> usize {
        let by_time = self.seconds_left.map_or(MOST_IN_FLIGHT, |seconds| {
            // Saturates, and is never negative.
            1 + (seconds / TIME_RESERVE_SECS).min(MOST_IN_FLIGHT as f64) as usize
        });
        let by_requests = self.requests_left.map_or(MOST_IN_FLIGHT, |requests| {
            1 + usize::try_from(requests / REQUEST_RESERVE).unwrap_or(MOST_IN_FLIGHT)
        });
        self.advised.min(self.reached).min(by_time).min(by_requests)
    }

    /// Learns from an answer what concerns the amount of work.
    pub(super) fn learn(&mut self, reading: &Reading, operations: usize, took: Duration) {
        if let Some(advised) = reading.advised {
            self.advised = advised.clamp(1, MOST_IN_FLIGHT);
        }
        self.requests_left = reading.requests_left.or(self.requests_left);
        self.seconds_left = reading.seconds_left.or(self.seconds_left);
        if reading.timed_out {
            self.batch_size.timed_out(operations);
        } else if reading.is_let_in() {
            self.batch_size.took(operations, took);
        }
    }

    /// Holds if an answer says so, for the time that is returned; or resumes a step further.
    pub(super) fn heed(&mut self, reading: &Reading, epoch: u64, now: Instant) -> Option<Duration> {
        if let Some(refusal) = &reading.refusal {
            self.reached = 1;
            return Some(self.hold.begin(refusal, epoch, now));
        }
        // What was sent before the hold says nothing about the time after it.
        if reading.is_let_in() && epoch == self.hold.epoch() {
            self.hold.lifted();
            // One more for each answer doubles the number for each way there and back.
            self.reached = (self.reached + 1).min(MOST_IN_FLIGHT);
        }
        None
    }

    /// An attempt is no longer in flight.
    pub(super) fn land(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    pub(super) fn advice(&self) -> Advice {
        Advice { parallel: self.advised, operations_per_batch: self.batch_size.operations() }
    }
}
