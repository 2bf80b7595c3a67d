//! Deletions in order: what change tracking tells of rows that are gone (reference, section 5).

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeBounds;

use uuid::Uuid;

/// The deletions from one table, each row's last one only.
#[derive(Debug, Default)]
pub(super) struct Tombstones {
    by_version: BTreeMap<u64, Uuid>,
    versions: HashMap<Uuid, u64>,
}

/// One deletion, with what is needed to take it back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grave {
    id: Uuid,
    version: u64,
    /// Version of the row's deletion before, if it was deleted before.
    earlier: Option<u64>,
}

impl Tombstones {
    /// Notes that a row was deleted.
    pub(super) fn bury(&mut self, id: Uuid, version: u64) -> Grave {
        let earlier = self.versions.insert(id, version);
        if let Some(earlier) = earlier {
            self.by_version.remove(&earlier);
        }
        self.by_version.insert(version, id);
        Grave { id, version, earlier }
    }

    /// Takes the latest deletion of a row back.
    pub(super) fn undo(&mut self, grave: &Grave) {
        self.by_version.remove(&grave.version);
        match grave.earlier {
            Some(earlier) => {
                self.versions.insert(grave.id, earlier);
                self.by_version.insert(earlier, grave.id);
            }
            None => {
                self.versions.remove(&grave.id);
            }
        }
    }

    /// Deletions within a range of versions.
    pub(super) fn range(
        &self,
        versions: impl RangeBounds<u64>,
    ) -> impl Iterator<Item = (u64, Uuid)> {
        self.by_version.range(versions).map(|(version, id)| (*version, *id))
    }
}
