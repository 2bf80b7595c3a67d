//! The number index: all customers of a tenant by their phone numbers, in memory.
//!
//! Pure: fed from outside, asked by number. The answer depends on the customers held and on nothing
//! else, in particular not on the order in which they came.
//!
//! Each customer has a slot. Two tables lead to slots, by exact number and by digits in a row. They
//! name every slot that can match and some that do not: what matches is judged by the record alone.

use std::collections::HashSet;

use voice_model::E164;

use crate::choice::ranked;
use crate::postings::{Postings, grams};
use crate::reader::{CallerNumber, NumberReader};
use crate::record::{Part, Record, Sought};
use crate::slot_table::SlotTable;
use crate::{Candidate, Customer, CustomerRef, MatchRules, Tried};

/// Finds the customers that a number may belong to.
#[derive(Clone)]
pub struct NumberIndex {
    reader: NumberReader,
    records: Vec<Option<Record>>,
    free_slots: Vec<u32>,
    by_reference: SlotTable,
    by_number: SlotTable,
    by_digits: Postings,
    /// Digits of the tenant's own numbers.
    own: HashSet<Box<[u8]>>,
}

impl NumberIndex {
    /// An empty index that reads typed numbers with this reader.
    pub fn new(reader: NumberReader) -> Self {
        Self {
            reader,
            records: Vec::new(),
            free_slots: Vec::new(),
            by_reference: SlotTable::default(),
            by_number: SlotTable::default(),
            by_digits: Postings::default(),
            own: HashSet::new(),
        }
    }

    /// The reader that typed numbers are read with.
    pub fn reader(&self) -> &NumberReader {
        &self.reader
    }

    /// Reads all numbers anew with another reader; nothing happens if it is the same.
    pub fn set_reader(&mut self, reader: NumberReader) {
        if self.reader == reader {
            return;
        }
        self.reader = reader;
        for slot in 0..self.records.len() {
            if let Some(customer) = self.records[slot].as_ref().map(Record::customer) {
                self.put(customer);
            }
        }
    }

    /// Number of customers held.
    pub fn len(&self) -> usize {
        self.by_reference.len()
    }

    /// Whether no customer is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a customer, or replaces the one with the same table and key.
    pub fn put(&mut self, customer: Customer) {
        let record = Record::new(&customer, |text| self.reader.typed(text));
        let slot = self.slot(customer.reference).unwrap_or_else(|| {
            let slot = self.free_slots.pop().unwrap_or_else(|| self.new_slot());
            self.by_reference.add(&customer.reference, slot);
            slot
        });
        self.set_record(slot, Some(record));
    }

    /// Takes a customer out; returns it if it was held.
    pub fn remove(&mut self, reference: CustomerRef) -> Option<Customer> {
        let slot = self.slot(reference)?;
        let record = self.set_record(slot, None)?;
        self.by_reference.remove(&reference, slot);
        self.free_slots.push(slot);
        Some(record.customer())
    }

    /// The customer with this table and key.
    pub fn get(&self, reference: CustomerRef) -> Option<Customer> {
        self.record(self.slot(reference)?).map(Record::customer)
    }

    /// All customers, in no particular order: what a snapshot stores.
    pub fn customers(&self) -> impl Iterator<Item = Customer> {
        self.records.iter().flatten().map(Record::customer)
    }

    /// Sets the numbers of the tenant's own Enreach users and queues, in place of those set before.
    /// They are nobody's: a customer's entry that equals one never matches.
    pub fn set_own_numbers(&mut self, numbers: impl IntoIterator<Item = E164>) {
        self.own = numbers.into_iter().map(|number| number.digits().as_bytes().into()).collect();
    }

    /// Whether a number belongs to the tenant itself.
    pub fn is_own(&self, number: &CallerNumber) -> bool {
        matches!(number, CallerNumber::International(number) if self.own.contains(number.digits().as_bytes()))
    }

