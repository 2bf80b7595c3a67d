//! What a pass did, as counts for programs and as decisions for people.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use enreach_client::UnreadableRow;
use serde::Serialize;
use settings::Finding;
use voice_model::{ErrorClass, TenantName, mask_numbers};

use crate::Error;
use crate::decision::{Decision, Outcome};

/// What one pass for one tenant did.
#[derive(Debug, Default)]
pub struct PassReport {
    /// Rows received from Enreach.
    pub rows: usize,
    /// Rows that could not be read; each counts as a failed conversation.
    pub unreadable: Vec<UnreadableRow>,
    /// One decision for every conversation, oldest first.
    pub decisions: Vec<Decision>,
    /// What an administrator should put right.
    pub findings: Vec<Finding>,
    /// Since when something waits that should have been done: the start of the oldest call that
    /// failed, or where a pass that was stopped took up.
    pub unprocessed_since: Option<DateTime<Utc>>,
    /// Requests sent to Enreach, every attempt counted.
    pub enreach_requests: u64,
    /// Requests sent to Dataverse, every attempt counted, a batch as one.
    pub dataverse_requests: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// What stopped the pass, if something did.
    pub error: Option<Error>,
}

impl PassReport {
    /// When the oldest call started that should have been logged and could not be.
    pub(crate) fn oldest_failure(&self) -> Option<DateTime<Utc>> {
        let failed = |decision: &&Decision| matches!(decision.outcome, Outcome::Failed(_));
        self.decisions.iter().filter(failed).filter_map(|decision| decision.evidence.start).min()
    }

    /// The counts of the pass, in the shape that `--json` prints.
    pub fn summary(&self, tenant: &TenantName) -> TenantSummary {
        let mut summary = TenantSummary {
            tenant: tenant.clone(),
            rows: self.rows,
            fetched: self.decisions.len() + self.unreadable.len(),
            logged: 0,
            already_logged: 0,
            skipped: BTreeMap::new(),
            deferred: BTreeMap::new(),
            failed: BTreeMap::new(),
            requests: Requests {
                enreach: self.enreach_requests,
                dataverse: self.dataverse_requests,
            },
            elapsed_ms: u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX),
            error: self.error.as_ref().map(ErrorSummary::from),
        };
        for decision in &self.decisions {
            let outcome = &decision.outcome;
            match outcome {
                Outcome::Logged { .. } => summary.logged += 1,
                Outcome::AlreadyLogged { .. } => summary.already_logged += 1,
                Outcome::Skipped(_) => *summary.skipped.entry(outcome.reason()).or_default() += 1,
                Outcome::Deferred(_) => *summary.deferred.entry(outcome.reason()).or_default() += 1,
                Outcome::Failed(_) => *summary.failed.entry(outcome.reason()).or_default() += 1,
            }
        }
        if !self.unreadable.is_empty() {
            *summary.failed.entry(ErrorClass::Rejected.name()).or_default() +=
                self.unreadable.len();
        }
        summary
    }
}

/// The counts of one pass for one tenant (design, section 8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TenantSummary {
    /// The tenant's name in the configuration.
    pub tenant: TenantName,
    /// Rows received from Enreach.
    pub rows: usize,
    /// Conversations: the sum of all that follow.
    pub fetched: usize,
    /// Phone call rows created.
    pub logged: usize,
    /// Conversations that had a phone call row already.
    pub already_logged: usize,
    /// Not to be logged, by reason.
    pub skipped: BTreeMap<&'static str, usize>,
    /// To be decided again, by reason.
    pub deferred: BTreeMap<&'static str, usize>,
    /// Could not be logged, by class of error.
    pub failed: BTreeMap<&'static str, usize>,
    /// Requests sent.
    pub requests: Requests,
    /// Time taken, in milliseconds.
    pub elapsed_ms: u64,
    /// What stopped the pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorSummary>,
}

/// Requests sent in a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Requests {
    /// To Enreach.
    pub enreach: u64,
    /// To Dataverse.
    pub dataverse: u64,
}

/// What stopped a pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorSummary {
    /// Class of the error.
    pub class: &'static str,
    /// The whole chain, in words.
    pub message: String,
}

impl From<&Error> for ErrorSummary {
    fn from(error: &Error) -> Self {
        Self { class: error.class().name(), message: mask_numbers(&error.chain()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Evidence;
    use crate::decision::{DeferReason, SkipReason};
    use voice_model::{ActivityId, CallId};

    fn decision(number: usize, outcome: Outcome) -> Decision {
        let call = CallId::new(&format!("call-{number}")).unwrap();
        Decision { call, outcome, modified: None, evidence: Evidence::default() }
    }

    #[test]
    fn fetched_is_the_sum_of_all_outcomes() {
        let activity = ActivityId(uuid::Uuid::nil());
        let outcomes = [
            Outcome::Logged { activity },
            Outcome::Skipped(SkipReason::TooShort),
            Outcome::Skipped(SkipReason::TooShort),
            Outcome::Deferred(DeferReason::NoMatch),
        ];
        let unreadable = UnreadableRow { index: 0, id: None, reason: "no CallId".to_owned() };
        let report = PassReport {
            rows: 6,
            decisions: outcomes.into_iter().enumerate().map(|(n, o)| decision(n, o)).collect(),
            unreadable: vec![unreadable],
            ..PassReport::default()
        };
        let json = serde_json::to_value(report.summary(&TenantName::new("contoso"))).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "tenant": "contoso", "rows": 6, "fetched": 5, "logged": 1, "already_logged": 0,
                "skipped": {"TooShort": 2}, "deferred": {"NoMatch": 1}, "failed": {"Rejected": 1},
                "requests": {"enreach": 0, "dataverse": 0}, "elapsed_ms": 0
            })
        );
    }
}
