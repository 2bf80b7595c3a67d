//! How many operations to put into a batch, by how long they take.
//!
//! A batch should take about 5 s: long enough that the way there and back does not matter, short
//! enough to be far from every time-out. The platform's own advice is batches of 10 (reference,
//! section 7.1), but requests are limited as well: call sync may use at most 0.06 of them for a
//! call of two operations, and asks one query for each batch before it, so that it needs batches of
//! about 70 operations. Fewer, down to 40, are advised only when an operation takes more than 70 ms;
//! then the time, and not the number of requests, is what bounds the pace.

use std::time::Duration;

use crate::Advice;

/// What a batch should take.
const TARGET: Duration = Duration::from_secs(5);
const FEWEST: usize = 40;
const MOST: usize = 200;
/// Smaller batches measure mostly the way there and back, and time out for other reasons.
const LEAST_MEASURED: usize = 20;
/// The weight of the newest measurement.
const WEIGHT: f64 = 0.3;

/// Measured so far.
#[derive(Debug)]
pub(super) struct BatchSize {
    /// Smoothed, in seconds.
    secs_per_operation: f64,
}

impl Default for BatchSize {
    fn default() -> Self {
        Self { secs_per_operation: secs_for(Advice::default().operations_per_batch) }
    }
}

impl BatchSize {
    /// A batch of so many operations was answered in this time.
    pub(super) fn took(&mut self, operations: usize, time: Duration) {
        if operations < LEAST_MEASURED {
            return;
        }
        // Bounded, so that one odd measurement is soon forgotten.
        let measured =
            (time.as_secs_f64() / operations as f64).clamp(secs_for(MOST), secs_for(FEWEST));
        self.secs_per_operation += WEIGHT * (measured - self.secs_per_operation);
    }

    /// A batch of so many operations was not answered in time: half as many might be. Several of
    /// the same size that time out together halve it once.
    pub(super) fn timed_out(&mut self, operations: usize) {
        if operations >= LEAST_MEASURED {
            let half = self.operations().min(operations / 2).max(FEWEST);
            self.secs_per_operation = secs_for(half);
        }
    }

    /// How many operations to put into a batch.
    pub(super) fn operations(&self) -> usize {
        // Rounded, because of what floating point makes of a size on its way there and back.
        let operations = (TARGET.as_secs_f64() / self.secs_per_operation).round() as usize;
        operations.clamp(FEWEST, MOST)
    }
}

/// What an operation takes if a batch of so many takes as long as it should.
fn secs_for(operations: usize) -> f64 {
    TARGET.as_secs_f64() / operations as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(batches: &[(usize, u64)]) -> usize {
        let mut size = BatchSize::default();
        for (operations, millis) in batches {
            size.took(*operations, Duration::from_millis(*millis));
        }
        size.operations()
    }

    #[test]
    fn a_batch_comes_to_take_about_five_seconds() {
        assert_eq!(after(&[]), 100);
        // milliseconds for an operation, operations advised in the end
        for (millis, expected) in [(0, 200), (10, 200), (25, 200), (50, 100), (100, 50), (900, 40)]
        {
            let mut size = BatchSize::default();
            for _ in 0..30 {
                let operations = size.operations();
                size.took(operations, Duration::from_millis(millis) * operations as u32);
            }
            assert_eq!(size.operations(), expected, "{millis} ms");
        }
    }

    #[test]
    fn one_odd_batch_changes_little() {
        assert_eq!(after(&[(100, 3_600_000)]), 69);
        assert_eq!(after(&[(100, 0)]), 118);
    }

    #[test]
    fn small_batches_do_not_count() {
        assert_eq!(after(&[(0, 30_000), (1, 900), (19, 30_000)]), 100);
        let mut size = BatchSize::default();
        size.timed_out(19);
        assert_eq!(size.operations(), 100);
    }

    #[test]
    fn a_time_out_halves_the_size_once_for_all_batches_of_that_size() {
        let mut size = BatchSize::default();
        let sizes: Vec<usize> = [100, 100, 100, 50, 40]
            .into_iter()
            .map(|operations| {
                size.timed_out(operations);
                size.operations()
            })
            .collect();
        assert_eq!(sizes, [50, 50, 50, 40, 40]);
    }

    #[test]
    fn a_size_grows_again_after_a_time_out() {
        let mut size = BatchSize::default();
        size.timed_out(100);
        for _ in 0..10 {
            size.took(size.operations(), Duration::from_secs(1));
        }
        assert!(size.operations() > 100, "{}", size.operations());
    }
}
