//! Callback sync as a job.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use callback_sync::{
    CallbackSync, CallbackSyncParts, Freshness, Outcome, PassReport, TenantSummary,
};
use serde_json::Value;
use sync_store::{InboxDepth, JobName, Store};
use voice_model::{TenantName, error_chain, mask_numbers};
use worker::Holder;

use crate::told::Told;
use crate::{Job, Ran, Rhythm, Stopped, TenantJob, TenantParts};

/// Callback requests, by polling and from the inbox.
pub fn callback_sync() -> Job {
    Job {
        name: JobName::CALLBACK_SYNC,
        rhythm: Rhythm::EveryMinute,
        works_off_inbox: true,
        nothing_done: |tenant| summary_json(&PassReport::default().summary(tenant)),
        compose: |parts| Ok(Box::new(Callbacks::compose(parts)?)),
    }
}

/// Counts and texts always have a JSON form.
fn summary_json(summary: &TenantSummary) -> Value {
    serde_json::to_value(summary).unwrap_or_default()
}

/// Callback sync of a tenant.
struct Callbacks {
    tenant: TenantName,
    store: Arc<dyn Store>,
    holder: String,
    callback_sync: CallbackSync,
    told: Told,
}

impl Callbacks {
    fn compose(parts: &TenantParts) -> Result<Self, Stopped> {
        let store = Arc::clone(&parts.store);
        let parts = compose_callback_sync(parts)?;
        let (tenant, holder) = (parts.tenant.clone(), parts.holder.clone());
        let callback_sync = CallbackSync::new(parts);
        Ok(Self { tenant, store, holder, callback_sync, told: Told::default() })
    }

    /// Takes back what is claimed by processes that are gone, and by a pass of this one that broke
    /// off. Other claims end by themselves.
    async fn reap(&self) -> sync_store::Result<()> {
        for holder in self.store.claim_holders(&self.tenant).await? {
            if holder == self.holder || Holder::is_gone(&holder) {
                let count = self.store.release_claims(&self.tenant, &holder).await?;
                tracing::info!(tenant = %self.tenant, count, "events taken back from {holder}");
            }
        }
        Ok(())
    }

    fn log_what_is_new(&self, report: &PassReport) {
        let tenant = &self.tenant;
        self.told.log_new(tenant, &report.findings);
        for row in &report.unreadable {
            let (row, id, reason) = (row.index + 1, &row.id, &row.reason);
            tracing::warn!(%tenant, row, id, "unreadable callback item: {reason}");
        }
        for handled in &report.handled {
            let item = &handled.item;
            match &handled.outcome {
                // What stopped the pass is not said again for every request.
                Outcome::Failed(failure) if failure.tried => {
                    let message = mask_numbers(&failure.message);
                    tracing::warn!(%tenant, callback = %item, "not dealt with: {message}");
                }
                Outcome::Created { activity, .. } => {
                    tracing::debug!(%tenant, callback = %item, %activity, "phone call created");
                }
                _ => {}
            }
        }
    }
}

#[async_trait]
impl TenantJob for Callbacks {
    async fn pass(&self, once: bool) -> Ran {
        if let Err(error) = self.reap().await {
            // They end by themselves.
            tracing::warn!(tenant = %self.tenant, "claims: {}", error_chain(&error));
        }
        let freshness = if once { Freshness::Fresh } else { Freshness::Cached };
        let report = self.callback_sync.pass(freshness).await;
        self.log_what_is_new(&report);
        ran(&self.tenant, &report)
    }

    async fn refresh(&self) {
        self.callback_sync.refresh().await;
    }
}

/// The parts of callback sync for a tenant, with clients of its own.
///
/// # Errors
/// [`Stopped`] when the clients cannot be made.
pub fn compose_callback_sync(parts: &TenantParts) -> Result<CallbackSyncParts, Stopped> {
    let config = &parts.config;
    let connection = connect::connect(config, &parts.clock)
        .map_err(|error| Stopped { class: error.class(), message: mask_numbers(&error.chain()) })?;
    Ok(CallbackSyncParts {
        tenant: config.name.clone(),
        enreach: Arc::new(connection.enreach),
        dataverse: Arc::new(connection.dataverse),
        store: Arc::clone(&parts.store),
        clock: Arc::clone(&parts.clock),
        names: config.dataverse.names.clone(),
        overrides: config.overrides.clone(),
        holder: Holder::new().to_string(),
        attempts: parts.inbox.attempts,
    })
}

fn ran(tenant: &TenantName, report: &PassReport) -> Ran {
    let summary = report.summary(tenant);
    let mut decided: BTreeMap<_, u64> = BTreeMap::new();
    for handled in &report.handled {
        let outcome = &handled.outcome;
        let reason = match outcome {
            Outcome::Failed(failure) => failure.class.name(),
            _ => "",
        };
        *decided.entry((outcome.name(), reason)).or_default() += 1;
    }
    let stopped = report.error.as_ref();
    Ran {
        line: line_of_callbacks(&summary),
        counts: counts(&summary, report.inbox),
        decided,
        unprocessed_since: report.unprocessed_since,
        stopped: stopped
            .map(|error| Stopped { class: error.class(), message: mask_numbers(&error.chain()) }),
        summary: summary_json(&summary),
    }
}

fn counts(summary: &TenantSummary, inbox: InboxDepth) -> BTreeMap<String, u64> {
    let counts = [
        ("polled", summary.polled),
        ("events", summary.events),
        ("created", summary.created),
        ("bundled", summary.bundled),
        ("ignored", summary.ignored),
        ("closed", summary.closed),
        ("already_done", summary.already_done),
        ("closed_elsewhere", summary.closed_elsewhere),
        ("waiting", summary.waiting),
        ("failed", summary.failed.values().sum()),
    ];
    let others = [
        ("inbox_open", inbox.open),
        ("inbox_given_up", inbox.dead_letters),
        ("requests_enreach", summary.requests.enreach),
        ("requests_dataverse", summary.requests.dataverse),
    ];
    counts
        .into_iter()
        .map(|(name, count)| (name, u64::try_from(count).unwrap_or(u64::MAX)))
        .chain(others)
        .map(|(name, count)| (name.to_owned(), count))
        .collect()
}

/// The counts of a pass for a person.
pub fn line_of_callbacks(summary: &TenantSummary) -> String {
    let failed: usize = summary.failed.values().sum();
    let by_class: Vec<_> =
        summary.failed.iter().map(|(class, count)| format!("{class} {count}")).collect();
    let classes = if failed == 0 { String::new() } else { format!(" ({})", by_class.join(", ")) };
    format!(
        "{} callbacks created ({} bundled), {} ignored, {} closed in Enreach, {} already done, \
         {} closed elsewhere, {} waiting, {failed} failed{classes}; {} requests to Enreach, {} to \
         Dynamics 365, {} ms",
        summary.created,
        summary.bundled,
        summary.ignored,
        summary.closed,
        summary.already_done,
        summary.closed_elsewhere,
        summary.waiting,
        summary.requests.enreach,
        summary.requests.dataverse,
        summary.elapsed_ms,
    )
}
