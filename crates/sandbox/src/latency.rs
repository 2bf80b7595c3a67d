//! The time that answers are held back, with a jitter that a seed decides.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Draws one delay per request, between half and one and a half of the mean.
#[derive(Debug)]
pub(crate) struct Latency {
    mean: Duration,
    random: Mutex<StdRng>,
}

impl Latency {
    pub(crate) fn new(mean: Duration, seed: u64) -> Self {
        Self { mean, random: Mutex::new(StdRng::seed_from_u64(seed)) }
    }

    /// The delay of the next request.
    pub(crate) fn next(&self) -> Duration {
        if self.mean.is_zero() {
            return Duration::ZERO;
        }
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        self.mean.mul_f64(random.random_range(0.5..1.5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_delays_around_the_mean() {
        let draw = |seed| {
            let latency = Latency::new(Duration::from_millis(100), seed);
            (0..200).map(|_| latency.next()).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        let (shortest, longest) = (Duration::from_millis(50), Duration::from_millis(150));
        assert!(draw(7).iter().all(|delay| (shortest..=longest).contains(delay)));
    }

    #[test]
    fn without_latency_nothing_is_held_back() {
        assert_eq!(Latency::new(Duration::ZERO, 1).next(), Duration::ZERO);
    }
}
