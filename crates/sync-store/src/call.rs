//! What the store knows of a call now.

use chrono::{DateTime, Utc};
use voice_model::{ActivityId, CallId};

use crate::{CustomerNumber, Opaque, Outcome};

/// The latest state of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallState {
    /// The call.
    pub call: CallId,
    /// The newest `Modified` that any pass has seen of it.
    pub modified: Option<DateTime<Utc>>,
    /// What became of it.
    pub outcome: Outcome,
    /// The reason within the outcome.
    pub reason: String,
    /// The phone call row of the latest decision that had one. It stays when a later decision has
    /// none, as when a logged call is marked private.
    pub logged_as: Option<ActivityId>,
    /// The customer's number.
    pub number: Option<CustomerNumber>,
    /// The rows of Enreach that it was folded from; `None` if nothing may be kept.
    pub legs: Option<Opaque>,
    /// When the store first heard of it.
    pub first_seen_at: DateTime<Utc>,
    /// Since when the present decision stands: the time of its last line of history.
    pub decided_at: DateTime<Utc>,
    /// When a pass last recorded it, to within a day: a pass that finds nothing new of a call is
    /// noted once a day only.
    pub seen_at: DateTime<Utc>,
}
