//! Call sync and retro sync as jobs.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use call_sync::{CallSync, CallSyncParts, Freshness, Outcome, PassReport, TenantSummary};
use serde_json::Value;
use sync_store::JobName;
use voice_model::{TenantName, mask_numbers};

use crate::told::Told;
use crate::{Job, Ran, Rhythm, Stopped, TenantJob, TenantParts};

/// Live call sync.
pub fn call_sync() -> Job {
    Job {
        name: JobName::CALL_SYNC,
        rhythm: Rhythm::EveryMinute,
        works_off_inbox: false,
        nothing_done,
        compose: |parts| Ok(Box::new(Calls::compose(parts, Kind::Live)?)),
    }
}

/// The nightly second look.
pub fn retro_sync() -> Job {
    Job {
        name: JobName::RETRO_SYNC,
        rhythm: Rhythm::Nightly,
        works_off_inbox: false,
        nothing_done,
        compose: |parts| Ok(Box::new(Calls::compose(parts, Kind::Retro)?)),
    }
}

fn nothing_done(tenant: &TenantName) -> Value {
    summary_json(&PassReport::default().summary(tenant))
}

/// Counts and texts always have a JSON form.
fn summary_json(summary: &TenantSummary) -> Value {
    serde_json::to_value(summary).unwrap_or_default()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Live,
    Retro,
}

/// Call sync of a tenant, in one of its kinds.
struct Calls {
    tenant: TenantName,
    kind: Kind,
    call_sync: CallSync,
    told: Told,
}

impl Calls {
    fn compose(parts: &TenantParts, kind: Kind) -> Result<Self, Stopped> {
        // A second look at yesterday's calls must not hold up those of this minute.
        let parts = compose_call_sync(parts, kind == Kind::Retro)?;
        let tenant = parts.tenant.clone();
        Ok(Self { tenant, kind, call_sync: CallSync::new(parts), told: Told::default() })
    }

    fn log_what_is_new(&self, report: &PassReport) {
        let tenant = &self.tenant;
        self.told.log_new(tenant, &report.findings);
        for row in &report.unreadable {
            let (row, id, reason) = (row.index + 1, &row.id, &row.reason);
            tracing::warn!(%tenant, row, id, "unreadable row: {reason}");
        }
        // What stopped the pass, or failed before, is not said again for every call.
        for decision in &report.decisions {
            if let Outcome::Failed(failure) = &decision.outcome
                && failure.tried
            {
                let message = mask_numbers(&failure.message);
                tracing::warn!(%tenant, call = %decision.call, "not logged: {message}");
            }
        }
    }
}

#[async_trait]
impl TenantJob for Calls {
    async fn pass(&self, once: bool) -> Ran {
        let report = match (self.kind, once) {
            (Kind::Live, true) => self.call_sync.pass(Freshness::Fresh).await,
            (Kind::Live, false) => self.call_sync.pass(Freshness::Cached).await,
            (Kind::Retro, _) => self.call_sync.retro().await,
        };
        self.log_what_is_new(&report);
        ran(&self.tenant, &report)
    }

    async fn refresh(&self) {
        self.call_sync.refresh().await;
    }
}

/// The parts of call sync for a tenant: with clients of its own, so that one tenant's token or load
/// never meets another's. `backlog`: its requests give way to those of live work.
///
/// # Errors
/// [`Stopped`] when the clients cannot be made.
pub fn compose_call_sync(parts: &TenantParts, backlog: bool) -> Result<CallSyncParts, Stopped> {
    let config = &parts.config;
    let connection = connect::connect(config, &parts.clock)
        .map_err(|error| Stopped { class: error.class(), message: mask_numbers(&error.chain()) })?;
    let dataverse = match backlog {
        true => connection.dataverse.for_backlog(),
        false => connection.dataverse,
    };
    Ok(CallSyncParts {
        tenant: config.name.clone(),
        enreach: Arc::new(connection.enreach),
        dataverse: Arc::new(dataverse),
        store: Arc::clone(&parts.store),
        clock: Arc::clone(&parts.clock),
        names: config.dataverse.names.clone(),
        overrides: config.overrides.clone(),
    })
}

fn ran(tenant: &TenantName, report: &PassReport) -> Ran {
    let summary = report.summary(tenant);
    let mut decided: BTreeMap<_, u64> = BTreeMap::new();
    for decision in &report.decisions {
        let outcome = &decision.outcome;
        *decided.entry((outcome.name(), outcome.reason())).or_default() += 1;
    }
    let stopped = report.error.as_ref();
    Ran {
        line: line_of_calls(&summary),
        counts: counts(&summary),
        decided,
        unprocessed_since: report.unprocessed_since,
        stopped: stopped
            .map(|error| Stopped { class: error.class(), message: mask_numbers(&error.chain()) }),
        summary: summary_json(&summary),
    }
}

fn counts(summary: &TenantSummary) -> BTreeMap<String, u64> {
    let sum = |counts: &BTreeMap<&str, usize>| counts.values().sum::<usize>();
    [
        ("rows", summary.rows),
        ("fetched", summary.fetched),
        ("logged", summary.logged),
        ("already_logged", summary.already_logged),
        ("skipped", sum(&summary.skipped)),
        ("deferred", sum(&summary.deferred)),
        ("failed", sum(&summary.failed)),
    ]
    .into_iter()
    .map(|(name, count)| (name.to_owned(), u64::try_from(count).unwrap_or(u64::MAX)))
    .chain([
        ("requests_enreach".to_owned(), summary.requests.enreach),
        ("requests_dataverse".to_owned(), summary.requests.dataverse),
    ])
    .collect()
}

/// The counts of a pass for a person.
pub fn line_of_calls(summary: &TenantSummary) -> String {
    let sum = |counts: &BTreeMap<&str, usize>| {
        let total: usize = counts.values().sum();
        let parts: Vec<_> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
        if parts.is_empty() { total.to_string() } else { format!("{total} ({})", parts.join(", ")) }
    };
    format!(
        "{} calls: {} logged, {} already logged, {} skipped, {} deferred, {} failed; \
         {} requests to Enreach, {} to Dynamics 365, {} ms",
        summary.fetched,
        summary.logged,
        summary.already_logged,
        sum(&summary.skipped),
        sum(&summary.deferred),
        sum(&summary.failed),
        summary.requests.enreach,
        summary.requests.dataverse,
        summary.elapsed_ms,
    )
}
