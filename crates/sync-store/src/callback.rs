//! What the store remembers of callback requests that are dealt with.
//!
//! It holds ids only, no number and no name, so it can be kept as long as a tombstone.

use chrono::{DateTime, Utc};
use voice_model::{ActivityId, CallbackItemId, CallbackListId};

/// What became of a callback request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallbackOutcome {
    /// It has a phone call row.
    Created {
        /// Its key.
        activity: ActivityId,
        /// The oldest open one that it was bundled with.
        bundled_into: Option<ActivityId>,
    },
    /// It has none, because one of the same number was open.
    Ignored {
        /// The open one.
        open: ActivityId,
    },
    /// It needs none any more: somebody closed it in Enreach, or it expired there.
    ClosedElsewhere,
}

/// Whether a request is closed in Enreach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Close {
    /// It need not be closed by us.
    NotNeeded,
    /// It is to be closed.
    Due {
        /// When.
        at: DateTime<Utc>,
        /// How often that was tried.
        attempts: u32,
    },
    /// It is closed.
    Done,
    /// Enreach would not close it, and it is not tried again.
    GivenUp,
}

/// What is remembered of a callback request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dealt {
    /// What became of it.
    pub outcome: CallbackOutcome,
    /// Whether it is closed.
    pub close: Close,
}

/// A callback request that is dealt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackRecord {
    /// The request.
    pub item: CallbackItemId,
    /// Its list.
    pub list: CallbackListId,
    /// What is remembered of it.
    pub dealt: Dealt,
}
