//! All tenants of the configuration, each on its own: whatever stops one, the others run.

use std::sync::Arc;
use std::time::Duration;

use call_sync::{CallSync, CallSyncParts, ErrorSummary, Freshness, TenantSummary};
use settings::TenantConfig;
use tokio::sync::OnceCell;
use tokio_util::task::AbortOnDropHandle;
use voice_model::{Clock, SystemClock, TenantName};
use worker::{Exit, Shutdown, run_every};

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
}

impl Tenant {
    fn new(config: TenantConfig) -> Self {
        Self { config: Arc::new(config), call_sync: Arc::default() }
    }

    /// A pass in a task of its own, so that even a panic stops this tenant's pass only.
    async fn pass(&self, freshness: Freshness) -> Ran {
        let tenant = self.clone();
        let pass = async move {
            let name = &tenant.config.name;
            match tenant.call_sync.get_or_try_init(async || compose(&tenant.config)).await {
                Ok(call_sync) => pass(name, call_sync, freshness).await,
                Err(stopped) => *stopped,
            }
        };
        let task = AbortOnDropHandle::new(tokio::spawn(pass));
        task.await.unwrap_or_else(|panic| panicked(&self.config.name, &panic))
    }
}

async fn pass(tenant: &TenantName, call_sync: &CallSync, freshness: Freshness) -> Ran {
    let report = call_sync.pass(freshness).await;
    for finding in &report.findings {
        tracing::warn!(%tenant, "{finding}");
    }
    for row in &report.unreadable {
        tracing::warn!(%tenant, row = row.index + 1, id = row.id, "unreadable row: {}", row.reason);
    }
    for decision in &report.decisions {
        if let call_sync::Outcome::Failed(failure) = &decision.outcome {
            tracing::warn!(%tenant, call = %decision.call, "not logged: {}", failure.message);
        }
    }
    let exit = report.error.as_ref().map_or(Exit::Done, |error| Exit::of(error.class()));
    (report.summary(tenant), exit)
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
    let summary = ErrorSummary { class: "Bug", message: format!("the pass broke off: {panic}") };
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
