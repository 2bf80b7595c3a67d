//! Why a call was, or was not, logged: what the store remembers, in words.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sync_store::{CustomerNumber, Outcome, PastDecision, Store};
use voice_model::{ActivityId, CallId, TenantName};

use crate::ledger::evidence_of;
use crate::legs::CallKind;
use crate::{Evidence, Result};

/// All decisions on one call, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CallHistory {
    /// The call.
    pub call: CallId,
    /// What was decided on it over time. Passes that only repeated the last decision are not listed.
    pub decisions: Vec<ExplainedDecision>,
}

/// A decision with the rule that led to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExplainedDecision {
    /// When it was recorded.
    pub at: DateTime<Utc>,
    /// `Logged`, `AlreadyLogged`, `Skipped`, `Deferred` or `Failed`.
    pub outcome: &'static str,
    /// The reason within the outcome, such as `NoMatch`.
    pub reason: String,
    /// The rule that decided, as a sentence.
    pub rule: String,
    /// The phone call row, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity: Option<ActivityId>,
    /// How often it was tried; of failures only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// When it is tried again; a failure without is a dead letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_attempt: Option<DateTime<Utc>>,
    /// What it rested on; `None` if nothing may be kept of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

/// Everything that the store knows of a call. Empty if it never heard of it.
///
/// # Errors
/// [`Error::Store`](crate::Error::Store) when the store cannot be read.
pub async fn explain_call(
    store: &dyn Store,
    tenant: &TenantName,
    call: &CallId,
) -> Result<Option<CallHistory>> {
    let decisions = store.history(tenant, call).await?;
    Ok(histories(decisions).into_iter().next())
}

/// Everything that the store knows of the calls with a number, in the order of their first
/// decisions. The number is compared by its digits, so it has to be given with its country code.
///
/// # Errors
/// [`Error::Store`](crate::Error::Store) when the store cannot be read or the number has no digits.
pub async fn explain_number(
    store: &dyn Store,
    tenant: &TenantName,
    number: &CustomerNumber,
) -> Result<Vec<CallHistory>> {
    Ok(histories(store.history_by_number(tenant, number).await?))
}

fn histories(decisions: Vec<PastDecision>) -> Vec<CallHistory> {
    let mut histories: Vec<CallHistory> = Vec::new();
    for past in decisions {
        let call = past.call.clone();
        let explained = explained(past);
        match histories.iter_mut().find(|history| history.call == call) {
            Some(history) => history.decisions.push(explained),
            None => histories.push(CallHistory { call, decisions: vec![explained] }),
        }
    }
    histories
}

fn explained(past: PastDecision) -> ExplainedDecision {
    let evidence = past.evidence.as_ref().map(evidence_of);
    let (attempts, next_attempt) = match past.outcome {
        Outcome::Failed { attempts, next_attempt } => (Some(attempts), next_attempt),
        _ => (None, None),
    };
    ExplainedDecision {
        at: past.at,
        outcome: past.outcome.name(),
        rule: rule(&past, &evidence.clone().unwrap_or_default()),
        reason: past.reason,
        activity: past.outcome.activity(),
        attempts,
        next_attempt,
        evidence,
    }
}

/// The rule that decided, as a sentence.
fn rule(past: &PastDecision, evidence: &Evidence) -> String {
    match past.outcome {
        Outcome::Logged { .. } => logged(evidence),
        Outcome::AlreadyLogged { .. } => match past.reason.as_str() {
            "adopted" => "Dynamics had a phone call of the same number and direction that starts \
                          within CallStartMargin; it was taken over"
                .to_owned(),
            _ => "its phone call was there already".to_owned(),
        },
        Outcome::Skipped => skipped(&past.reason, evidence).to_owned(),
        Outcome::Deferred => deferred(&past.reason, evidence),
        Outcome::Failed { next_attempt: None, .. } => {
            "it failed too often and is not tried again by itself: `voice calls retry`".to_owned()
        }
        Outcome::Failed { .. } => "it could not be written and is tried again".to_owned(),
    }
}

fn logged(evidence: &Evidence) -> String {
    match (&evidence.customer, evidence.candidate_count) {
        (Some(_), 0 | 1) => "one customer has the number".to_owned(),
        (Some(_), several) => {
            let by = match is_set(evidence, "SharedNumberToAccount") {
                true => "SharedNumberToAccount or MultipleMatchesPickFirst picks one",
                false => "MultipleMatchesPickFirst picks the first",
            };
            format!("{several} customers have the number, and {by}")
        }
        (None, several) => format!(
            "{several} customers have the number, and EnableMultipleMatchCreate creates service \
             calls without a customer"
        ),
    }
}

fn skipped(reason: &str, evidence: &Evidence) -> &'static str {
    match reason {
        "KindSwitchedOff" => match evidence.kind {
            Some(CallKind::Direct) => "ProcessDirectCalls is off",
            _ => {
                "ProcessServiceCalls, or for an unanswered one ProcessServiceCallsUnanswered, is off"
            }
        },
        "PersonalWorkQueue" => "a queue call without queue name is traffic of a personal number",
        "NotWork" => "its user has not marked it as work",
        "Unanswered" => "nobody answered this direct call",
        "TooShort" => "it was answered and shorter than CallDurationLimit",
        "NoNumber" => "the customer's number is withheld or missing",
        "Internal" => "both numbers belong to your own users or queues",
        _ => "it is not to be logged",
    }
}

fn deferred(reason: &str, evidence: &Evidence) -> String {
    match reason {
        "InProgress" => "it has not ended yet".to_owned(),
        "NoMatch" => {
            "no active customer has the number; it is decided again when one gets it".to_owned()
        }
        "Ambiguous" => {
            let what_would_help = match evidence.kind {
                Some(CallKind::Service) => {
                    "neither MultipleMatchesPickFirst nor EnableMultipleMatchCreate is on"
                }
                _ => {
                    "MultipleMatchesPickFirst is off (EnableMultipleMatchCreate is for service calls)"
                }
            };
            format!("{} customers have the number, and {what_would_help}", evidence.candidate_count)
        }
        "NoDefaultAssignee" => {
            "neither its agent nor the user of DefaultCrmAssignee is an enabled \
                                Dynamics user"
                .to_owned()
        }
        _ => "it is decided again later".to_owned(),
    }
}

fn is_set(evidence: &Evidence, setting: &str) -> bool {
    evidence.settings.contains_key(setting)
}
