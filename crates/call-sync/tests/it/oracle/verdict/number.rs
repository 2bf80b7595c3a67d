//! What a text means as a phone number (design §3, Numbers).

use crate::oracle::countries::{country, split};

/// A number as Enreach gives it: `+` and its digits if that is valid, else read with the region.
/// In the form `+358401234567`.
pub(super) fn of_enreach(text: &str, region: &str) -> Option<String> {
    let digits = digits(text);
    valid(&digits).or_else(|| nationally(text, &digits, region))
}

/// A number as somebody typed it into the CRM.
#[derive(Debug)]
pub(super) struct Typed {
    /// All digits as typed.
    pub(super) digits: String,
    /// Every number that the text may stand for.
    pub(super) meanings: Vec<String>,
    /// Typed with `+` or `00`: never reinterpreted.
    pub(super) international: bool,
}

pub(super) fn typed(text: &str, region: &str) -> Typed {
    let text = text.trim_start_matches("tel:");
    let text = text.split(['x', 'e']).next().unwrap_or_default();
    let all = digits(text);
    let trimmed = text.trim_start_matches([' ', '(']);
    let international = trimmed.starts_with('+') || trimmed.starts_with("00");
    let mut meanings = Vec::new();
    if numbers_in(text).len() == 1 {
        meanings.extend(nationally(text, &all, region));
        if !international {
            meanings.extend(valid(&all));
        }
        meanings.sort();
        meanings.dedup();
    }
    Typed { digits: all, meanings, international }
}

/// The numbers that a column holds: the text itself, or its parts if a mark, a word or a plus stands
/// between two that each could be a number.
pub(super) fn numbers_in(text: &str) -> Vec<&str> {
    let parts = text.split(['/', ',', ';']).flat_map(|part| part.split(" or "));
    let parts = parts.flat_map(|part| match part.rfind(" +") {
        Some(plus) => vec![&part[..plus], &part[plus..]],
        None => vec![part],
    });
    let numbers: Vec<_> = parts.map(str::trim).filter(|part| digits(part).len() >= 5).collect();
    if numbers.len() > 1 { numbers } else { vec![text] }
}

/// As dialled in the region: with `+` or `00`, with the calling code but no plus, with or without
/// trunk prefix.
fn nationally(text: &str, digits: &str, region: &str) -> Option<String> {
    let trimmed = text.trim_start_matches([' ', '(']);
    if trimmed.starts_with('+') {
        return valid(&self::digits(&trimmed.replace("(0)", "")));
    }
    if let Some(behind) = digits.strip_prefix("00") {
        let behind = if trimmed.contains("(0)") {
            self::digits(&trimmed.replace("(0)", ""))[2..].to_owned()
        } else {
            behind.to_owned()
        };
        return valid(&behind);
    }
    let home = country(region);
    let without_trunk = digits.strip_prefix(home.trunk).unwrap_or(digits);
    [without_trunk, digits]
        .into_iter()
        .find_map(|national| valid(&format!("{}{national}", home.code)))
        .or_else(|| digits.starts_with(home.code).then(|| valid(digits)).flatten())
}

/// `+` and the digits, if that is a valid number.
fn valid(digits: &str) -> Option<String> {
    split(digits).map(|_| format!("+{digits}"))
}

pub(super) fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_typed_in_many_ways_is_one_number() {
        for text in [
            "050-123 4567",
            "+358 50 1234567",
            "00358501234567",
            "+358 (0)50 123 4567",
            "358501234567",
            "(050) 1234567",
        ] {
            assert_eq!(typed(text, "FI").meanings, ["+358501234567"], "{text}");
        }
    }

    #[test]
    fn what_is_typed_with_a_plus_is_never_read_otherwise() {
        assert_eq!(typed("+46 50 12", "FI").meanings, Vec::<String>::new());
        assert_eq!(typed("050 1234567 / 040 7654321", "FI").meanings, Vec::<String>::new());
        assert_eq!(of_enreach("0501234567", "FI").as_deref(), Some("+358501234567"));
        assert_eq!(of_enreach("12025550123", "FI").as_deref(), Some("+12025550123"));
        assert_eq!(of_enreach("1234", "FI"), None);
    }
}
