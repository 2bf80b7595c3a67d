//! What passes of one process remember of each other. It may be lost at any time: deterministic
//! keys make a repeated write harmless, and everything else is read again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use voice_model::{ActivityId, CallId, OrganizationId};

use crate::decision::{Outcome, SkipReason};
use crate::legs::{Conversation, Leg};
use crate::{Error, Result};

/// How long a call is remembered after it was last seen.
const LIFETIME: Duration = Duration::days(2);

/// The memory of one tenant's passes.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// End of the window of the last pass that went through.
    pub(crate) last_good_pass: Option<DateTime<Utc>>,
    organization: Option<OrganizationId>,
    calls: HashMap<CallId, Remembered>,
}

#[derive(Debug)]
struct Remembered {
    seen_at: DateTime<Utc>,
    /// None of a call that is not work: of such a call only its id is kept.
    conversation: Option<Arc<Conversation>>,
    logged: Option<ActivityId>,
    failed: bool,
}

/// What is known of the rows of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Knowledge {
    /// No earlier pass saw the call.
    New,
    /// It was not work, so its rows were not kept.
    Forgotten,
    /// Its rows are kept.
    Known,
}

impl Memory {
    /// Makes sure that the organisation is the one of earlier passes: its id is part of every key.
    pub(crate) fn hold_to(&mut self, organization: &OrganizationId) -> Result<()> {
        match &self.organization {
            Some(before) if before != organization => Err(Error::OrganizationChanged {
                before: before.clone(),
                now: organization.clone(),
            }),
            _ => {
                self.organization = Some(organization.clone());
                Ok(())
            }
        }
    }

    /// Rows of earlier passes to go with those of this one: of the same calls, as a window filtered
    /// by change may bring only some rows of a call, and of calls that could not be logged.
    pub(crate) fn earlier_legs(&self, legs: &[Leg]) -> Vec<Leg> {
        let seen: HashSet<_> = legs.iter().map(|leg| &leg.row.call_id).collect();
        self.calls
            .iter()
            .filter(|(call, remembered)| remembered.failed || seen.contains(call))
            .filter_map(|(call, remembered)| Some((call, remembered.conversation.as_ref()?)))
            .flat_map(|(call, conversation)| {
                // A row without id cannot be told from its newer state.
                let alone = !seen.contains(call);
                conversation.legs.iter().filter(move |leg| alone || leg.row.id.is_some()).cloned()
            })
            .collect()
    }

    /// Whether an earlier pass saw the call: then its rows are known, unless it was not work.
    pub(crate) fn knowledge(&self, call: &CallId) -> Knowledge {
        match self.calls.get(call) {
            None => Knowledge::New,
            Some(Remembered { conversation: None, .. }) => Knowledge::Forgotten,
            Some(_) => Knowledge::Known,
        }
    }

    /// The row that an earlier pass made or found for a call.
    pub(crate) fn logged(&self, call: &CallId) -> Option<ActivityId> {
        self.calls.get(call)?.logged
    }

    /// Keeps what a pass saw of a call and what became of it.
    pub(crate) fn keep(
        &mut self,
        now: DateTime<Utc>,
        conversation: &Arc<Conversation>,
        outcome: &Outcome,
    ) {
        let before = self.calls.get(&conversation.call);
        // What stops a pass says nothing against a row that is there.
        let logged = outcome.activity().or(before.and_then(|remembered| remembered.logged));
        let failed = logged.is_none() && matches!(outcome, Outcome::Failed(_));
        // A call that fails again and again is not kept for ever.
        let failing_since = before.filter(|_| failed);
        let is_work = *outcome != Outcome::Skipped(SkipReason::NotWork);
        let remembered = Remembered {
            seen_at: failing_since.map_or(now, |remembered| remembered.seen_at),
            conversation: is_work.then(|| Arc::clone(conversation)),
            logged,
            failed,
        };
        self.calls.insert(conversation.call.clone(), remembered);
    }

    /// Forgets calls that were not seen for long.
    pub(crate) fn forget_old(&mut self, now: DateTime<Utc>) {
        self.calls.retain(|_, call| now - call.seen_at < LIFETIME);
    }
}
