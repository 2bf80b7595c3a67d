//! How the text of a setting becomes a value. Nothing is clamped: a text is right or refused.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use chrono::Duration;

/// Longest subject that a phone call takes (reference dataverse-api.md, section 2.1).
pub(crate) const SUBJECT_CHARS: usize = 200;
/// Longest part of a refused value that a message repeats.
const QUOTED_CHARS: usize = 40;

/// Yes or no: true/false/1/0/yes/no without case.
pub(crate) fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Ok(true),
        "false" | "0" | "no" => Ok(false),
        _ => Err(format!("{} is neither true nor false", quoted(text))),
    }
}

/// A whole number within a range.
pub(crate) fn whole(text: &str, range: RangeInclusive<i64>) -> Result<i64, String> {
    let is_number =
        text.strip_prefix(['-', '+']).unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<i64>() {
        Ok(number) if range.contains(&number) => Ok(number),
        // A number too long for the machine is out of range as well.
        Err(_) if !is_number || !text.bytes().any(|byte| byte.is_ascii_digit()) => {
            Err(format!("{} is not a whole number", quoted(text)))
        }
        _ => Err(format!("{} is not between {} and {}", quoted(text), range.start(), range.end())),
    }
}

/// A whole number that is at least 0.
pub(crate) fn count(text: &str, range: RangeInclusive<i64>) -> Result<u64, String> {
    whole(text, range).map(i64::unsigned_abs)
}

/// A whole number that counts digits or characters.
pub(crate) fn size(text: &str, range: RangeInclusive<i64>) -> Result<usize, String> {
    let number = whole(text, range)?;
    usize::try_from(number).map_err(|_| format!("{} is too large", quoted(text)))
}

/// A number of seconds.
pub(crate) fn seconds(text: &str, range: RangeInclusive<i64>) -> Result<Duration, String> {
    whole(text, range).map(Duration::seconds)
}

/// The subject of an activity.
pub(crate) fn subject(text: &str) -> Result<String, String> {
    let length = text.chars().count();
    if length > SUBJECT_CHARS {
        return Err(format!("{length} characters are more than the {SUBJECT_CHARS} that fit"));
    }
    if text.chars().any(char::is_control) {
        return Err("a subject must be one line without control characters".to_owned());
    }
    Ok(text.to_owned())
}

/// The two letters of a country. Whether the country has a numbering plan is not known here.
pub(crate) fn country(text: &str) -> Result<String, String> {
    if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Ok(text.to_ascii_uppercase());
    }
    Err(format!("{} is not a country code of two letters, such as FI", quoted(text)))
}

/// One of a few words, without case.
pub(crate) fn word<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, String> {
    let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
    found.map(|(_, value)| *value).ok_or_else(|| {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        format!("{} is not one of {}", quoted(text), known.join(", "))
    })
}

/// A value as a message may repeat it: short, and on one line.
pub(crate) fn quoted(text: &str) -> String {
    let mut shown = String::new();
    let mut characters = text.chars();
    for character in characters.by_ref().take(QUOTED_CHARS) {
        shown.extend(character.escape_debug());
    }
    let rest = characters.count();
    let mut quoted = format!("\"{shown}\"");
    if rest > 0 {
        // Writing to a String cannot fail.
        let _ = write!(quoted, "… ({rest} more characters)");
    }
    quoted
}
