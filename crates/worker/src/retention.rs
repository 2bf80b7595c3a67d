//! Has the store forget what is too old, now and then.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use sync_store::{Purged, Result, Store};

const PAUSE: TimeDelta = TimeDelta::days(1);
const PAUSE_AFTER_FAILURE: TimeDelta = TimeDelta::hours(1);

/// Purges a store at most once a day in this process. Share one among all tenants: a purge is of all.
#[derive(Debug)]
pub struct Retention {
    keep: TimeDelta,
    last: Mutex<Option<Tried>>,
}

#[derive(Debug, Clone, Copy)]
struct Tried {
    at: DateTime<Utc>,
    pause: TimeDelta,
}

impl Retention {
    /// Decisions are kept for `keep` after their call was last seen; tombstones have a time of their
    /// own, [`TOMBSTONE_LIFETIME`](sync_store::TOMBSTONE_LIFETIME).
    pub fn new(keep: TimeDelta) -> Self {
        Self { keep, last: Mutex::default() }
    }

    /// Purges, unless that was done less than a day ago, or tried less than an hour ago. A clock that
    /// jumped back by more than that counts as time passed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn purge(&self, store: &dyn Store, now: DateTime<Utc>) -> Result<Option<Purged>> {
        // Noted before the store is asked, so that of several tenants at once one purges.
        if !self.begin(now) {
            return Ok(None);
        }
        let purged = store.purge(now, self.keep).await?;
        *self.last() = Some(Tried { at: now, pause: PAUSE });
        tracing::debug!(?purged, "what was too old is deleted");
        Ok(Some(purged))
    }

    fn begin(&self, now: DateTime<Utc>) -> bool {
        let mut last = self.last();
        let due = last.is_none_or(|last| (now - last.at).abs() >= last.pause);
        if due {
            *last = Some(Tried { at: now, pause: PAUSE_AFTER_FAILURE });
        }
        due
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Option<Tried>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
