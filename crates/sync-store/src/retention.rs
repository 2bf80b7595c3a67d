//! What is deleted: by age, and on a person's request.

use chrono::{DateTime, Duration, Utc};

use crate::instant::whole_micros;

/// How long a tombstone is kept (design, section 3): longer than any window that Enreach answers.
pub const TOMBSTONE_LIFETIME: Duration = Duration::days(400);

/// What a purge deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purged {
    /// Calls that no pass had seen for the time to keep.
    pub calls: u64,
    /// Their decisions.
    pub decisions: u64,
    /// Tombstones older than [`TOMBSTONE_LIFETIME`].
    pub tombstones: u64,
    /// Scheduled runs of dates before the time to keep.
    pub runs: u64,
    /// Events of the inbox that were done before the time to keep.
    pub events: u64,
    /// Callbacks older than [`TOMBSTONE_LIFETIME`] that were not to be closed any more.
    pub callbacks: u64,
}

/// What an erasure deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Erased {
    /// Calls with that number, with their legs.
    pub calls: u64,
    /// Their decisions, with their evidence.
    pub decisions: u64,
    /// Events of the inbox that were not done.
    pub events: u64,
}

/// The instant before which things are too old. A time to keep beyond all time keeps everything.
pub(crate) fn cut(now: DateTime<Utc>, keep: Duration) -> DateTime<Utc> {
    whole_micros(now.checked_sub_signed(keep).unwrap_or(DateTime::<Utc>::MIN_UTC))
}
