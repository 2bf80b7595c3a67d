//! How many requests may be in flight to one host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One pool of permits per host and port, made when first asked for.
#[derive(Debug)]
pub(crate) struct Permits {
    per_host: usize,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Permits {
    pub(crate) fn new(per_host: usize) -> Self {
        Self { per_host, hosts: Mutex::default() }
    }

    /// Waits for a permit; dropping it gives it back. First come, first served.
    pub(crate) async fn acquire(&self, authority: &str) -> Option<OwnedSemaphorePermit> {
        // No pool is ever closed, so there is always a permit to wait for.
        self.pool(authority).acquire_owned().await.ok()
    }

    fn pool(&self, authority: &str) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = hosts.get(authority) {
            return Arc::clone(pool);
        }
        let pool = Arc::new(Semaphore::new(self.per_host));
        hosts.insert(authority.to_owned(), Arc::clone(&pool));
        pool
    }
}
