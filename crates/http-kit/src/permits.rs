//! The gate of a client by itself: how many requests may be in flight to one host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::gate::{Closed, End, Entrant, Gate, Pass};

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

    fn pool(&self, host: &str) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = hosts.get(host) {
            return Arc::clone(pool);
        }
        let pool = Arc::new(Semaphore::new(self.per_host));
        hosts.insert(host.to_owned(), Arc::clone(&pool));
        pool
    }
}

#[async_trait]
impl Gate for Permits {
    /// First come, first served.
    async fn enter(&self, entrant: &Entrant<'_>) -> Result<Box<dyn Pass>, Closed> {
        match self.pool(entrant.host).acquire_owned().await {
            Ok(permit) => Ok(Box::new(permit)),
            // No pool is ever closed.
            Err(_) => Err(Closed { opens_in: Duration::ZERO }),
        }
    }
}

impl Pass for OwnedSemaphorePermit {
    fn end(self: Box<Self>, _: &End<'_>) -> Option<Duration> {
        None
    }
}
