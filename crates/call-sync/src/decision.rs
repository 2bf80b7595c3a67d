//! What becomes of a call, and why.

use std::fmt;

use call_matching::{Candidate, CustomerTable};
use chrono::{DateTime, Utc};
use enreach_client::Direction;
use voice_model::{ActivityId, CallId, ErrorClass};

use crate::legs::CallKind;

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
}

/// What a decision rests on. A call that is not work keeps its time only.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    /// When it started.
    pub start: Option<DateTime<Utc>>,
    /// Direct or service.
    pub kind: Option<CallKind>,
    /// Incoming or outgoing.
    pub direction: Option<Direction>,
    /// Customer's number, as E.164 where it is one.
    pub number: Option<String>,
    /// The matched customer's name.
    pub customer: Option<String>,
    /// All customers that have the number, best first.
    pub candidates: Vec<CandidateEvidence>,
    /// Name of the owner.
    pub owner: Option<String>,
    /// Remarks: the fallback owner was used, a text was cut, and the like.
    pub remarks: Vec<String>,
}

/// A customer that has the number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateEvidence {
    /// Its table.
    pub table: CustomerTable,
    /// Its name.
    pub name: String,
}

impl From<&Candidate> for CandidateEvidence {
    fn from(candidate: &Candidate) -> Self {
        Self { table: candidate.customer.table, name: candidate.name.clone() }
    }
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
