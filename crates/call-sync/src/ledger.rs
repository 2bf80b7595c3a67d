//! What earlier passes decided, from the store, and how decisions are kept there.
//!
//! The store is asked for the calls of a pass at once. What may be taken as settled follows the
//! design, section 3, "Decide".

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sync_store::{
    CallDecision, CallDetails, CallState, CustomerNumber, Opaque, Outcome as Kept, Store,
};
use voice_model::{ActivityId, CallId, ErrorClass, OrganizationId, TenantName};

use enreach_client::CallRow;

use crate::decision::{Decision, DeferReason, Failure, LoggedBy, Outcome, SkipReason};
use crate::legs::{Conversation, Leg, Source};
use crate::screen::is_not_work;
use crate::{Evidence, Result};

/// How long after a failed attempt the next one is due, by the number of attempts. The first is
/// repeated by the next pass; after the last the call is a dead letter.
const PAUSES: [Duration; 7] = [
    Duration::zero(),
    Duration::seconds(30),
    Duration::minutes(2),
    Duration::minutes(10),
    Duration::minutes(30),
    Duration::hours(2),
    Duration::hours(8),
];

/// The store, for one tenant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ledger<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) tenant: &'a TenantName,
}

/// What is known of the rows of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Knowledge {
    /// No earlier pass saw the call.
    New,
    /// Its rows were not kept: it was not work, or it is long ago.
    Forgotten,
    /// Its rows are kept.
    Known,
}

/// What earlier passes left of some calls.
#[derive(Debug, Default)]
pub(crate) struct Known {
    states: HashMap<CallId, CallState>,
    tombstones: HashSet<CallId>,
}

impl Ledger<'_> {
    /// What is known of these calls.
    pub(crate) async fn known(&self, calls: &[CallId]) -> Result<Known> {
        if calls.is_empty() {
            return Ok(Known::default());
        }
        let states = self.store.calls(self.tenant, calls).await?;
        let unsure: Vec<_> = calls
            .iter()
            .filter(|call| states.get(call).is_none_or(|state| state.logged_as.is_none()))
            .cloned()
            .collect();
        let tombstones = match unsure.is_empty() {
            true => HashSet::new(),
            false => self.store.was_ever_logged(self.tenant, &unsure).await?,
        };
        Ok(Known { states, tombstones })
    }

    /// Calls that failed and whose next attempt is due.
    pub(crate) async fn due(&self, now: DateTime<Utc>) -> Result<Vec<CallState>> {
        Ok(self.store.failed_due(self.tenant, now).await?)
    }

    /// Calls that wait for a customer or an owner, first seen at `since` or later.
    pub(crate) async fn waiting(&self, since: DateTime<Utc>) -> Result<Vec<CallState>> {
        let mut states = self.store.deferred_since(self.tenant, since).await?;
        states.retain(|state| state.reason != DeferReason::InProgress.name());
        Ok(states)
    }

    /// Keeps decisions, all or none.
    pub(crate) async fn record(&self, now: DateTime<Utc>, records: &[CallDecision]) -> Result<()> {
        if !records.is_empty() {
            self.store.record(self.tenant, now, records).await?;
        }
        Ok(())
    }
}

impl Known {
    /// Adds a state that was read for another reason.
    pub(crate) fn add(&mut self, state: CallState) {
        self.states.entry(state.call.clone()).or_insert(state);
    }

    /// What is known of the rows of a call.
    pub(crate) fn of_rows(&self, call: &CallId) -> Knowledge {
        match self.states.get(call) {
            Some(state) if state.legs.is_some() => Knowledge::Known,
            Some(_) => Knowledge::Forgotten,
            None => Knowledge::New,
        }
    }

    /// The rows that are kept of a call.
    pub(crate) fn legs(&self, call: &CallId) -> Vec<Leg> {
        let state = self.states.get(call);
        state.and_then(|state| state.legs.as_ref()).map(legs_of).unwrap_or_default()
    }

    /// The phone call row of a call that was logged once.
    pub(crate) fn logged(
        &self,
        call: &CallId,
        organization: &OrganizationId,
    ) -> Option<ActivityId> {
        let kept = self.states.get(call).and_then(|state| state.logged_as);
        let buried = || self.tombstones.get(call).map(|it| ActivityId::of_call(organization, it));
        kept.or_else(buried)
    }

    /// The decision that still holds of a call: a skip while nothing of the call has changed, a
    /// failure whose next attempt is not due.
    pub(crate) fn holds(&self, call: &Conversation, now: DateTime<Utc>) -> Option<Outcome> {
        let state = self.states.get(&call.call)?;
        // Without `Modified` nobody can tell whether something has changed.
        if call.modified.is_none() || call.modified > state.modified {
            return None;
        }
        // A row that came late may say that it changed earlier.
        if state.legs.as_ref().is_some_and(|kept| legs_of(kept).len() != call.legs.len()) {
            return None;
        }
        match state.outcome {
            Kept::Skipped => SkipReason::named(&state.reason).map(Outcome::Skipped),
            Kept::Failed { next_attempt, .. } if next_attempt.is_none_or(|at| at > now) => {
                Some(Outcome::Failed(Failure {
                    class: ErrorClass::named(&state.reason).unwrap_or(ErrorClass::Bug),
                    message: match next_attempt {
                        Some(at) => format!("tried again after {}", at.format("%H:%M:%S UTC")),
                        None => "given up; `voice calls retry` has it tried again".to_owned(),
                    },
                    tried: false,
                }))
            }
            _ => None,
        }
    }

