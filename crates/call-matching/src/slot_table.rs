//! Where a key may be held: slots by key, in nine bytes an entry.
//!
//! Holds 32 bits of each key's hash instead of the key, which stands in the slot anyway. So a slot
//! that is found may hold another key of the same hash: the caller checks each.

use std::hash::{BuildHasher, Hash, RandomState};

use hashbrown::HashTable;

/// Slots by key. A key may have many slots and a slot many keys.
#[derive(Clone, Default)]
pub(crate) struct SlotTable {
    listed: HashTable<Listed>,
    hasher: RandomState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Listed {
    key_hash: u32,
    slot: u32,
}

impl SlotTable {
    /// Number of entries.
    pub(crate) fn len(&self) -> usize {
        self.listed.len()
    }

    /// The slots that may hold a key: all that do, hardly ever others.
    pub(crate) fn slots<K: Hash + ?Sized>(&self, key: &K) -> impl Iterator<Item = u32> {
        let key_hash = self.hash(key);
        let listed = self.listed.iter_hash(spread(key_hash));
        listed.filter(move |listed| listed.key_hash == key_hash).map(|listed| listed.slot)
    }

    /// Lists a slot under a key.
    pub(crate) fn add<K: Hash + ?Sized>(&mut self, key: &K, slot: u32) {
        let key_hash = self.hash(key);
        let listed = Listed { key_hash, slot };
        self.listed.insert_unique(spread(key_hash), listed, |other| spread(other.key_hash));
    }

    /// Takes a slot out from under a key.
    pub(crate) fn remove<K: Hash + ?Sized>(&mut self, key: &K, slot: u32) {
        let key_hash = self.hash(key);
        let listed = Listed { key_hash, slot };
        if let Ok(entry) = self.listed.find_entry(spread(key_hash), |other| *other == listed) {
            entry.remove();
        }
    }

    fn hash<K: Hash + ?Sized>(&self, key: &K) -> u32 {
        self.hasher.hash_one(key) as u32
    }
}

/// The table looks at the upper bits, too.
fn spread(key_hash: u32) -> u64 {
    u64::from(key_hash) << 32 | u64::from(key_hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(table: &SlotTable, key: &str) -> Vec<u32> {
        let mut slots: Vec<u32> = table.slots(key).collect();
        slots.sort_unstable();
        slots
    }

    #[test]
    fn a_key_has_the_slots_that_were_added_and_not_removed() {
        let mut table = SlotTable::default();
        for slot in 0..1000 {
            table.add("shared", slot);
            table.add(slot.to_string().as_str(), slot);
        }
        for slot in (0..1000).filter(|slot| slot % 10 != 0) {
            table.remove("shared", slot);
        }
        table.remove("shared", 5000);
        assert_eq!(slots(&table, "shared"), (0..100).map(|tenth| tenth * 10).collect::<Vec<_>>());
        assert!(slots(&table, "7").contains(&7));
        assert_eq!(table.len(), 1100);
    }

    #[test]
    fn an_entry_takes_eight_bytes_and_one_of_the_table() {
        assert_eq!(size_of::<Listed>(), 8);
    }
}
