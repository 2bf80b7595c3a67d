//! Which entries hold which five digits in a row: makes containment a lookup instead of a scan.
//!
//! A text that contains a needle contains every five digits in a row of it. So the entries listed
//! under the needle's rarest five are the only ones that can contain it; the caller checks each.

use std::collections::HashMap;

/// Digits in a row that are looked up. Five give at most 100,000 lists, short ones for the varied
/// ends of numbers, and serve needles down to five digits.
const GRAM_DIGITS: usize = 5;

/// For every five digits in a row the entries that hold them, ascending.
#[derive(Debug, Clone, Default)]
pub(crate) struct Postings {
    lists: HashMap<u32, Vec<u32>>,
}

impl Postings {
    /// Adds an entry under its grams.
    pub(crate) fn add(&mut self, grams: &[u32], entry: u32) {
        for gram in grams {
            let list = self.lists.entry(*gram).or_default();
            if let Err(position) = list.binary_search(&entry) {
                list.insert(position, entry);
            }
        }
    }

    /// Takes an entry out from under its grams.
    pub(crate) fn remove(&mut self, grams: &[u32], entry: u32) {
        for gram in grams {
            let Some(list) = self.lists.get_mut(gram) else { continue };
            if let Ok(position) = list.binary_search(&entry) {
                list.remove(position);
            }
            if list.is_empty() {
                self.lists.remove(gram);
            }
        }
    }

    /// The entries that may contain the needle; `None` when it is too short to tell.
    pub(crate) fn possible(&self, needle: &[u8]) -> Option<&[u32]> {
        grams(needle)
            .map(|gram| self.lists.get(&gram).map(Vec::as_slice).unwrap_or_default())
            .min_by_key(|list| list.len())
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

    #[test]
    fn nothing_stays_behind_a_removed_entry() {
        let grams: Vec<u32> = grams(b"0501234567").collect();
        let mut postings = Postings::default();
        postings.add(&grams, 7);
        postings.add(&grams, 3);
        assert_eq!(postings.possible(b"123456"), Some([3, 7].as_slice()));
        postings.remove(&grams, 7);
        assert_eq!(postings.possible(b"123456"), Some([3].as_slice()));
        postings.remove(&grams, 3);
        assert!(postings.lists.is_empty());
    }

    #[test]
    fn a_needle_too_short_to_look_up_is_told_from_one_that_nobody_has() {
        let postings = Postings::default();
        assert_eq!(postings.possible(b"1234"), None);
        assert_eq!(postings.possible(b"12345"), Some([].as_slice()));
    }
}
