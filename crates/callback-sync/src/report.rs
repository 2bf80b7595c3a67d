//! What a pass did, as counts for programs and one by one for people.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use enreach_client::UnreadableRow;
use serde::Serialize;
use settings::Finding;
use sync_store::{EventSource, InboxDepth};
use voice_model::{CallbackItemId, CallbackListId, ErrorClass, TenantName, mask_numbers};

use crate::Error;
use crate::request::Outcome;

/// A request that a pass has looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handled {
    /// The request.
    pub item: CallbackItemId,
    /// Its list, if that is known.
    pub list: Option<CallbackListId>,
    /// How it came.
    pub source: EventSource,
    /// What became of it.
    pub outcome: Outcome,
}

/// What one pass for one tenant did.
#[derive(Debug, Default)]
pub struct PassReport {
    /// Items that polling has received.
    pub polled: usize,
    /// Items that could not be read; each counts as failed.
    pub unreadable: Vec<UnreadableRow>,
    /// Events that were taken from the inbox.
    pub events: usize,
    /// Events that named no request of ours: an unknown list, or one that is not on webhook.
    pub foreign_events: usize,
    /// The requests that were looked at.
    pub handled: Vec<Handled>,
    /// Requests that were closed in Enreach, those of earlier passes included.
    pub closed: usize,
    /// What an administrator should put right.
    pub findings: Vec<Finding>,
    /// How full the inbox is after it, as far as the store could tell.
    pub inbox: InboxDepth,
    /// Since when something waits that should have been done.
    pub unprocessed_since: Option<DateTime<Utc>>,
    /// Requests sent to Enreach, every attempt counted.
    pub enreach_requests: u64,
    /// Requests sent to Dataverse, every attempt counted, a batch as one.
    pub dataverse_requests: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// What stopped the pass, or a part of it, if something did.
    pub error: Option<Error>,
}

impl PassReport {
    pub(crate) fn find(&mut self, finding: Finding) {
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// The first thing that stopped the pass counts.
    pub(crate) fn stop(&mut self, error: impl Into<Error>) {
        let error = error.into();
        self.error.get_or_insert(error);
    }

    /// The counts of the pass, in the shape that `--json` prints.
    pub fn summary(&self, tenant: &TenantName) -> TenantSummary {
        let mut summary = TenantSummary {
            tenant: tenant.clone(),
            polled: self.polled,
            events: self.events,
            created: 0,
            bundled: 0,
            ignored: 0,
            closed: self.closed,
            already_done: 0,
            closed_elsewhere: 0,
            waiting: 0,
            failed: BTreeMap::new(),
            requests: Requests {
                enreach: self.enreach_requests,
                dataverse: self.dataverse_requests,
            },
            elapsed_ms: u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX),
            error: self.error.as_ref().map(ErrorSummary::from),
        };
        for handled in &self.handled {
            match &handled.outcome {
                Outcome::Created { bundled_into, .. } => {
                    summary.created += 1;
                    summary.bundled += usize::from(bundled_into.is_some());
                }
                Outcome::Ignored { .. } => summary.ignored += 1,
                Outcome::ClosedElsewhere => summary.closed_elsewhere += 1,
                Outcome::AlreadyDone | Outcome::Waiting => {}
                Outcome::Failed(failure) => {
                    *summary.failed.entry(failure.class.name()).or_default() += 1;
                }
            }
        }
        // Several events may tell of one request.
        let items_with = |outcome: Outcome| {
            let handled = self.handled.iter().filter(|it| it.outcome == outcome);
            handled.map(|it| &it.item).collect::<HashSet<_>>().len()
        };
        summary.already_done = items_with(Outcome::AlreadyDone);
        summary.waiting = items_with(Outcome::Waiting);
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
    /// Items that polling has received.
    pub polled: usize,
    /// Events that were taken from the inbox.
    pub events: usize,
    /// Phone calls created, bundled ones included.
    pub created: usize,
    /// Phone calls created that point to an open one of the same number.
    pub bundled: usize,
    /// Requests without phone call, because one of the same number is open.
    pub ignored: usize,
    /// Requests closed in Enreach.
    pub closed: usize,
    /// Requests that an earlier pass has dealt with.
    pub already_done: usize,
    /// Requests that were closed or expired in Enreach before we came to them.
    pub closed_elsewhere: usize,
    /// Requests that somebody in Enreach has reserved.
    pub waiting: usize,
    /// Requests that could not be dealt with, by class of error.
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
