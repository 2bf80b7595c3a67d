//! A kind of work, and that work for one tenant.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use settings::{InboxConfig, TenantConfig};
use sync_store::{JobName, Store};
use voice_model::{Clock, ErrorClass, TenantName};
use worker::Exit;

/// When passes run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rhythm {
    /// A minute after the end of the last one.
    EveryMinute,
    /// Once a night, at a moment drawn for each tenant.
    Nightly,
}

/// A kind of work.
#[derive(Clone)]
pub struct Job {
    /// Its name, for leases, cursors, status and metrics.
    pub name: JobName,
    /// When its passes run.
    pub rhythm: Rhythm,
    /// Whether its passes work off the inbox: then something that is due there starts one.
    pub works_off_inbox: bool,
    /// The object in the `tenants` of `--json` of a pass that did nothing.
    pub nothing_done: fn(&TenantName) -> Value,
    /// Puts it together for a tenant. Nothing is sent yet.
    pub compose: fn(&TenantParts) -> Result<Box<dyn TenantJob>, Stopped>,
}

/// What a job of a tenant is made of.
#[derive(Clone)]
pub struct TenantParts {
    /// The tenant's part of the configuration.
    pub config: Arc<TenantConfig>,
    /// How the inbox is worked off.
    pub inbox: InboxConfig,
    /// The store of the process.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// A job composed for a tenant.
#[async_trait]
pub trait TenantJob: Send + Sync {
    /// One pass. `once`: somebody asked for it, so that caches are not good enough.
    async fn pass(&self, once: bool) -> Ran;

    /// Has settings and directory read anew by the next pass.
    async fn refresh(&self);
}

/// What a pass has to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Ran {
    /// Its object in the `tenants` of `--json`.
    pub summary: Value,
    /// The same as a line for people, without the tenant.
    pub line: String,
    /// Counts by their own names.
    pub counts: BTreeMap<String, u64>,
    /// Decisions by outcome and reason.
    pub decided: BTreeMap<(&'static str, &'static str), u64>,
    /// Since when something waits that should have been done.
    pub unprocessed_since: Option<DateTime<Utc>>,
    /// What stopped it.
    pub stopped: Option<Stopped>,
}

/// Why a pass could not begin or go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// What it means.
    pub class: ErrorClass,
    /// The whole chain, in words.
    pub message: String,
}

impl Stopped {
    /// How it lets the process end.
    pub fn exit(&self) -> Exit {
        Exit::of(self.class)
    }
}

impl Ran {
    /// A pass of a tenant that could not even begin.
    pub fn not_begun(job: &Job, tenant: &TenantName, stopped: Stopped) -> Self {
        let mut summary = (job.nothing_done)(tenant);
        summary["error"] = json!({"class": stopped.class.name(), "message": stopped.message});
        Self {
            summary,
            line: "no pass".to_owned(),
            counts: BTreeMap::new(),
            decided: BTreeMap::new(),
            unprocessed_since: None,
            stopped: Some(stopped),
        }
    }

    /// How it lets the process end.
    pub fn exit(&self) -> Exit {
        self.stopped.as_ref().map_or(Exit::Done, Stopped::exit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_that_could_not_run_has_the_counts_of_a_pass_that_did_nothing() {
        let stopped = Stopped { class: ErrorClass::Transient, message: "later".to_owned() };
        let ran = Ran::not_begun(&crate::call_sync(), &TenantName::new("contoso"), stopped);
        assert_eq!(
            ran.summary,
            json!({
                "tenant": "contoso", "rows": 0, "fetched": 0, "logged": 0, "already_logged": 0,
                "skipped": {}, "deferred": {}, "failed": {},
                "requests": {"enreach": 0, "dataverse": 0}, "elapsed_ms": 0,
                "error": {"class": "Transient", "message": "later"}
            })
        );
        assert_eq!(ran.exit(), Exit::TryAgain);
    }
}
