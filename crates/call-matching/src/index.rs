//! The number index: all customers of a tenant by their phone numbers, in memory.
//!
//! Pure: fed from outside, asked by number. The answer depends on the customers held and on nothing
//! else, in particular not on the order in which they came.

use std::collections::{BTreeSet, HashMap, HashSet};

use voice_model::E164;

use crate::choice::ranked;
use crate::digits::{Digits, E164Key, contains};
use crate::postings::{Postings, grams};
use crate::reader::{CallerNumber, NumberReader};
use crate::typed::TypedPart;
use crate::{Candidate, Customer, CustomerRef, MatchKind, MatchRules};

/// Finds the customers that a number may belong to.
#[derive(Clone)]
pub struct NumberIndex {
    reader: NumberReader,
    slots: Vec<Option<Slot>>,
    free_slots: Vec<u32>,
    by_reference: HashMap<CustomerRef, u32>,
    entries: Vec<Option<Entry>>,
    free_entries: Vec<u32>,
    exact: BTreeSet<(E164Key, u32)>,
    postings: Postings,
    own: HashSet<E164Key>,
}

/// A customer and its entries.
#[derive(Clone)]
struct Slot {
    customer: Customer,
    entries: Box<[u32]>,
}

/// One number of one customer.
#[derive(Clone)]
struct Entry {
    slot: u32,
    column: u32,
    typed: Digits,
    readings: [Option<E164Key>; 2],
    /// See [`TypedPart::certain`].
    certain: bool,
    /// Shares its column with another number: never exact.
    several: bool,
}

impl NumberIndex {
    /// An empty index that reads typed numbers with this reader.
    pub fn new(reader: NumberReader) -> Self {
        Self {
            reader,
            slots: Vec::new(),
            free_slots: Vec::new(),
            by_reference: HashMap::new(),
            entries: Vec::new(),
            free_entries: Vec::new(),
            exact: BTreeSet::new(),
            postings: Postings::default(),
            own: HashSet::new(),
        }
    }

    /// The reader that typed numbers are read with.
    pub fn reader(&self) -> &NumberReader {
        &self.reader
    }

    /// Number of customers held.
    pub fn len(&self) -> usize {
        self.by_reference.len()
    }

    /// Whether no customer is held.
    pub fn is_empty(&self) -> bool {
        self.by_reference.is_empty()
    }

    /// Adds a customer, or replaces the one with the same table and key.
    pub fn put(&mut self, customer: Customer) {
        self.remove(customer.reference);
        let slot = self.free_slots.pop().unwrap_or_else(|| {
            self.slots.push(None);
            last_index(self.slots.len())
        });
        let entries = self.entries_of(&customer, slot);
        let entries = entries.into_iter().map(|entry| self.add_entry(entry)).collect();
        self.by_reference.insert(customer.reference, slot);
        self.slots[slot as usize] = Some(Slot { customer, entries });
    }

    /// Takes a customer out; returns it if it was held.
    pub fn remove(&mut self, reference: CustomerRef) -> Option<Customer> {
        let slot = self.by_reference.remove(&reference)?;
        let Slot { customer, entries } = self.slots[slot as usize].take()?;
        for entry in entries {
            self.remove_entry(entry);
        }
        self.free_slots.push(slot);
        Some(customer)
    }

    /// The customer with this table and key.
    pub fn get(&self, reference: CustomerRef) -> Option<&Customer> {
        let slot = *self.by_reference.get(&reference)?;
        self.slots[slot as usize].as_ref().map(|slot| &slot.customer)
    }

    /// All customers, in no particular order: what a snapshot stores.
    pub fn customers(&self) -> impl Iterator<Item = &Customer> {
        self.slots.iter().flatten().map(|slot| &slot.customer)
    }

    /// Sets the numbers of the tenant's own Enreach users and queues, in place of those set before.
    /// They are nobody's: a customer's entry that equals one never matches.
    pub fn set_own_numbers(&mut self, numbers: impl IntoIterator<Item = E164>) {
        self.own = numbers.into_iter().map(|number| E164Key::of(&number)).collect();
    }

    /// Whether a number belongs to the tenant itself.
    pub fn is_own(&self, number: &CallerNumber) -> bool {
        matches!(number, CallerNumber::International(number) if self.own.contains(&E164Key::of(number)))
    }

    /// The customers that a number may belong to, first rank first, each once (design §3, Match).
    pub fn find(&self, number: &CallerNumber, rules: &MatchRules) -> Vec<Candidate> {
        if self.is_own(number) {
            return Vec::new();
        }
        let (key, needle) = match number {
            CallerNumber::Withheld => return Vec::new(),
            CallerNumber::International(number) => {
                (Some(E164Key::of(number)), digits_after_cut(number, rules.numbers_to_cut))
            }
            // Not in E.164 form, so there is nothing that the cut is defined for.
            CallerNumber::Other(digits) => (None, digits.as_str()),
        };
        let mut found: Vec<(MatchKind, &Entry)> = Vec::new();
        if let Some(key) = key {
            found.extend(self.exact(key).map(|entry| (MatchKind::Exact, entry)));
        }
        let settled = rules.prefer_exact_match && !found.is_empty();
        if !settled && needle.len() >= rules.minimum_match_digits.max(1) {
            let contained = self.containing(needle.as_bytes(), key);
            found.extend(contained.map(|entry| (MatchKind::Contained, entry)));
        }
        ranked(self.candidates(found), rules)
    }

