//! A customer as the index holds it: everything in one run of bytes, since there may be a million.
//!
//! Holds what people typed and what it was read as, so that a customer can be compared without
//! being read anew, and handed back as it was given. Digits are ASCII.
//!
//! Layout, lengths and counts in base 128, lowest first:
//! head (table, what is there) · key · count of columns · for each column: text, count of parts, for
//! each part: head (certain, count of readings), digits as typed unless certain, readings · [parent
//! account] · [seconds and nanoseconds of creation] · name. Numbers come first: most records that are
//! looked at do not match, and of those nothing else is read.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::typed::{TypedNumber, TypedPart};
use crate::{Candidate, Customer, CustomerRef, CustomerTable, MatchKind};

const TABLES: [CustomerTable; 3] =
    [CustomerTable::Contact, CustomerTable::Account, CustomerTable::Lead];
const TABLE: u8 = 0b0011;
const HAS_PARENT: u8 = 0b0100;
const HAS_CREATED: u8 = 0b1000;

const READINGS: u8 = 0b01_1111;
const CERTAIN: u8 = 0b10_0000;

/// A customer with its numbers, read.
#[derive(Clone)]
pub(crate) struct Record(Box<[u8]>);

/// One of the numbers of a customer.
pub(crate) struct Part<'a> {
    /// Which of its columns holds it.
    pub(crate) column: usize,
    /// See [`TypedPart::certain`].
    pub(crate) certain: bool,
    /// Shares its column with another number: never exact.
    several: bool,
    /// Digits as typed; none if it is certain, for then the reading says all.
    pub(crate) typed: &'a [u8],
    /// Digits of what it may be as E.164.
    pub(crate) readings: [&'a [u8]; 2],
}

/// What is sought: a number, digits, or both.
#[derive(Clone, Copy)]
pub(crate) struct Sought<'a> {
    /// Digits of the E.164 form that it is to equal.
    pub(crate) exact: Option<&'a [u8]>,
    /// Digits that it is to contain.
    pub(crate) contained: Option<&'a [u8]>,
}

impl Record {
    /// Packs a customer whose columns have been read.
    pub(crate) fn new(customer: &Customer, read: impl Fn(&str) -> TypedNumber) -> Self {
        let mut bytes = Writer(Vec::with_capacity(128));
        let Customer { reference, name, created_on, parent_account, numbers } = customer;
        let parent = if parent_account.is_some() { HAS_PARENT } else { 0 };
        let created = if created_on.is_some() { HAS_CREATED } else { 0 };
        bytes.0.push(reference.table as u8 | parent | created);
        bytes.0.extend(reference.id.as_bytes());
        bytes.number(numbers.len() as u64);
        for number in numbers {
            bytes.text(number);
            let typed = read(number);
            bytes.number(typed.parts().len() as u64);
            typed.parts().iter().for_each(|part| bytes.part(part));
        }
        if let Some(parent) = parent_account {
            bytes.0.extend(parent.as_bytes());
        }
        if let Some(created) = created_on {
            bytes.number(created.timestamp().cast_unsigned());
            bytes.number(created.timestamp_subsec_nanos().into());
        }
        bytes.text(name);
        Self(bytes.0.as_slice().into())
    }

    /// Table and key.
    pub(crate) fn reference(&self) -> CustomerRef {
        Reader(&self.0).reference().1
    }

    /// The customer, as it was given.
    pub(crate) fn customer(&self) -> Customer {
        let mut bytes = Reader(&self.0);
        let (head, reference) = bytes.reference();
        let numbers = (0..bytes.number()).map(|_| bytes.column().to_owned()).collect();
        let Rest { parent_account, created_on, name } = bytes.rest(head);
        Customer { reference, name: name.to_owned(), created_on, parent_account, numbers }
    }

    /// The customer as one whose column matches.
    pub(crate) fn candidate(&self, kind: MatchKind, column: usize) -> Candidate {
        let mut bytes = Reader(&self.0);
        let (head, customer) = bytes.reference();
        let mut number = "";
        for at in 0..bytes.number() {
            let text = bytes.column();
            if at == column as u64 {
                number = text;
            }
        }
        let Rest { parent_account, created_on, name } = bytes.rest(head);
        let (name, number) = (name.to_owned(), number.to_owned());
        Candidate { customer, name, created_on, parent_account, kind, number }
    }

