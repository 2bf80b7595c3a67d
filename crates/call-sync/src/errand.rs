//! What a pass is for: which calls it looks at, and what it may take as settled.

use sync_store::JobName;
use voice_model::TimeWindow;

/// How fresh the caches of a live pass must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Customers and users are read again when they are older than `DirectoryRefreshSeconds`.
    Cached,
    /// They are read again if there is anything to match.
    Fresh,
}

/// A span of time whose calls are to be decided anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backfill {
    /// Calls that start in it, its end excluded.
    pub window: TimeWindow,
    /// Whether calls that were logged once are created again where their row is gone.
    pub recreate: bool,
}

/// What a pass is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errand {
    /// The calls of the last minutes.
    Live(Freshness),
    /// The calls of the last day, once more.
    Retro,
    /// The calls of a given time.
    Backfill(Backfill),
}

/// `ev_syncsource` (design, section 6).
const CALL_SYNC: i64 = 451_000_000;
const RETRO_SYNC: i64 = 451_000_001;

impl Errand {
    /// The job whose cursor the pass moves.
    pub(crate) fn cursor(self) -> Option<JobName> {
        match self {
            Self::Live(_) => Some(JobName::CALL_SYNC),
            Self::Retro => Some(JobName::RETRO_SYNC),
            Self::Backfill(_) => None,
        }
    }

    /// What rows that the pass creates say of their origin.
    pub(crate) fn sync_source(self) -> i64 {
        match self {
            Self::Live(_) => CALL_SYNC,
            Self::Retro | Self::Backfill(_) => RETRO_SYNC,
        }
    }

    /// Whether customers and users are read again before anything is matched, whatever their age.
    pub(crate) fn wants_fresh_directory(self) -> bool {
        self != Self::Live(Freshness::Cached)
    }

    /// Whether a call that was logged once may be created again.
    pub(crate) fn recreates(self) -> bool {
        matches!(self, Self::Backfill(Backfill { recreate: true, .. }))
    }

    /// Whether calls of earlier passes that still wait are looked at beside those of the window.
    pub(crate) fn looks_after_waiting_calls(self) -> bool {
        matches!(self, Self::Live(_))
    }
}
