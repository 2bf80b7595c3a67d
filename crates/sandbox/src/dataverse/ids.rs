//! Ids that the platform makes up: unique, and the same in every run.

use std::sync::atomic::{AtomicU64, Ordering};

use uuid::{Uuid, uuid};

/// A source of ids.
#[derive(Debug, Default)]
pub(super) struct IdSource(AtomicU64);

impl IdSource {
    /// The next id.
    pub(super) fn next(&self) -> Uuid {
        const NAMESPACE: Uuid = uuid!("5a9d6a53-31c5-4a07-9a26-6d3f7a1b0c11");
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        Uuid::new_v5(&NAMESPACE, &number.to_be_bytes())
    }
}
