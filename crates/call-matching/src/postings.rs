//! Which slots hold which five digits in a row: makes containment a look-up instead of a scan.
//!
//! A text that contains a needle contains every five digits in a row of it. So the slots listed
//! under the needle's rarest five are the only ones that can contain it; the caller checks each.

use std::collections::HashMap;

/// Digits in a row that are looked up. Five give at most 100,000 lists, short ones for the varied
/// ends of numbers, and serve needles down to five digits.
const GRAM_DIGITS: usize = 5;

/// Most slots in a list. What more numbers than that have in common, such as a country code and the
/// digits behind it, tells nothing: listing it would cost most of the memory and make every change
/// slow.
const MOST_LISTED: usize = if cfg!(test) { 8 } else { 1 << 14 };

/// For every five digits in a row the slots that hold them.
#[derive(Clone, Default)]
pub(crate) struct Postings {
    lists: HashMap<u32, List>,
}

#[derive(Clone)]
enum List {
    /// All slots, ascending.
    All(Vec<u32>),
    /// There have been too many to list.
    TooMany,
}

impl Postings {
    /// Lists a slot under a gram. It must not be listed there yet.
    pub(crate) fn add(&mut self, gram: u32, slot: u32) {
        let list = self.lists.entry(gram).or_insert(List::All(Vec::new()));
        let List::All(slots) = list else { return };
        if slots.len() == MOST_LISTED {
            *list = List::TooMany;
        } else if slots.last().is_none_or(|last| *last < slot) {
            slots.push(slot);
        } else if let Err(position) = slots.binary_search(&slot) {
            slots.insert(position, slot);
        }
    }

    /// Takes a slot out from under a gram.
    pub(crate) fn remove(&mut self, gram: u32, slot: u32) {
        let Some(List::All(slots)) = self.lists.get_mut(&gram) else { return };
        if let Ok(position) = slots.binary_search(&slot) {
            slots.remove(position);
        }
        if slots.is_empty() {
            self.lists.remove(&gram);
        }
    }

    /// The slots that may contain the needle; `None` when it is too short or too common to tell.
    pub(crate) fn possible(&self, needle: &[u8]) -> Option<&[u32]> {
        let listed = grams(needle).filter_map(|gram| match self.lists.get(&gram) {
            Some(List::All(slots)) => Some(slots.as_slice()),
            Some(List::TooMany) => None,
            None => Some(&[]),
        });
        listed.min_by_key(|slots| slots.len())
    }
}

/// The grams of ASCII digits, in order, repetitions included.
pub(crate) fn grams(digits: &[u8]) -> impl Iterator<Item = u32> {
    digits
        .windows(GRAM_DIGITS)
        .map(|gram| gram.iter().fold(0, |value: u32, byte| value * 10 + u32::from(byte & 0x0f)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(postings: &mut Postings, digits: &str, slot: u32) {
        grams(digits.as_bytes()).for_each(|gram| postings.add(gram, slot));
    }

    fn remove(postings: &mut Postings, digits: &str, slot: u32) {
        grams(digits.as_bytes()).for_each(|gram| postings.remove(gram, slot));
    }

    #[test]
    fn nothing_stays_behind_a_removed_slot() {
        let mut postings = Postings::default();
        [7, 3, 5].into_iter().for_each(|slot| add(&mut postings, "0501234567", slot));
        assert_eq!(postings.possible(b"123456"), Some([3, 5, 7].as_slice()));
        remove(&mut postings, "0501234567", 7);
        assert_eq!(postings.possible(b"123456"), Some([3, 5].as_slice()));
        [3, 5].into_iter().for_each(|slot| remove(&mut postings, "0501234567", slot));
        assert!(postings.lists.is_empty());
    }

    #[test]
    fn a_needle_too_short_to_look_up_is_told_from_one_that_nobody_has() {
        let postings = Postings::default();
        assert_eq!(postings.possible(b"1234"), None);
        assert_eq!(postings.possible(b"12345"), Some([].as_slice()));
    }

    #[test]
    fn digits_that_too_many_have_are_not_listed() {
        let mut postings = Postings::default();
        let many = u32::try_from(MOST_LISTED).unwrap();
        (0..=many).for_each(|slot| add(&mut postings, "12345", slot));
        assert_eq!(postings.possible(b"12345"), None);
        remove(&mut postings, "12345", 0);
        assert_eq!(postings.possible(b"12345"), None, "those that were not listed are not found");
        add(&mut postings, "123456", many + 1);
        assert_eq!(postings.possible(b"123456"), Some([many + 1].as_slice()), "by 23456");
    }
}
