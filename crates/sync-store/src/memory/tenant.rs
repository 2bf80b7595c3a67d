//! What the memory store holds of one tenant.

use std::collections::BTreeMap;
use std::ops::Bound;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;
use voice_model::{CallId, OrganizationId};

use crate::memory::callbacks::Callbacks;
use crate::memory::calls::Kept;
use crate::memory::inbox::Inbox;
use crate::{
    DirectoryChanges, DirectoryLoad, DirectoryPage, DirectoryRow, JobName, Opaque, Purged,
    ScheduledRun,
};

/// All of one tenant.
#[derive(Default)]
pub(super) struct Tenant {
    pub(super) organization: Option<OrganizationId>,
    pub(super) cursors: BTreeMap<JobName, DateTime<Utc>>,
    pub(super) calls: BTreeMap<CallId, Kept>,
    /// Lines of history so far: gives each line its place.
    pub(super) lines: u64,
    pub(super) tombstones: BTreeMap<[u8; 32], DateTime<Utc>>,
    pub(super) directory: BTreeMap<String, Table>,
    pub(super) runs: BTreeMap<(JobName, NaiveDate), ScheduledRun>,
    /// Holder and end of each lease.
    pub(super) leases: BTreeMap<JobName, (String, DateTime<Utc>)>,
    pub(super) inbox: Inbox,
    pub(super) callbacks: Callbacks,
}

impl Tenant {
    pub(super) fn purge(
        &mut self,
        oldest: DateTime<Utc>,
        oldest_tombstone: DateTime<Utc>,
        purged: &mut Purged,
    ) {
        self.calls.retain(|_, kept| {
            let stays = kept.state.seen_at >= oldest;
            if !stays {
                purged.calls += 1;
                purged.decisions += kept.history.len() as u64;
            }
            stays
        });
        let tombstones = self.tombstones.len();
        self.tombstones.retain(|_, logged_at| *logged_at >= oldest_tombstone);
        purged.tombstones += (tombstones - self.tombstones.len()) as u64;
        let runs = self.runs.len();
        self.runs.retain(|(_, date), _| *date >= oldest.date_naive());
        purged.runs += (runs - self.runs.len()) as u64;
        purged.events += self.inbox.purge(oldest);
        purged.callbacks += self.callbacks.purge(oldest_tombstone);
    }
}

/// The snapshot of one table.
#[derive(Default)]
pub(super) struct Table {
    pub(super) load: DirectoryLoad,
    rows: BTreeMap<Uuid, Opaque>,
}

impl Table {
    /// Forgets everything and begins a new load; its number.
    pub(super) fn clear(&mut self) -> i64 {
        self.rows.clear();
        self.load = DirectoryLoad { number: self.load.number + 1, token: None };
        self.load.number
    }

    pub(super) fn apply(&mut self, changes: &DirectoryChanges) {
        let upserts = changes.upserts.iter().map(|row| (row.key, row.value.clone()));
        self.rows.extend(upserts);
        for key in &changes.deletions {
            self.rows.remove(key);
        }
        if let Some(token) = &changes.token {
            self.load.token = Some(token.clone());
        }
    }

    pub(super) fn page(&self, after: Option<Uuid>, limit: usize) -> DirectoryPage {
        let limit = limit.max(1);
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let behind = self.rows.range((start, Bound::Unbounded)).take(limit);
        let rows: Vec<_> =
            behind.map(|(key, value)| DirectoryRow { key: *key, value: value.clone() }).collect();
        DirectoryPage::of(rows, limit)
    }
}
