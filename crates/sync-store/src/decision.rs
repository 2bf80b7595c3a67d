//! What an engine asks the store to remember of a call.

use chrono::{DateTime, Utc};
use voice_model::{ActivityId, CallId};

use crate::{CustomerNumber, Opaque};

/// The decision of a pass on one call, with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallDecision {
    /// The call.
    pub call: CallId,
    /// When a row of it last changed in Enreach.
    pub modified: Option<DateTime<Utc>>,
    /// What became of it.
    pub outcome: Outcome,
    /// The reason within the outcome: a stable word such as `NoMatch`. It is kept when everything
    /// else of a call must go, so it must name no person and no number.
    pub reason: String,
    /// What is known of the call. `None` for a call of which nothing may be kept (`NotWork`): then
    /// what earlier decisions kept of it is deleted as well.
    pub details: Option<CallDetails>,
}

/// What is known of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallDetails {
    /// The customer's number.
    pub number: Option<CustomerNumber>,
    /// The rows of Enreach that it was folded from.
    pub legs: Opaque,
    /// What the decision rests on.
    pub evidence: Opaque,
}

/// What became of a call (design, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// We created a phone call row.
    Logged {
        /// Its key.
        activity: ActivityId,
    },
    /// There was a phone call row.
    AlreadyLogged {
        /// Its key.
        activity: ActivityId,
    },
    /// Not to be logged, as long as it does not change.
    Skipped,
    /// Not yet; to be decided again.
    Deferred,
    /// Should have been logged, and could not be.
    Failed {
        /// How often it was tried.
        attempts: u32,
        /// When to try again; `None` = never: a dead letter, which a person may have tried again.
        next_attempt: Option<DateTime<Utc>>,
    },
}

impl Outcome {
    /// The kind of outcome, as written in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Logged { .. } => "Logged",
            Self::AlreadyLogged { .. } => "AlreadyLogged",
            Self::Skipped => "Skipped",
            Self::Deferred => "Deferred",
            Self::Failed { .. } => "Failed",
        }
    }

    /// The phone call row, if there is one.
    pub fn activity(&self) -> Option<ActivityId> {
        match self {
            Self::Logged { activity } | Self::AlreadyLogged { activity } => Some(*activity),
            _ => None,
        }
    }

    /// Whether it failed for good.
    pub fn is_dead_letter(&self) -> bool {
        matches!(self, Self::Failed { next_attempt: None, .. })
    }
}
