//! The store that is forgotten when the process ends: for tests, trials and `memory://`.

mod callbacks;
mod calls;
mod inbox;
mod store;
mod tenant;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use voice_model::TenantName;

use crate::memory::tenant::Tenant;

/// A store in the memory of the process. Several tasks may share one.
#[derive(Default)]
pub struct InMemoryStore(Mutex<BTreeMap<TenantName, Tenant>>);

impl std::fmt::Debug for InMemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InMemoryStore").finish_non_exhaustive()
    }
}

impl InMemoryStore {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<TenantName, Tenant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T: Default>(&self, tenant: &TenantName, read: impl FnOnce(&Tenant) -> T) -> T {
        self.lock().get(tenant).map(read).unwrap_or_default()
    }

    fn write<T>(&self, tenant: &TenantName, write: impl FnOnce(&mut Tenant) -> T) -> T {
        write(self.lock().entry(tenant.clone()).or_default())
    }

    /// Writes that make no sense for an unknown tenant, and do not make it known.
    fn change<T: Default>(&self, tenant: &TenantName, change: impl FnOnce(&mut Tenant) -> T) -> T {
        self.lock().get_mut(tenant).map(change).unwrap_or_default()
    }
}
