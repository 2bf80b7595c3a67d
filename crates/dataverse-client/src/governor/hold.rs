//! The one hold of all requests, and how long it lasts.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::time::Instant;

use super::reading::Refusal;

/// The first pause after a refusal that names none; each further one in a row is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest of these pauses.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The longest wait that is believed. The platform's longest window is 24 h (reference, section
/// 7.2); whatever is longer is a mistake that must not silence a client for good.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// When requests may go again.
#[derive(Debug)]
pub(super) struct Hold {
    ends: Option<Instant>,
    /// How many refusals there have been. An attempt remembers the number at its start: what is
    /// said of an earlier one is no news of the time after the latest.
    epoch: u64,
    /// The next pause after a refusal that names none.
    pause: Duration,
    jitter: StdRng,
}

impl Hold {
    pub(super) fn new(seed: Option<u64>) -> Self {
        let jitter = seed.map_or_else(rand::make_rng, StdRng::seed_from_u64);
        Self { ends: None, epoch: 0, pause: FIRST_PAUSE, jitter }
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// When the hold ends, if it is still on.
    pub(super) fn ends_after(&self, now: Instant) -> Option<Instant> {
        self.ends.filter(|ends| *ends > now)
    }

    /// Begins or prolongs the hold because of a refusal of an attempt that was sent at `epoch`.
    /// Returns how long it lasts from now: never shorter than any refusal has asked for.
    pub(super) fn begin(&mut self, refusal: &Refusal, epoch: u64, now: Instant) -> Duration {
        let wait = match refusal.retry_after {
            Some(wait) => wait.min(LONGEST_WAIT),
            // One of several that were refused at once: the pause of the first is theirs too.
            None if epoch < self.epoch && self.ends_after(now).is_some() => Duration::ZERO,
            None => self.next_pause(),
        };
        let ends = now + wait.max(refusal.at_least);
        let ends = self.ends.map_or(ends, |before| before.max(ends));
        self.ends = Some(ends);
        self.epoch += 1;
        ends.saturating_duration_since(now)
    }

    /// A request was let in again.
    pub(super) fn lifted(&mut self) {
        self.pause = FIRST_PAUSE;
    }

    /// Jitter takes away up to a quarter, so that processes that were refused together do not come
    /// back together.
    fn next_pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST_PAUSE);
        pause.mul_f64(self.jitter.random_range(0.75..=1.0))
    }
}
