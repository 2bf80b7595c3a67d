//! One job of one tenant: what it says of its passes.

use std::collections::BTreeMap;
use std::time::Instant;

use chrono::{DateTime, Utc};
use sync_store::JobName;
use voice_model::{ErrorClass, TenantName};

use crate::Refusal;
use crate::metrics;
use crate::status::{JobReport, PassReport, ProblemReport, Status};

/// Where a job writes what it does.
#[derive(Debug, Clone)]
pub struct JobStatus {
    status: Status,
    tenant: TenantName,
    job: JobName,
}

/// What is known of a job.
#[derive(Debug, Clone, Default)]
pub(super) struct JobState {
    running_since: Option<DateTime<Utc>>,
    last_pass: Option<PassReport>,
    last_good_pass_ended_at: Option<DateTime<Utc>>,
    oldest_unprocessed_at: Option<DateTime<Utc>>,
    counts: BTreeMap<String, u64>,
    last_error: Option<ProblemReport>,
    next_pass_due_at: Option<DateTime<Utc>>,
    done_elsewhere_by: Option<String>,
}

impl JobState {
    pub(super) fn report(
        &self,
        tenant: &TenantName,
        job: &JobName,
        now: DateTime<Utc>,
    ) -> JobReport {
        let age = |at: DateTime<Utc>| (now - at).num_seconds().max(0).unsigned_abs();
        JobReport {
            tenant: tenant.clone(),
            job: job.as_str().to_owned(),
            running_since: self.running_since,
            last_pass: self.last_pass.clone(),
            last_good_pass_ended_at: self.last_good_pass_ended_at,
            oldest_unprocessed_age_secs: self.oldest_unprocessed_at.map(age),
            counts: self.counts.clone(),
            last_error: self.last_error.clone(),
            next_pass_due_at: self.next_pass_due_at,
            done_elsewhere_by: self.done_elsewhere_by.clone(),
        }
    }
}

/// What stopped a pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassError {
    /// Its class.
    pub class: ErrorClass,
    /// What went wrong, for a person: without secrets and phone numbers, as it is shown and logged.
    pub message: String,
}

/// What a pass has to say when it ends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PassEnd {
    /// Counts under the job's own names, such as `logged`.
    pub counts: BTreeMap<String, u64>,
    /// Since when the oldest item waits that is known and not processed: for a call, its end. `None`
    /// if there is none, or, in a pass that was stopped, if nothing was learnt; then what was known
    /// before stays.
    pub oldest_unprocessed_at: Option<DateTime<Utc>>,
    /// What stopped the pass, if anything did. Items that failed for themselves are no error.
    pub error: Option<PassError>,
}

impl JobStatus {
    pub(super) fn new(status: Status, tenant: TenantName, job: JobName) -> Self {
        Self { status, tenant, job }
    }

    /// Notes that a pass begins.
    pub fn pass_started(&self) -> Pass {
        let started_at = self.status.now();
        self.write(|state| {
            state.running_since = Some(started_at);
            state.next_pass_due_at = None;
            state.done_elsewhere_by = None;
        });
        Pass { job: self.clone(), started_at, since: Instant::now(), ended: false }
    }

    /// Notes when the next pass begins.
    pub fn next_pass_due(&self, at: DateTime<Utc>) {
        self.write(|state| state.next_pass_due_at = Some(at));
    }

    /// Notes that another process does the job.
    pub fn done_elsewhere(&self, refusal: &Refusal) {
        self.write(|state| state.done_elsewhere_by = Some(refusal.holder.clone()));
    }

    /// Notes that an item is known and waits, between passes: a webhook that came in. The older of
    /// several counts.
    pub fn unprocessed_since(&self, at: DateTime<Utc>) {
        self.write(|state| {
            let known = state.oldest_unprocessed_at.unwrap_or(at);
            state.oldest_unprocessed_at = Some(known.min(at));
        });
    }

    /// Counts decisions, by outcome and reason; both are names from a fixed list.
    pub fn decided(&self, outcome: &str, reason: &str, count: u64) {
        metrics::decided(&self.tenant, &self.job, outcome, reason, count);
    }

    fn write(&self, change: impl FnOnce(&mut JobState)) {
        let key = (self.tenant.clone(), self.job.clone());
        change(self.status.jobs().entry(key).or_default());
    }
}

/// A pass under way. One that is dropped before [`Pass::ended`] has panicked or was cut off, and is
/// noted as such.
#[derive(Debug)]
#[must_use = "a pass that is dropped counts as broken off"]
pub struct Pass {
    job: JobStatus,
    started_at: DateTime<Utc>,
    since: Instant,
    ended: bool,
}

impl Pass {
    /// Notes how the pass ended.
    pub fn ended(mut self, end: PassEnd) {
        self.note(end);
    }

    fn note(&mut self, end: PassEnd) {
        self.ended = true;
        let (started_at, ended_at) = (self.started_at, self.job.status.now());
        let class = end.error.as_ref().map(|error| error.class);
        metrics::pass_ended(&self.job.tenant, &self.job.job, class, self.since.elapsed());
        self.job.write(|state| {
            state.running_since = None;
            state.last_pass = Some(PassReport { started_at, ended_at, ok: class.is_none() });
            state.counts = end.counts;
            if class.is_none() || end.oldest_unprocessed_at.is_some() {
                state.oldest_unprocessed_at = end.oldest_unprocessed_at;
            }
            match end.error {
                None => state.last_good_pass_ended_at = Some(ended_at),
                Some(PassError { class, message }) => {
                    let class = class.name();
                    state.last_error = Some(ProblemReport { class, message, at: ended_at });
                }
            }
        });
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if !self.ended {
            let message = "the pass broke off before its end; the log says why".to_owned();
            let error = Some(PassError { class: ErrorClass::Bug, message });
            self.note(PassEnd { error, ..PassEnd::default() });
        }
    }
}
