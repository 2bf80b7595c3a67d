//! The client's dice: jitter of waits, and request ids. Seeded, they fall the same way every time.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use uuid::Uuid;

#[derive(Debug)]
pub(crate) struct Randomness(Mutex<StdRng>);

impl Randomness {
    /// Seeded, or from the operating system.
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Self(Mutex::new(seed.map_or_else(rand::make_rng, StdRng::seed_from_u64)))
    }

    /// A random UUID (version 4).
    pub(crate) fn uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.with(|rng| rng.fill_bytes(&mut bytes));
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// An instant between nothing and `ceiling`: "full jitter".
    fn up_to(&self, ceiling: Duration) -> Duration {
        ceiling.mul_f64(self.with(|rng| rng.random::<f64>()))
    }

    fn with<T>(&self, use_rng: impl FnOnce(&mut StdRng) -> T) -> T {
        use_rng(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Waits whose ceiling doubles from `min` to `max`, each drawn between nothing and its ceiling.
///
/// `backon`'s own jitter adds to the delay and so never spreads it below the delay itself; the
/// ceilings come from it, the draw from us.
pub(crate) fn backoff(
    min: Duration,
    max: Duration,
    randomness: &Randomness,
) -> impl Iterator<Item = Duration> {
    ExponentialBuilder::new()
        .with_min_delay(min)
        .with_max_delay(max)
        .without_max_times()
        .build()
        .map(|ceiling| randomness.up_to(ceiling))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: Duration = Duration::from_millis(100);
    const MAX: Duration = Duration::from_secs(1);

    fn waits(seed: u64) -> Vec<Duration> {
        backoff(MIN, MAX, &Randomness::new(Some(seed))).take(8).collect()
    }

    #[test]
    fn a_seed_fixes_waits_and_ids() {
        assert_eq!(waits(7), waits(7));
        assert_ne!(waits(7), waits(8));
        let id = |seed| Randomness::new(Some(seed)).uuid();
        assert_eq!(id(7), id(7));
        assert_ne!(id(7), id(8));
        assert_eq!(id(7).get_version_num(), 4);
    }

    #[test]
    fn ceilings_double_up_to_the_longest_wait() {
        let ceilings = [100, 200, 400, 800, 1000, 1000, 1000, 1000].map(Duration::from_millis);
        let mut spread_below_half = false;
        for seed in 0..200 {
            for (wait, ceiling) in waits(seed).into_iter().zip(ceilings) {
                assert!(wait <= ceiling + Duration::from_micros(1), "{wait:?} {ceiling:?}");
                spread_below_half |= wait < ceiling / 2;
            }
        }
        assert!(spread_below_half, "full jitter uses the whole span");
    }
}
