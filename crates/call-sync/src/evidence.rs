//! What a decision rests on, as it is kept for the people who ask why.
//!
//! Kept as JSON by the store, which does not read it. Fields may be added; every one may be missing.

use std::collections::BTreeMap;
use std::fmt;

use call_matching::{Candidate, CustomerTable, MatchKind};
use chrono::{DateTime, Utc};
use enreach_client::Direction;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use voice_model::mask_number;

use crate::legs::CallKind;

/// What a decision rests on. A call that is not work keeps its time only.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// When it started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<DateTime<Utc>>,
    /// Direct or service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<CallKind>,
    /// Incoming or outgoing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Customer's number, as E.164 where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// What customers were looked for by; `None` if it did not come to that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tried: Option<Tried>,
    /// The matched customer's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// The customers that have the number, best first; see [`CandidateEvidence::MOST`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<CandidateEvidence>,
    /// How many customers have the number.
    #[serde(skip_serializing_if = "is_zero")]
    pub candidate_count: usize,
    /// Name of the owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Why it could not be logged, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Remarks: the fallback owner was used, a text was cut, and the like.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// The settings that were not at their defaults.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}

/// What customers were looked for by.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Tried {
    /// The number that a customer's had to equal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exact: Option<String>,
    /// The digits that a customer's had to contain; `None` if they were too few.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contained: Option<String>,
    /// The digits left after `NumbersToCut`, if they were fewer than `MinimumMatchDigits`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub too_few: Option<String>,
}

/// A customer that has the number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateEvidence {
    /// Its table.
    pub table: CustomerTable,
    /// Its key.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Exactly, or by containing the digits.
    pub kind: MatchKind,
    /// The number that matched, as typed.
    pub number: String,
}

impl CandidateEvidence {
    /// As many are kept of one call: a number that half the customers share needs no longer list.
    pub const MOST: usize = 50;
}

impl From<&Candidate> for CandidateEvidence {
    fn from(candidate: &Candidate) -> Self {
        Self {
            table: candidate.customer.table,
            id: candidate.customer.id,
            name: candidate.name.clone(),
            kind: candidate.kind,
            number: candidate.number.clone(),
        }
    }
}

impl Evidence {
    /// Notes the customers that have the number.
    pub(crate) fn with_candidates(mut self, candidates: &[Candidate]) -> Self {
        self.candidate_count = candidates.len();
        self.candidates =
            candidates.iter().take(CandidateEvidence::MOST).map(CandidateEvidence::from).collect();
        self
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Names and numbers of people do not belong in a log.
impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evidence")
            .field("start", &self.start)
            .field("kind", &self.kind)
            .field("direction", &self.direction)
            .field("number", &self.number.as_deref().map(mask_number))
            .field("candidates", &self.candidate_count)
            .field("remarks", &self.remarks)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tried")
            .field("exact", &self.exact.as_deref().map(mask_number))
            .field("contained", &self.contained.as_deref().map(mask_number))
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for CandidateEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CandidateEvidence")
            .field("table", &self.table)
            .field("id", &self.id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
