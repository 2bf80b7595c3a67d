//! The answer of `/status` (design, section 10).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use voice_model::TenantName;

/// The process and its jobs. Times are UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusReport {
    /// Version of the program.
    pub version: &'static str,
    /// Commit it was built from, or `unknown`.
    pub commit: &'static str,
    /// Since when the process runs.
    pub started_at: DateTime<Utc>,
    /// By tenant, then job.
    pub jobs: Vec<JobReport>,
}

/// One job of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobReport {
    /// The tenant.
    pub tenant: TenantName,
    /// The job.
    pub job: String,
    /// Since when a pass runs; null between passes.
    pub running_since: Option<DateTime<Utc>>,
    /// The last pass that ended; null before that.
    pub last_pass: Option<PassReport>,
    /// When the last pass without error ended.
    pub last_good_pass_ended_at: Option<DateTime<Utc>>,
    /// Age in seconds of the oldest item that is known and not processed; null if there is none.
    pub oldest_unprocessed_age_secs: Option<u64>,
    /// The counts of the last pass.
    pub counts: BTreeMap<String, u64>,
    /// The last error, also if passes went well since.
    pub last_error: Option<ProblemReport>,
    /// When the next pass begins, unless it is woken earlier.
    pub next_pass_due_at: Option<DateTime<Utc>>,
    /// Who does the job instead, if another process does.
    pub done_elsewhere_by: Option<String>,
}

/// A pass that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PassReport {
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// Whether it ran to its end; single items may have failed.
    pub ok: bool,
}

/// Something that stopped a pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProblemReport {
    /// The error's class, such as `Transient`.
    pub class: &'static str,
    /// What went wrong, for a person.
    pub message: String,
    /// When.
    pub at: DateTime<Utc>,
}