    /// Its numbers, column by column.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let mut bytes = Reader(&self.0);
        bytes.reference();
        let mut columns_left = bytes.number();
        let (mut column, mut parts, mut parts_left) = (0, 0, 0);
        std::iter::from_fn(move || {
            while parts_left == 0 {
                columns_left = columns_left.checked_sub(1)?;
                column += 1;
                bytes.bytes();
                parts = bytes.number();
                parts_left = parts;
            }
            parts_left -= 1;
            Some(bytes.part(column - 1, parts > 1))
        })
    }
}

impl Part<'_> {
    /// How it matches, if it does (design §3, Match).
    pub(crate) fn matches(&self, sought: Sought<'_>) -> Option<MatchKind> {
        let equal = sought.exact.is_some_and(|exact| self.readings.contains(&exact));
        if equal && !self.several {
            return Some(MatchKind::Exact);
        }
        let needle = sought.contained?;
        let contained = if self.certain {
            // It is this one number and no other, whatever digits they share.
            equal && contains(self.readings[0], needle)
        } else {
            self.digits().any(|digits| contains(digits, needle))
        };
        contained.then_some(MatchKind::Contained)
    }

    /// The digits that are there: as typed, and of what it may be.
    pub(crate) fn digits(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(self.typed).chain(self.readings).filter(|digits| !digits.is_empty())
    }
}

fn contains(digits: &[u8], needle: &[u8]) -> bool {
    digits.windows(needle.len()).any(|window| window == needle)
}

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend(text.as_bytes());
    }

    fn part(&mut self, part: &TypedPart) {
        let certain = if part.certain { CERTAIN } else { 0 };
        self.0.push(part.readings.len() as u8 | certain);
        if !part.certain {
            self.text(&part.digits);
        }
        for reading in &part.readings {
            self.text(reading.digits());
        }
    }
}

/// What stands behind the columns.
struct Rest<'a> {
    parent_account: Option<Uuid>,
    created_on: Option<DateTime<Utc>>,
    name: &'a str,
}

/// Reads what a [`Writer`] wrote. Past the end everything is zero or empty.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *byte
    }

    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn number(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return number;
            }
        }
    }

    fn bytes(&mut self) -> &'a [u8] {
        let length = self.number();
        self.take(length as usize)
    }

    fn text(&mut self) -> &'a str {
        std::str::from_utf8(self.bytes()).unwrap_or_default()
    }

    fn key(&mut self) -> Uuid {
        Uuid::from_slice(self.take(16)).unwrap_or_default()
    }

    fn reference(&mut self) -> (u8, CustomerRef) {
        let head = self.byte();
        let table = TABLES.get(usize::from(head & TABLE)).copied();
        (head, CustomerRef { table: table.unwrap_or(CustomerTable::Lead), id: self.key() })
    }

    fn rest(&mut self, head: u8) -> Rest<'a> {
        let parent_account = (head & HAS_PARENT != 0).then(|| self.key());
        let created_on = (head & HAS_CREATED != 0).then(|| (self.number(), self.number()));
        let created_on = created_on.and_then(|(seconds, nanoseconds)| {
            DateTime::from_timestamp(seconds.cast_signed(), nanoseconds as u32)
        });
        Rest { parent_account, created_on, name: self.text() }
    }

    /// The text of a column; its parts are passed over.
    fn column(&mut self) -> &'a str {
        let text = self.text();
        for _ in 0..self.number() {
            self.part(0, false);
        }
        text
    }

    fn part(&mut self, column: usize, several: bool) -> Part<'a> {
        let head = self.byte();
        let certain = head & CERTAIN != 0;
        let typed = if certain { &[] } else { self.bytes() };
        let readings = head & READINGS;
        let mut reading = |at| if at < readings { self.bytes() } else { &[] };
        Part { column, certain, several, typed, readings: [reading(0), reading(1)] }
    }
}

#[cfg(test)]
mod tests;
