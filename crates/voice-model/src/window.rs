//! Spans of time to ask a source about.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

/// Why two instants are not a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a window must not end ({end}) before it starts ({start})")]
pub struct WindowError {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

/// A span of time with both ends inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TimeWindow {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

impl TimeWindow {
    /// The window from `start` to `end`.
    ///
    /// # Errors
    /// [`WindowError`] when it would end before it starts.
    pub fn new(start: DateTime<Utc>, end: DateTime<Utc>) -> Result<Self, WindowError> {
        if end < start { Err(WindowError { start, end }) } else { Ok(Self { start, end }) }
    }

    /// The window of the given length that ends at `end`.
    ///
    /// # Errors
    /// [`WindowError`] when the length is negative.
    pub fn ending_at(end: DateTime<Utc>, length: Duration) -> Result<Self, WindowError> {
        Self::new(end - length, end)
    }

    /// Its first instant.
    pub fn start(&self) -> DateTime<Utc> {
        self.start
    }

    /// Its last instant.
    pub fn end(&self) -> DateTime<Utc> {
        self.end
    }

    /// How long it is.
    pub fn length(&self) -> Duration {
        self.end - self.start
    }

    /// Whether an instant lies inside, the ends included.
    pub fn contains(&self, instant: DateTime<Utc>) -> bool {
        self.start <= instant && instant <= self.end
    }

    /// Pieces of at most `longest`, oldest first, that touch at their ends and together are the
    /// window. A window of no length is one piece; a `longest` of zero or less does not split.
    pub fn split(self, longest: Duration) -> impl Iterator<Item = Self> {
        let mut next = Some(self.start);
        std::iter::from_fn(move || {
            let start = next?;
            let whole = longest <= Duration::zero() || self.end - start <= longest;
            let end = if whole { self.end } else { start + longest };
            next = (!whole).then_some(end);
            Some(Self { start, end })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use proptest::prelude::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        Utc.timestamp_opt(1_700_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn a_window_does_not_run_backwards() {
        assert!(TimeWindow::new(at(1), at(0)).is_err());
        assert!(TimeWindow::new(at(0), at(0)).is_ok());
    }

    proptest! {
        #[test]
        fn pieces_cover_the_window_without_gap_and_none_is_too_long(
            length in 0i64..10_000_000, longest in 1i64..3_000_000,
        ) {
            let window = TimeWindow::new(at(0), at(length)).unwrap();
            let longest = Duration::seconds(longest);
            let pieces: Vec<_> = window.split(longest).collect();
            prop_assert_eq!(pieces[0].start(), window.start());
            prop_assert_eq!(pieces[pieces.len() - 1].end(), window.end());
            for piece in &pieces {
                prop_assert!(piece.length() <= longest);
            }
            for pair in pieces.windows(2) {
                prop_assert_eq!(pair[0].end(), pair[1].start());
            }
        }
    }
}
