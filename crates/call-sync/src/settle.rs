//! Where decisions end: first in the store, then in the report.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use voice_model::{CallId, fail_point};

use crate::decision::{Decision, Outcome};
use crate::ledger::{Known, Ledger};
use crate::legs::Conversation;
use crate::{PassReport, Result};

/// Keeps the decisions of one pass.
pub(crate) struct Settler<'a> {
    pub(crate) ledger: Ledger<'a>,
    pub(crate) now: DateTime<Utc>,
    pub(crate) known: &'a Known,
    /// Every call of the pass.
    pub(crate) calls: HashMap<CallId, Arc<Conversation>>,
    /// Calls that no row of this pass belongs to: only news of them are reported.
    pub(crate) waiting: HashSet<CallId>,
    /// Settings that are not at their defaults.
    pub(crate) settings: BTreeMap<String, String>,
}

impl Settler<'_> {
    /// Records decisions and reports them. In this order: what a report says has been kept.
    ///
    /// # Errors
    /// [`Error::Store`](crate::Error::Store): then nothing of them was kept and nothing is reported.
    pub(crate) async fn settle(
        &self,
        mut decisions: Vec<Decision>,
        report: &mut PassReport,
    ) -> Result<()> {
        for decision in &mut decisions {
            // A call of which only the time may be kept has no kind.
            if decision.evidence.kind.is_some() {
                decision.evidence.settings.clone_from(&self.settings);
            }
        }
        let records: Vec<_> = decisions
            .iter()
            .filter_map(|decision| {
                self.known.record(decision, self.calls.get(&decision.call)?, self.now)
            })
            .collect();
        fail_point::reach("before-record");
        self.ledger.record(self.now, &records).await?;
        report
            .decisions
            .extend(decisions.into_iter().filter(|decision| self.is_reported(decision)));
        Ok(())
    }

    /// A call that waits on, unchanged, is counted by passes that see it in their window only.
    fn is_reported(&self, decision: &Decision) -> bool {
        let waits_on =
            matches!(decision.outcome, Outcome::Deferred(_)) && self.known.says_the_same(decision);
        !(waits_on && self.waiting.contains(&decision.call))
    }
}
