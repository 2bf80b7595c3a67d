//! A job of a tenant, kept apart from all others.

use std::sync::Arc;

use tokio::sync::OnceCell;
use tokio_util::task::AbortOnDropHandle;
use voice_model::{ErrorClass, TenantName};

use crate::{Job, Ran, Stopped, TenantJob, TenantParts};

/// A job of a tenant, which is put together at its first pass.
#[derive(Clone)]
pub(crate) struct Tenant {
    job: Job,
    parts: TenantParts,
    composed: Arc<OnceCell<Box<dyn TenantJob>>>,
}

impl Tenant {
    pub(crate) fn new(job: Job, parts: TenantParts) -> Self {
        Self { job, parts, composed: Arc::default() }
    }

    pub(crate) fn name(&self) -> &TenantName {
        &self.parts.config.name
    }

    /// A pass in a task of its own, so that even a panic stops this tenant's pass only.
    pub(crate) async fn pass(&self, once: bool, refresh: bool) -> Ran {
        let tenant = self.clone();
        let pass = async move {
            let compose = async || (tenant.job.compose)(&tenant.parts);
            match tenant.composed.get_or_try_init(compose).await {
                Ok(job) => {
                    if refresh {
                        job.refresh().await;
                    }
                    job.pass(once).await
                }
                Err(stopped) => Ran::not_begun(&tenant.job, tenant.name(), stopped),
            }
        };
        let task = AbortOnDropHandle::new(tokio::spawn(pass));
        task.await.unwrap_or_else(|panic| {
            let message = format!("the pass broke off: {panic}");
            Ran::not_begun(&self.job, self.name(), Stopped { class: ErrorClass::Bug, message })
        })
    }
}
