//! Escaping of values, from the inside out: wildcards, then quotes, then the URL.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything that is not unreserved (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Text as the value of a query option.
pub(crate) fn for_url(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Text as an OData string literal: in quotes, quotes doubled.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Text that a text function shall take literally: `%`, `_` and `[` are wildcards of the database
/// behind it (reference, section 4.1).
pub(crate) fn wildcards(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '_', '[']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '%' | '_' | '[' => {
                escaped.push('[');
                escaped.push(character);
                escaped.push(']');
            }
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}
