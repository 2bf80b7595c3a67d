//! Runs at a moment drawn beforehand, such as the nightly retro run.

use chrono::{DateTime, NaiveDate, Utc};

/// One run of a job on one date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScheduledRun {
    /// The date it belongs to.
    pub date: NaiveDate,
    /// The moment drawn for it.
    pub at: DateTime<Utc>,
    /// When it was last done; `None` while it is to be done.
    pub done_at: Option<DateTime<Utc>>,
}
