//! What the jobs of this process are doing: written by them, read by `/status` and `/metrics`.
//!
//! Health is progress. The age of the oldest unprocessed item is computed when someone asks, so that
//! it also grows while a job hangs.

mod job;
mod report;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use sync_store::JobName;
use voice_model::{Clock, TenantName};

pub use job::{JobStatus, Pass, PassEnd, PassError};
pub use report::{JobReport, PassReport, ProblemReport, StatusReport};

use job::JobState;

/// The version of the program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The commit that the program was built from, or `unknown`.
pub const COMMIT: &str = env!("VOICE_COMMIT");

/// The registry of all jobs of this process. Clones are one.
#[derive(Debug, Clone)]
pub struct Status(Arc<Registry>);

#[derive(Debug)]
struct Registry {
    clock: Arc<dyn Clock>,
    started_at: DateTime<Utc>,
    jobs: Mutex<BTreeMap<(TenantName, JobName), JobState>>,
}

impl Status {
    /// A registry without jobs; the process counts as started now.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let started_at = clock.now();
        Self(Arc::new(Registry { clock, started_at, jobs: Mutex::default() }))
    }

    /// The place of a job of a tenant. It appears in the report from now on, also before its first
    /// pass.
    pub fn job(&self, tenant: &TenantName, job: &JobName) -> JobStatus {
        self.jobs().entry((tenant.clone(), job.clone())).or_default();
        JobStatus::new(self.clone(), tenant.clone(), job.clone())
    }

    /// What is known now, by tenant and job.
    pub fn report(&self) -> StatusReport {
        let now = self.now();
        let jobs = self.jobs();
        let jobs = jobs.iter().map(|((tenant, job), state)| state.report(tenant, job, now));
        StatusReport {
            version: VERSION,
            commit: COMMIT,
            started_at: self.0.started_at,
            jobs: jobs.collect(),
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }

    fn jobs(&self) -> MutexGuard<'_, BTreeMap<(TenantName, JobName), JobState>> {
        self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
