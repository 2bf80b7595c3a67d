//! All tenants of the configuration, each on its own: whatever stops one, the others run.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use call_sync::{
    CallSync, CallSyncParts, ErrorSummary, Freshness, Outcome, PassReport, TenantSummary,
};
use settings::{Finding, TenantConfig};
use tokio::sync::OnceCell;
use tokio_util::task::AbortOnDropHandle;
use voice_model::{Clock, ErrorClass, SystemClock, TenantName};
use worker::{Exit, Shutdown, run_every};

/// What stands for a tenant whose pass a second signal cut off.
pub(crate) fn stopped_by_signal(tenant: &TenantName) -> Ran {
    let message = "stopped by a signal before the pass was done; run it again".to_owned();
    let class = ErrorClass::Transient;
    let error = ErrorSummary { class: class.name(), message };
    (TenantSummary::stopped(tenant, error), Exit::of(class))
}

/// Pause between the end of a pass and the next one.
const PAUSE: Duration = Duration::from_secs(60);

/// A pass for one tenant: its counts, and how it lets the process end.
pub(crate) type Ran = (TenantSummary, Exit);

/// Runs one pass for every tenant, side by side; the answer is in the order of the configuration.
pub(crate) async fn run_once(tenants: Vec<TenantConfig>) -> Vec<Ran> {
    let passes: Vec<_> = tenants.into_iter().map(Tenant::new).collect();
    futures::future::join_all(passes.iter().map(|tenant| tenant.pass(Freshness::Fresh))).await
}

/// Runs passes for every tenant until shutdown.
pub(crate) async fn run_always(tenants: Vec<TenantConfig>, shutdown: &Shutdown) {
    let loops = tenants.into_iter().map(|config| async move {
        let tenant = Tenant::new(config);
        run_every(PAUSE, shutdown, || async { log(&tenant.pass(Freshness::Cached).await.0) }).await;
    });
    futures::future::join_all(loops).await;
}

/// A tenant and its call sync, which is put together at the first pass.
#[derive(Clone)]
struct Tenant {
    config: Arc<TenantConfig>,
    call_sync: Arc<OnceCell<CallSync>>,
    /// Findings of the pass before: only new ones are logged.
    told: Arc<Mutex<HashSet<Finding>>>,
}

impl Tenant {
    fn new(config: TenantConfig) -> Self {
        Self { config: Arc::new(config), call_sync: Arc::default(), told: Arc::default() }
    }

    /// A pass in a task of its own, so that even a panic stops this tenant's pass only.
    async fn pass(&self, freshness: Freshness) -> Ran {
        let tenant = self.clone();
        let pass = async move {
            let name = &tenant.config.name;
            match tenant.call_sync.get_or_try_init(async || compose(&tenant.config)).await {
                Ok(call_sync) => {
                    let report = call_sync.pass(freshness).await;
                    tenant.log_what_is_new(&report);
                    let exit = |error: &call_sync::Error| Exit::of(error.class());
                    (report.summary(name), report.error.as_ref().map_or(Exit::Done, exit))
                }
                Err(stopped) => *stopped,
            }
        };
        let task = AbortOnDropHandle::new(tokio::spawn(pass));
        task.await.unwrap_or_else(|panic| panicked(&self.config.name, &panic))
    }

    fn log_what_is_new(&self, report: &PassReport) {
        let tenant = &self.config.name;
        let found: HashSet<_> = report.findings.iter().cloned().collect();
        let told = std::mem::replace(
            &mut *self.told.lock().unwrap_or_else(PoisonError::into_inner),
            found.clone(),
        );
        for finding in found.difference(&told) {
            tracing::warn!(%tenant, "{finding}");
        }
        for row in &report.unreadable {
            let (row, id, reason) = (row.index + 1, &row.id, &row.reason);
            tracing::warn!(%tenant, row, id, "unreadable row: {reason}");
        }
        // What stopped the pass is logged once, not for every call that it left undone.
        let stopped = report.error.as_ref().map(call_sync::Error::chain);
        for decision in &report.decisions {
            if let Outcome::Failed(failure) = &decision.outcome
                && Some(&failure.message) != stopped.as_ref()
            {
                tracing::warn!(%tenant, call = %decision.call, "not logged: {}", failure.message);
            }
        }
    }
}

fn compose(tenant: &TenantConfig) -> Result<CallSync, Box<Ran>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let connection = connect::connect(tenant, &clock).map_err(|error| {
        let (class, message) = (error.class(), error.chain());
        let summary = ErrorSummary { class: class.name(), message };
        Box::new((TenantSummary::stopped(&tenant.name, summary), Exit::of(class)))
    })?;
    Ok(CallSync::new(CallSyncParts {
        enreach: Arc::new(connection.enreach),
        dataverse: Arc::new(connection.dataverse),
        clock,
        names: tenant.dataverse.names.clone(),
        overrides: tenant.overrides.clone(),
    }))
}

fn panicked(tenant: &TenantName, panic: &tokio::task::JoinError) -> Ran {
    let summary = ErrorSummary {
        class: ErrorClass::Bug.name(),
        message: format!("the pass broke off: {panic}"),
    };
    (TenantSummary::stopped(tenant, summary), Exit::Failure)
}

/// One line for each pass.
fn log(summary: &TenantSummary) {
    let line = line(summary);
    match &summary.error {
        None => tracing::info!(tenant = %summary.tenant, "{line}"),
        Some(error) => {
            tracing::error!(tenant = %summary.tenant, class = error.class, "{}; {line}", error.message);
        }
    }
}

/// The counts of a pass for a person.
pub(crate) fn line(summary: &TenantSummary) -> String {
    let sum = |counts: &std::collections::BTreeMap<&str, usize>| {
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
