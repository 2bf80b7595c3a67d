//! What passes of one process remember of each other. It may be lost at any time: deterministic
//! keys make a repeated write harmless, and everything else is read again.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use enreach_client::Reported;
use voice_model::{ActivityId, CallId, OrganizationId};

use crate::decision::{Decision, Outcome, SkipReason};
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
    legs: Vec<Leg>,
    logged: Option<ActivityId>,
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

    /// Rows of earlier passes that belong to calls of this one. A window filtered by change may
    /// bring only some rows of a call.
    pub(crate) fn earlier_legs(&self, legs: &[Leg]) -> Vec<Leg> {
        let calls: std::collections::HashSet<_> = legs.iter().map(|leg| &leg.row.call_id).collect();
        calls
            .into_iter()
            .filter_map(|call| self.calls.get(call))
            .flat_map(|remembered| remembered.legs.iter().cloned())
            .collect()
    }

    /// The row that an earlier pass made or found for a call.
    pub(crate) fn logged(&self, call: &CallId) -> Option<ActivityId> {
        self.calls.get(call)?.logged
    }

    /// Keeps what a pass saw and decided. Of a call that is not work, nothing is kept.
    pub(crate) fn keep(
        &mut self,
        now: DateTime<Utc>,
        conversations: impl IntoIterator<Item = (Conversation, Decision)>,
    ) {
        for (conversation, decision) in conversations {
            if decision.outcome == Outcome::Skipped(SkipReason::NotWork) {
                self.calls.remove(&decision.call);
                continue;
            }
            let ended = |leg: &Leg| leg.row.id.is_some() && leg.row.end != Reported::Null;
            let legs = conversation.legs.into_iter().filter(ended).collect();
            let logged = decision.outcome.activity();
            self.calls.insert(decision.call, Remembered { seen_at: now, legs, logged });
        }
        self.calls.retain(|_, call| now - call.seen_at < LIFETIME);
    }
}
