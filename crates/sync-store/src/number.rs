//! The number by which people look for a call.

use std::fmt;

use voice_model::{E164, mask_number};

/// The customer's number of a call, as text: E.164 where the engine could read it, else as Enreach
/// has it.
///
/// Two numbers are the same to the store if their digits are: `+358501234567` is found as
/// `358501234567` and as `+358 50 1234567`, but `0501234567` is another number. `Debug` shows it
/// masked; `Display` shows it whole.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomerNumber(String);

impl CustomerNumber {
    /// Wraps the text of a number. Any text is taken: what Enreach sends is not always a number.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its digits 0 to 9; what the store compares. `None` if there are none.
    pub fn digits(&self) -> Option<String> {
        let digits: String = self.0.chars().filter(char::is_ascii_digit).collect();
        (!digits.is_empty()).then_some(digits)
    }
}

impl From<&E164> for CustomerNumber {
    fn from(number: &E164) -> Self {
        Self(number.as_str().to_owned())
    }
}

impl fmt::Display for CustomerNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CustomerNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mask_number(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ascii_digits_are_compared() {
        #[track_caller]
        fn check(text: &str, digits: Option<&str>) {
            assert_eq!(CustomerNumber::new(text).digits().as_deref(), digits, "{text}");
        }
        check("+358 50 123-4567", Some("358501234567"));
        check("358501234567", Some("358501234567"));
        check("anonymous", None);
        check("", None);
        check("٣٥٨", None);
    }

    #[test]
    fn debug_masks_the_number() {
        let number = CustomerNumber::new("+358501234567");
        assert_eq!(format!("{number:?}"), "+358*******67");
    }
}
