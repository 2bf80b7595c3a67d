//! Phone numbers as the platform compares them: prefixes vary in stored data (Enreach reference,
//! section 1.4).

/// The digits alone.
pub(super) fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}