    fn exact(&self, key: E164Key) -> impl Iterator<Item = &Entry> {
        self.exact
            .range((key, 0)..=(key, u32::MAX))
            .filter_map(|(_, entry)| self.entries[*entry as usize].as_ref())
            .filter(|entry| !self.equals_own(entry))
    }

    fn containing<'a>(
        &'a self,
        needle: &'a [u8],
        sought: Option<E164Key>,
    ) -> impl Iterator<Item = &'a Entry> {
        let possible = self.postings.possible(needle);
        let listed =
            possible.unwrap_or_default().iter().map(|entry| &self.entries[*entry as usize]);
        let all = if possible.is_none() { self.entries.as_slice() } else { &[] };
        listed.chain(all).flatten().filter(move |entry| {
            let other = entry.certain && entry.readings[0] != sought;
            !other && entry.contains(needle) && !self.equals_own(entry)
        })
    }

    fn equals_own(&self, entry: &Entry) -> bool {
        entry.readings.iter().flatten().any(|reading| self.own.contains(reading))
    }

    /// One candidate for each customer: the best kind, of that the first column.
    fn candidates(&self, found: Vec<(MatchKind, &Entry)>) -> Vec<Candidate> {
        let mut best: HashMap<u32, (MatchKind, u32)> = HashMap::new();
        for (kind, entry) in found {
            let rank = (kind, entry.column);
            best.entry(entry.slot).and_modify(|held| *held = rank.min(*held)).or_insert(rank);
        }
        best.into_iter()
            .filter_map(|(slot, (kind, column))| {
                let customer = &self.slots[slot as usize].as_ref()?.customer;
                Some(Candidate {
                    customer: customer.reference,
                    name: customer.name.clone(),
                    created_on: customer.created_on,
                    parent_account: customer.parent_account,
                    kind,
                    number: customer.numbers.get(column as usize)?.clone(),
                })
            })
            .collect()
    }

    fn entries_of(&self, customer: &Customer, slot: u32) -> Vec<Entry> {
        let mut entries = Vec::new();
        for (column, number) in (0..).zip(&customer.numbers) {
            let typed = self.reader.typed(number);
            let several = typed.is_several();
            let parts = typed.parts().iter();
            entries.extend(parts.map(|part| Entry::new(part, slot, column, several)));
        }
        entries
    }

    fn add_entry(&mut self, entry: Entry) -> u32 {
        let index = self.free_entries.pop().unwrap_or_else(|| {
            self.entries.push(None);
            last_index(self.entries.len())
        });
        self.postings.add(&entry.grams(), index);
        for key in entry.exact_keys() {
            self.exact.insert((key, index));
        }
        self.entries[index as usize] = Some(entry);
        index
    }

    fn remove_entry(&mut self, index: u32) {
        let Some(entry) = self.entries[index as usize].take() else { return };
        self.postings.remove(&entry.grams(), index);
        for key in entry.exact_keys() {
            self.exact.remove(&(key, index));
        }
        self.free_entries.push(index);
    }
}

/// Shows how much is held, not what.
impl std::fmt::Debug for NumberIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NumberIndex")
            .field("region", &self.reader.region())
            .field("customers", &self.len())
            .field("own_numbers", &self.own.len())
            .finish_non_exhaustive()
    }
}

impl Entry {
    fn new(part: &TypedPart, slot: u32, column: u32, several: bool) -> Self {
        let reading = |index: usize| part.readings.get(index).map(E164Key::of);
        Self {
            slot,
            column,
            typed: Digits::pack(&part.digits),
            readings: [reading(0), reading(1)],
            certain: part.certain,
            several,
        }
    }

    fn exact_keys(&self) -> impl Iterator<Item = E164Key> {
        self.readings.into_iter().flatten().filter(|_| !self.several)
    }

    fn contains(&self, needle: &[u8]) -> bool {
        self.typed.with(|digits| contains(digits, needle))
            || self.readings.iter().flatten().any(|key| key.with(|digits| contains(digits, needle)))
    }

    fn grams(&self) -> Vec<u32> {
        let mut all: Vec<u32> = self.typed.with(|digits| grams(digits).collect());
        for key in self.readings.iter().flatten() {
            key.with(|digits| all.extend(grams(digits)));
        }
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// The digits of the E.164 form without its first `cut` characters, of which the plus sign is one.
fn digits_after_cut(number: &E164, cut: usize) -> &str {
    // After one character or more the plus sign is gone; without a cut it still is no digit.
    number.as_str().get(cut.max(1)..).unwrap_or_default()
}

/// The index of the last element. Four thousand million numbers do not fit into memory.
fn last_index(length: usize) -> u32 {
    u32::try_from(length - 1).unwrap_or(u32::MAX)
}
