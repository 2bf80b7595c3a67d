//! What was decided on a call over time.

use chrono::{DateTime, Utc};
use voice_model::CallId;

use crate::{CustomerNumber, Opaque, Outcome};

/// One decision on one call, as it was when it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastDecision {
    /// The call.
    pub call: CallId,
    /// When it was recorded.
    pub at: DateTime<Utc>,
    /// What became of the call.
    pub outcome: Outcome,
    /// The reason within the outcome.
    pub reason: String,
    /// The customer's number.
    pub number: Option<CustomerNumber>,
    /// What the decision rested on; `None` if nothing may be kept.
    pub evidence: Option<Opaque>,
}
