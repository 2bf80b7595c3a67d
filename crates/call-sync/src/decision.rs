//! What becomes of a call, and why.

use std::fmt;

use chrono::{DateTime, Utc};
use voice_model::{ActivityId, CallId, ErrorClass};

use crate::Evidence;

/// The decision on one call: exactly one in every pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The call.
    pub call: CallId,
    /// What became of it.
    pub outcome: Outcome,
    /// When a row of it last changed: a decision stands while this does.
    pub modified: Option<DateTime<Utc>>,
    /// What the decision rests on.
    pub evidence: Evidence,
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A phone call row was created.
    Logged {
        /// Its key.
        activity: ActivityId,
    },
    /// A phone call row was there already.
    AlreadyLogged {
        /// Its key.
        activity: ActivityId,
        /// Who made it.
        by: LoggedBy,
    },
    /// The call is not to be logged, as long as it does not change.
    Skipped(SkipReason),
    /// Not now; decided again later.
    Deferred(DeferReason),
    /// Should have been logged, and could not be.
    Failed(Failure),
}

/// Who made a phone call row that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoggedBy {
    /// An earlier pass of ours.
    Us,
    /// Somebody else: a person or the agent's phone widget. We took it over.
    SomeoneElse,
}

/// Why a call is not logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SkipReason {
    /// Calls of its kind are not to be processed.
    KindSwitchedOff,
    /// Traffic of a personal work number, without a direct call.
    PersonalWorkQueue,
    /// A direct call that its user did not mark as work.
    NotWork,
    /// A direct call that nobody answered.
    Unanswered,
    /// Answered, but shorter than `CallDurationLimit`.
    TooShort,
    /// No customer's number.
    NoNumber,
    /// Both parties are our own.
    Internal,
}

/// Why a call is not logged yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeferReason {
    /// It has not ended.
    InProgress,
    /// No customer has the number.
    NoMatch,
    /// Several customers have it.
    Ambiguous,
    /// Neither its agent nor `DefaultCrmAssignee` is an enabled Dynamics user.
    NoDefaultAssignee,
}

/// Why a call could not be logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The class of the error.
    pub class: ErrorClass,
    /// What happened, in words.
    pub message: String,
    /// Whether it was tried in this pass and counts as an attempt. A call whose turn did not come,
    /// because the pass stopped or its next attempt is not due, was not tried.
    pub tried: bool,
}

impl Outcome {
    /// The kind of outcome, as written in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Logged { .. } => "Logged",
            Self::AlreadyLogged { .. } => "AlreadyLogged",
            Self::Skipped(_) => "Skipped",
            Self::Deferred(_) => "Deferred",
            Self::Failed(_) => "Failed",
        }
    }

    /// The reason within the kind, as written in reports.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Logged { .. } => "created",
            Self::AlreadyLogged { by: LoggedBy::Us, .. } => "by us",
            Self::AlreadyLogged { by: LoggedBy::SomeoneElse, .. } => "adopted",
            Self::Skipped(reason) => reason.name(),
            Self::Deferred(reason) => reason.name(),
            Self::Failed(failure) => failure.class.name(),
        }
    }

    /// The phone call row, if there is one.
    pub fn activity(&self) -> Option<ActivityId> {
        match self {
            Self::Logged { activity } | Self::AlreadyLogged { activity, .. } => Some(*activity),
            _ => None,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.reason())
    }
}

impl SkipReason {
    const ALL: [Self; 7] = [
        Self::KindSwitchedOff,
        Self::PersonalWorkQueue,
        Self::NotWork,
        Self::Unanswered,
        Self::TooShort,
        Self::NoNumber,
        Self::Internal,
    ];

    /// The reason with this stable name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// The stable name, as written in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::KindSwitchedOff => "KindSwitchedOff",
            Self::PersonalWorkQueue => "PersonalWorkQueue",
            Self::NotWork => "NotWork",
            Self::Unanswered => "Unanswered",
            Self::TooShort => "TooShort",
            Self::NoNumber => "NoNumber",
            Self::Internal => "Internal",
        }
    }
}

impl DeferReason {
    const ALL: [Self; 4] =
        [Self::InProgress, Self::NoMatch, Self::Ambiguous, Self::NoDefaultAssignee];

    /// The reason with this stable name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// The stable name, as written in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::NoMatch => "NoMatch",
            Self::Ambiguous => "Ambiguous",
            Self::NoDefaultAssignee => "NoDefaultAssignee",
        }
    }
}
