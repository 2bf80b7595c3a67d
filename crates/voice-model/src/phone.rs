//! Phone numbers in their international form.
//!
//! This crate knows the *form* of E.164 only. Whether a number exists in some country's plan, and
//! how a number typed by a person is read, is `call-matching`'s business.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is not in E.164 form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an E.164 number: expected + and 5 to 15 digits, the first not 0")]
pub struct E164Error;

/// A phone number in E.164 form: `+` and 5 to 15 digits, the first not zero.
///
/// `Debug` shows a masked number, so that a number cannot reach a log by accident; `Display` shows
/// it whole.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct E164(String);

impl E164 {
    /// The number without its plus sign.
    pub fn digits(&self) -> &str {
        &self.0[1..]
    }

    /// The number with its plus sign.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for E164 {
    type Err = E164Error;

    fn from_str(text: &str) -> Result<Self, E164Error> {
        let digits = text.strip_prefix('+').ok_or(E164Error)?;
        let well_formed = (5..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        if well_formed { Ok(Self(text.to_owned())) } else { Err(E164Error) }
    }
}

impl TryFrom<String> for E164 {
    type Error = E164Error;
    fn try_from(text: String) -> Result<Self, E164Error> {
        text.parse()
    }
}

impl From<E164> for String {
    fn from(number: E164) -> Self {
        number.0
    }
}

impl fmt::Display for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mask_number(&self.0))
    }
}

/// A number as it may stand in a log: the first four and the last two characters, the rest starred.
/// A short number is starred whole.
pub fn mask_number(number: &str) -> String {
    let length = number.chars().count();
    if length < 8 {
        return "*".repeat(length);
    }
    number
        .chars()
        .enumerate()
        .map(|(index, character)| if index < 4 || index + 2 >= length { character } else { '*' })
        .collect()
}

/// A text with everything masked that could be a phone number: for messages of other systems that go
/// into a log. Ids, codes, dates and short numbers stay.
pub fn mask_numbers(text: &str) -> String {
    let is_edge =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | ':' | '=' | '<' | '>');
    let mut masked = String::with_capacity(text.len());
    for piece in text.split_inclusive(is_edge) {
        let word = piece.trim_end_matches(is_edge);
        let (word, end) = word.split_at(word.trim_end_matches(['.', ')', ']']).len());
        match could_be_number(word) {
            true => masked.push_str(&mask_number(word)),
            false => masked.push_str(word),
        }
        masked.push_str(end);
        masked.push_str(&piece[word.len() + end.len()..]);
    }
    masked
}

fn could_be_number(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let is_date = word.len() == 10 && word.as_bytes()[4] == b'-' && word.as_bytes()[7] == b'-';
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | '.' | '/');
    digits >= 7 && !is_date && word.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plus_and_digits_are_e164() {
        for good in ["+358501234567", "+12025550123", "+4712345"] {
            assert_eq!(good.parse::<E164>().unwrap().as_str(), good);
        }
        for bad in ["", "+", "358501234567", "+0358501", "+35850123456789012", "+358 50", "+35٣850"]
        {
            assert_eq!(bad.parse::<E164>(), Err(E164Error), "{bad}");
        }
    }

    #[test]
    fn debug_never_shows_a_whole_number() {
        let number: E164 = "+358501234567".parse().unwrap();
        assert_eq!(format!("{number:?}"), "+358*******67");
        assert_eq!(mask_number("112"), "***");
        assert_eq!(mask_number("åäö12345678"), "åäö1*****78");
    }

    #[test]
    fn numbers_in_a_message_are_masked_and_nothing_else() {
        for (text, masked) in [
            ("no match for +358501234567.", "no match for +358*******67."),
            ("phone='0501234567', code 0x80040237", "phone='0501****67', code 0x80040237"),
            ("(050-1234567)", "(050******67)"),
            ("HTTP 412: since 2026-11-28 1200000", "HTTP 412: since 2026-11-28 *******"),
            (
                "contact 46475ea5-4523-eb11-b821-0050569e6df2 at 20:24:31",
                "contact 46475ea5-4523-eb11-b821-0050569e6df2 at 20:24:31",
            ),
            ("", ""),
        ] {
            assert_eq!(mask_numbers(text), masked);
        }
    }
}
