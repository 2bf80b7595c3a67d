//! The phone system kept between passes.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use enreach_client::EnreachApi;
use settings::TenantSettings;
use sync_store::Store;
use voice_model::{TenantName, error_chain};

use super::PhoneSystem;
use crate::{Error, Result};

/// The phone system of a tenant, read again when it is an hour old, on request, or when the settings
/// want its numbers read otherwise. While it cannot be read again, the last one serves.
#[derive(Debug, Default)]
pub struct PhoneSystemCache {
    system: Option<Arc<PhoneSystem>>,
    is_due: bool,
}

impl PhoneSystemCache {
    /// Has it read again at the next use.
    pub fn request_refresh(&mut self) {
        self.is_due = true;
    }

    /// The phone system, read now if that is due. Its organisation is the one that the store knows.
    ///
    /// # Errors
    /// Those of [`PhoneSystem::read`], if there is none yet or the reason does not pass by itself;
    /// [`Error::OrganizationChanged`]; [`Error::Store`].
    pub async fn current(
        &mut self,
        api: &dyn EnreachApi,
        store: &dyn Store,
        tenant: &TenantName,
        settings: &TenantSettings,
        now: DateTime<Utc>,
    ) -> Result<Arc<PhoneSystem>> {
        if let Some(system) = &self.system
            && !self.is_due
            && !system.is_stale(now, settings)
        {
            return Ok(Arc::clone(system));
        }
        let system = match PhoneSystem::read(api, settings, now).await {
            Ok(system) => Arc::new(system),
            Err(error) => match &self.system {
                Some(system) if error.class().is_passing() => {
                    let error = error_chain(&error);
                    tracing::warn!(error, "users and queues could not be read again");
                    return Ok(Arc::clone(system));
                }
                _ => return Err(error),
            },
        };
        let now = &system.organization;
        let before = store.keep_organization(tenant, now).await?;
        if before != *now {
            return Err(Error::OrganizationChanged { before, now: now.clone() });
        }
        self.system = Some(Arc::clone(&system));
        self.is_due = false;
        Ok(system)
    }
}
