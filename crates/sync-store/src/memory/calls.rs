//! Calls and their history in memory.

use chrono::{DateTime, Utc};
use voice_model::CallId;

use crate::fold::{Change, Fingerprint, Known, fold, whole_outcome};
use crate::instant::whole_micros;
use crate::memory::tenant::Tenant;
use crate::tombstone::tombstone;
use crate::{CallDecision, CallState, CustomerNumber, Erased, Outcome, PastDecision};

/// A call with its history.
pub(super) struct Kept {
    pub(super) state: CallState,
    decision: Fingerprint,
    details: Option<Fingerprint>,
    /// Each line with its place among all lines of the tenant.
    pub(super) history: Vec<(u64, PastDecision)>,
}

impl Kept {
    fn known(&self) -> Known {
        Known {
            modified: self.state.modified,
            outcome: self.state.outcome,
            reason: self.state.reason.clone(),
            logged_as: self.state.logged_as,
            decided_at: self.state.decided_at,
            seen_at: self.state.seen_at,
            decision: self.decision,
            details: self.details,
        }
    }

    /// Whether a line of its history has a number of these digits.
    pub(super) fn ever_had(&self, digits: &str) -> bool {
        let mut numbers = self.history.iter().filter_map(|(_, past)| past.number.as_ref());
        numbers.any(|number| number.digits().as_deref() == Some(digits))
    }

    /// Has a dead letter tried again; false if it is none.
    pub(super) fn retry(&mut self, now: DateTime<Utc>) -> bool {
        let dead = self.state.outcome.is_dead_letter();
        if dead {
            let next_attempt = Some(whole_micros(now));
            self.state.outcome = Outcome::Failed { attempts: 0, next_attempt };
        }
        dead
    }
}

impl Tenant {
    /// Records one decision; false if it brought nothing new.
    pub(super) fn record(&mut self, now: DateTime<Utc>, decision: &CallDecision) -> bool {
        let known = self.calls.get(&decision.call).map(Kept::known);
        match fold(known.as_ref(), decision, now) {
            Change::Nothing => false,
            Change::Seen(at) => {
                if let Some(kept) = self.calls.get_mut(&decision.call) {
                    kept.state.seen_at = at;
                }
                false
            }
            Change::State { known, history, forget } => {
                if known.outcome.activity().is_some() {
                    let logged_at = whole_micros(now);
                    self.tombstones.entry(tombstone(&decision.call)).or_insert(logged_at);
                }
                let line = history.then(|| self.line(whole_micros(now), decision));
                self.put(decision, known, whole_micros(now), line, forget);
                true
            }
        }
    }

    fn line(&mut self, at: DateTime<Utc>, decision: &CallDecision) -> (u64, PastDecision) {
        self.lines += 1;
        let details = decision.details.as_ref();
        let past = PastDecision {
            call: decision.call.clone(),
            at,
            outcome: whole_outcome(decision.outcome),
            reason: decision.reason.clone(),
            number: number(decision),
            evidence: details.map(|details| details.evidence.clone()),
        };
        (self.lines, past)
    }

    fn put(
        &mut self,
        decision: &CallDecision,
        known: Known,
        now: DateTime<Utc>,
        line: Option<(u64, PastDecision)>,
        forget: bool,
    ) {
        let before = self.calls.remove(&decision.call);
        let first_seen_at = before.as_ref().map_or(now, |kept| kept.state.first_seen_at);
        let mut history = before.map(|kept| kept.history).unwrap_or_default();
        if forget {
            for (_, past) in &mut history {
                past.number = None;
                past.evidence = None;
            }
        }
        let state = CallState {
            call: decision.call.clone(),
            modified: known.modified,
            outcome: known.outcome,
            reason: known.reason,
            logged_as: known.logged_as,
            number: number(decision),
            legs: decision.details.as_ref().map(|details| details.legs.clone()),
            first_seen_at,
            decided_at: known.decided_at,
            seen_at: known.seen_at,
        };
        history.extend(line);
        let Known { decision: fingerprint, details, .. } = known;
        let kept = Kept { state, decision: fingerprint, details, history };
        self.calls.insert(decision.call.clone(), kept);
    }

    pub(super) fn was_logged(&self, call: &CallId) -> bool {
        self.tombstones.contains_key(&tombstone(call))
    }

    /// The states that pass, ordered by a key and then by id.
    pub(super) fn states<K: Ord>(
        &self,
        passes: impl Fn(&CallState) -> bool,
        key: impl Fn(&CallState) -> K,
    ) -> Vec<CallState> {
        let states = self.calls.values().map(|kept| &kept.state);
        let mut states: Vec<_> = states.filter(|state| passes(state)).cloned().collect();
        states.sort_by_key(|state| key(state));
        states
    }

    /// All lines of the calls that pass, in the order in which they were recorded.
    pub(super) fn history(&self, passes: impl Fn(&CallId, &Kept) -> bool) -> Vec<PastDecision> {
        let calls = self.calls.iter().filter(|(call, kept)| passes(call, kept));
        let mut lines: Vec<_> = calls.flat_map(|(_, kept)| &kept.history).collect();
        lines.sort_by_key(|(place, _)| *place);
        lines.into_iter().map(|(_, past)| past.clone()).collect()
    }

    pub(super) fn erase(&mut self, digits: &str) -> Erased {
        let mut erased = Erased { events: self.inbox.erase(digits), ..Erased::default() };
        self.calls.retain(|_, kept| {
            let goes = kept.ever_had(digits);
            if goes {
                erased.calls += 1;
                erased.decisions += kept.history.len() as u64;
            }
            !goes
        });
        erased
    }
}

fn number(decision: &CallDecision) -> Option<CustomerNumber> {
    decision.details.as_ref()?.number.clone()
}