    /// The customers that a number may belong to, first rank first, each once (design §3, Match).
    pub fn find(&self, number: &CallerNumber, rules: &MatchRules) -> Vec<Candidate> {
        if self.is_own(number) {
            return Vec::new();
        }
        let tried = Tried::of(number, rules);
        let exact = tried.exact().map(|number| number.digits().as_bytes());
        let equal = || exact.into_iter().flat_map(|digits| self.by_number.slots(digits));
        let mut found = self.candidates(equal(), Sought { exact, contained: None });
        let settled = rules.prefer_exact_match && !found.is_empty();
        if !settled && let Some(digits) = tried.contained() {
            // A certain number is not listed by its digits: it is found by what it equals or not at
            // all.
            let mut slots: Vec<u32> = equal().chain(self.possible(digits)).collect();
            slots.sort_unstable();
            slots.dedup();
            let contained = Some(digits.as_bytes());
            found = self.candidates(slots.into_iter(), Sought { exact, contained });
        }
        ranked(found, rules)
    }

    /// The slots that may contain the digits, but for numbers that are certain.
    fn possible(&self, digits: &str) -> impl Iterator<Item = u32> {
        let listed = self.by_digits.possible(digits.as_bytes());
        let all = listed.is_none().then(|| (0..).zip(&self.records).map(|(slot, _)| slot));
        listed.unwrap_or_default().iter().copied().chain(all.into_iter().flatten())
    }

    /// One candidate for each slot that matches: the best kind, of that the first column.
    fn candidates(&self, slots: impl Iterator<Item = u32>, sought: Sought<'_>) -> Vec<Candidate> {
        let candidate = |slot| {
            let record = self.record(slot)?;
            let parts = record.parts().filter(|part| !self.is_own_part(part));
            let kinds = parts.filter_map(|part| Some((part.matches(sought)?, part.column)));
            let (kind, column) = kinds.min()?;
            Some(record.candidate(kind, column))
        };
        slots.filter_map(candidate).collect()
    }

    fn is_own_part(&self, part: &Part<'_>) -> bool {
        !self.own.is_empty() && part.readings.iter().any(|digits| self.own.contains(*digits))
    }

    fn slot(&self, reference: CustomerRef) -> Option<u32> {
        let held = |slot: &u32| self.record(*slot).is_some_and(|it| it.reference() == reference);
        self.by_reference.slots(&reference).find(held)
    }

    fn record(&self, slot: u32) -> Option<&Record> {
        self.records.get(slot as usize)?.as_ref()
    }

    /// Four thousand million customers do not fit into memory.
    fn new_slot(&mut self) -> u32 {
        self.records.push(None);
        u32::try_from(self.records.len() - 1).unwrap_or(u32::MAX)
    }

    /// Fills or empties a slot; returns what was in it. Only what differs is listed anew: mostly a
    /// customer changes and its numbers stay.
    fn set_record(&mut self, slot: u32, record: Option<Record>) -> Option<Record> {
        let held = self.records[slot as usize].take();
        let (before, after) = (Keys::of(held.as_ref()), Keys::of(record.as_ref()));
        for number in before.numbers.iter().filter(|number| !after.numbers.contains(number)) {
            self.by_number.remove(*number, slot);
        }
        for number in after.numbers.iter().filter(|number| !before.numbers.contains(number)) {
            self.by_number.add(*number, slot);
        }
        for gram in before.grams.iter().filter(|gram| !after.grams.contains(gram)) {
            self.by_digits.remove(*gram, slot);
        }
        for gram in after.grams.iter().filter(|gram| !before.grams.contains(gram)) {
            self.by_digits.add(*gram, slot);
        }
        self.records[slot as usize] = record;
        held
    }
}

/// What a record is listed under, each once.
#[derive(Default)]
struct Keys<'a> {
    numbers: Vec<&'a [u8]>,
    grams: Vec<u32>,
}

impl<'a> Keys<'a> {
    fn of(record: Option<&'a Record>) -> Self {
        let mut keys = Self::default();
        for part in record.into_iter().flat_map(Record::parts) {
            keys.numbers.extend(part.readings.iter().filter(|digits| !digits.is_empty()));
            if !part.certain {
                keys.grams.extend(part.digits().flat_map(grams));
            }
        }
        keys.numbers.sort_unstable();
        keys.numbers.dedup();
        keys.grams.sort_unstable();
        keys.grams.dedup();
        keys
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

#[cfg(test)]
mod tests;
