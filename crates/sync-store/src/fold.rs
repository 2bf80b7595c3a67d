//! What a decision changes in what is known of a call. Every adapter records by this rule.

use chrono::{DateTime, Duration, Utc};
use sha2::{Digest, Sha256};
use voice_model::ActivityId;

use crate::instant::whole_micros;
use crate::{CallDecision, Outcome};

/// A hash that tells whether contents are the same as before, without reading those.
pub(crate) type Fingerprint = [u8; 32];

/// How stale the time at which a call was last seen may be. Passes see the same calls every minute.
const SEEN_GRAIN: Duration = Duration::days(1);

/// What the rule needs of the earlier record of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) modified: Option<DateTime<Utc>>,
    pub(crate) outcome: Outcome,
    pub(crate) reason: String,
    pub(crate) logged_as: Option<ActivityId>,
    pub(crate) decided_at: DateTime<Utc>,
    pub(crate) seen_at: DateTime<Utc>,
    /// Of the last line of history.
    pub(crate) decision: Fingerprint,
    /// Of number and legs; `None` if nothing is kept.
    pub(crate) details: Option<Fingerprint>,
}

/// What is to be written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Nothing.
    Nothing,
    /// Only that the call was seen at this moment.
    Seen(DateTime<Utc>),
    /// A new state.
    State {
        /// What is known from now on. Number and legs come from the decision.
        known: Known,
        /// Whether the decision is a new line of history.
        history: bool,
        /// Whether numbers and evidence of earlier lines of history are to be deleted.
        forget: bool,
    },
}

/// Compares a decision with what is known.
pub(crate) fn fold(known: Option<&Known>, decision: &CallDecision, now: DateTime<Utc>) -> Change {
    let now = whole_micros(now);
    let modified = decision.modified.map(whole_micros);
    let mut next = Known {
        modified: modified.max(known.and_then(|known| known.modified)),
        outcome: whole_outcome(decision.outcome),
        reason: decision.reason.clone(),
        logged_as: decision.outcome.activity().or(known.and_then(|known| known.logged_as)),
        decided_at: known.map_or(now, |known| known.decided_at),
        seen_at: known.map_or(now, |known| known.seen_at.max(now)),
        decision: decision_fingerprint(decision),
        details: details_fingerprint(decision),
    };
    let Some(known) = known else {
        return Change::State { known: next, history: true, forget: false };
    };
    if *known == (Known { seen_at: known.seen_at, ..next.clone() }) {
        let stale = now - known.seen_at >= SEEN_GRAIN;
        return if stale { Change::Seen(now) } else { Change::Nothing };
    }
    let history = next.decision != known.decision;
    if history {
        next.decided_at = now;
    }
    let forget = next.details.is_none() && known.details.is_some();
    Change::State { known: next, history, forget }
}

/// The outcome as it is read back.
pub(crate) fn whole_outcome(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Failed { attempts, next_attempt } => {
            Outcome::Failed { attempts, next_attempt: next_attempt.map(whole_micros) }
        }
        other => other,
    }
}

fn decision_fingerprint(decision: &CallDecision) -> Fingerprint {
    let mut hash = Sha256::new();
    part(&mut hash, Some(decision.outcome.name().as_bytes()));
    part(&mut hash, decision.outcome.activity().map(|id| id.0.into_bytes()).as_ref());
    if let Outcome::Failed { attempts, next_attempt } = decision.outcome {
        part(&mut hash, Some(&attempts.to_be_bytes()));
        let next = next_attempt.map(|at| at.timestamp_micros().to_be_bytes());
        part(&mut hash, next.as_ref());
    }
    part(&mut hash, Some(decision.reason.as_bytes()));
    let details = decision.details.as_ref();
    let number = details.and_then(|details| details.number.as_ref());
    part(&mut hash, number.map(|number| number.as_str().as_bytes()));
    part(&mut hash, details.map(|details| details.evidence.as_bytes()));
    hash.finalize().into()
}

fn details_fingerprint(decision: &CallDecision) -> Option<Fingerprint> {
    let details = decision.details.as_ref()?;
    let mut hash = Sha256::new();
    part(&mut hash, details.number.as_ref().map(|number| number.as_str().as_bytes()));
    part(&mut hash, Some(details.legs.as_bytes()));
    Some(hash.finalize().into())
}

/// Parts carry their length, so that no two lists of parts are the same bytes.
fn part(hash: &mut Sha256, bytes: Option<&(impl AsRef<[u8]> + ?Sized)>) {
    match bytes {
        None => hash.update([0]),
        Some(bytes) => {
            hash.update([1]);
            hash.update((bytes.as_ref().len() as u64).to_be_bytes());
            hash.update(bytes);
        }
    }
}
