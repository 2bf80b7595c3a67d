//! `--once`: one pass for every tenant.

use std::io::Write;
use std::sync::Arc;

use futures::future::join_all;
use serde_json::json;
use sync_store::Store;
use voice_model::{Clock, ErrorClass, TenantName, error_chain};
use worker::{Exit, Holder, Leases, PATIENCE, Shutdown};

use crate::tenant::Tenant;
use crate::{Job, Ran, Stopped};

/// Runs one pass for every tenant, side by side, and prints what they say in the order of the
/// configuration.
pub(crate) async fn run(
    job: &Job,
    tenants: Vec<Tenant>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    json: bool,
    shutdown: &Shutdown,
) -> Exit {
    let names: Vec<_> = tenants.iter().map(|tenant| tenant.name().clone()).collect();
    let leases = Leases::new(store, clock, Holder::new());
    let passes = join_all(tenants.iter().map(|tenant| pass(job, tenant, &leases)));
    let ran = match shutdown.or_at_once(passes).await {
        Some(ran) => ran,
        None => names.iter().map(|tenant| cut_off(job, tenant)).collect(),
    };
    // A reader that went away is no reason to fail: the work is done.
    let _ = print(&names, &ran, json);
    Exit::worst(ran.iter().map(Ran::exit))
}

async fn pass(job: &Job, tenant: &Tenant, leases: &Leases) -> Ran {
    let stopped = match leases.wait(tenant.name(), &job.name, PATIENCE).await {
        Ok(Ok(lease)) => return lease.during(tenant.pass(true, false)).await,
        Ok(Err(refusal)) => Stopped {
            class: ErrorClass::Transient,
            message: format!("{refusal}; nothing was done here"),
        },
        Err(error) => Stopped { class: error.class(), message: error_chain(&error) },
    };
    Ran::not_begun(job, tenant.name(), stopped)
}

/// What stands for a tenant whose pass a second signal cut off.
fn cut_off(job: &Job, tenant: &TenantName) -> Ran {
    let message = "stopped by a signal before the pass was done; run it again".to_owned();
    Ran::not_begun(job, tenant, Stopped { class: ErrorClass::Transient, message })
}

fn print(names: &[TenantName], ran: &[Ran], json: bool) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        let tenants: Vec<_> = ran.iter().map(|ran| &ran.summary).collect();
        return writeln!(out, "{}", json!({ "tenants": tenants }));
    }
    for (tenant, ran) in names.iter().zip(ran) {
        writeln!(out, "{tenant}: {}", ran.line)?;
        if let Some(stopped) = &ran.stopped {
            writeln!(out, "{tenant}: stopped ({}): {}", stopped.class, stopped.message)?;
        }
    }
    Ok(())
}