    /// Whether a decision says no more than the last one did, so that it is no news.
    pub(crate) fn says_the_same(&self, decision: &Decision) -> bool {
        self.states.get(&decision.call).is_some_and(|state| {
            state.outcome.name() == decision.outcome.name()
                && state.reason == decision.outcome.reason()
        })
    }

    /// What is to be kept of a decision; `None` if nothing is.
    pub(crate) fn record(
        &self,
        decision: &Decision,
        call: &Conversation,
        now: DateTime<Utc>,
    ) -> Option<CallDecision> {
        let state = self.states.get(&decision.call);
        let outcome = match &decision.outcome {
            Outcome::Failed(failure) if !failure.tried => return None,
            Outcome::Failed(_) => failed_again(state, call, now),
            Outcome::Logged { activity } => Kept::Logged { activity: *activity },
            Outcome::AlreadyLogged { activity, .. } => Kept::AlreadyLogged { activity: *activity },
            Outcome::Skipped(_) => Kept::Skipped,
            Outcome::Deferred(_) => Kept::Deferred,
        };
        let details = (!is_not_work(call)).then(|| details(decision, call));
        let is_known = match state {
            Some(state) => is_known(state, decision, details.is_some()),
            // What was purged or erased does not come back.
            None => self.tombstones.contains(&decision.call),
        };
        if is_known && !matches!(decision.outcome, Outcome::Logged { .. }) {
            return None;
        }
        Some(CallDecision {
            call: decision.call.clone(),
            modified: decision.modified,
            outcome,
            reason: decision.outcome.reason().to_owned(),
            details,
        })
    }
}

/// A call that is logged stays logged, and one that is skipped is skipped: every pass finds that
/// again, and it is kept once. What must be forgotten is forgotten all the same.
fn is_known(state: &CallState, decision: &Decision, may_keep: bool) -> bool {
    if state.legs.is_some() && !may_keep {
        return false;
    }
    match &decision.outcome {
        Outcome::AlreadyLogged { activity, by: LoggedBy::Us } => state.logged_as == Some(*activity),
        Outcome::Skipped(reason) => {
            state.reason == reason.name()
                && decision.modified.is_some()
                && state.modified >= decision.modified
        }
        _ => false,
    }
}

fn failed_again(state: Option<&CallState>, call: &Conversation, now: DateTime<Utc>) -> Kept {
    // A call that has changed is another case: it gets all its attempts.
    let unchanged = |state: &&CallState| state.modified >= call.modified;
    let before = state.filter(unchanged).map_or(0, |state| match state.outcome {
        Kept::Failed { attempts, next_attempt: Some(_) } => attempts,
        _ => 0,
    });
    let pause = usize::try_from(before).ok().and_then(|before| PAUSES.get(before));
    Kept::Failed { attempts: before + 1, next_attempt: pause.map(|pause| now + *pause) }
}

fn details(decision: &Decision, call: &Conversation) -> CallDetails {
    CallDetails {
        number: decision.evidence.number.as_deref().map(CustomerNumber::new),
        legs: json(&call.legs.iter().map(KeptLeg::from).collect::<Vec<_>>()),
        evidence: json(&decision.evidence),
    }
}

fn json(value: &impl Serialize) -> Opaque {
    // Maps with text keys and plain values always have a JSON form.
    Opaque::new(serde_json::to_vec(value).unwrap_or_default())
}

/// A row as it is kept: as it was received.
#[derive(Serialize, Deserialize)]
struct KeptLeg {
    list: Source,
    row: Map<String, Value>,
}

impl From<&Leg> for KeptLeg {
    fn from(leg: &Leg) -> Self {
        Self { list: leg.source, row: leg.row.raw.clone() }
    }
}

/// Rows that cannot be read any more are as good as never kept: the call is asked for again.
fn legs_of(kept: &Opaque) -> Vec<Leg> {
    let kept: Vec<KeptLeg> = serde_json::from_slice(kept.as_bytes()).unwrap_or_default();
    kept.into_iter()
        .filter_map(|KeptLeg { list, row }| {
            let row = match list {
                Source::Calls => CallRow::of_calls(row),
                Source::ServiceCalls => CallRow::of_service_calls(row),
            };
            Some(Leg { source: list, row: row.ok()? })
        })
        .collect()
}

/// Evidence as it comes back; what an older version wrote is read as far as it goes.
pub(crate) fn evidence_of(kept: &Opaque) -> Evidence {
    serde_json::from_slice(kept.as_bytes()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
