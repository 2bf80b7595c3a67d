//! What customers are looked for by.

use std::fmt;

use voice_model::{E164, mask_number};

use crate::{CallerNumber, MatchRules};

/// What customers are looked for by when they have this number: [`NumberIndex::find`] looks for
/// nothing else, and an administrator can be told.
///
/// With `PreferExactMatch`, digits are looked for only if no customer has the number exactly. For a
/// number of the tenant itself nothing is looked for: see [`NumberIndex::is_own`].
///
/// `Debug` shows masked numbers.
///
/// [`NumberIndex::find`]: crate::NumberIndex::find
/// [`NumberIndex::is_own`]: crate::NumberIndex::is_own
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tried<'a> {
    exact: Option<&'a E164>,
    digits: &'a str,
    minimum_digits: usize,
}

impl<'a> Tried<'a> {
    /// What is looked for under these rules.
    pub fn of(number: &'a CallerNumber, rules: &MatchRules) -> Self {
        let (exact, digits) = match number {
            CallerNumber::Withheld => (None, ""),
            CallerNumber::International(number) => {
                (Some(number), digits_after_cut(number, rules.numbers_to_cut))
            }
            // Not in E.164 form, so there is nothing that the cut is defined for.
            CallerNumber::Other(digits) => (None, digits.as_str()),
        };
        // An empty text is contained in everything, which says nothing.
        let minimum_digits = rules.minimum_match_digits.max(1);
        Self { exact, digits, minimum_digits }
    }

    /// The number that a customer's has to equal; none if the caller's has no E.164 form.
    pub fn exact(&self) -> Option<&'a E164> {
        self.exact
    }

    /// The digits that a customer's number has to contain; none if they are too few.
    pub fn contained(&self) -> Option<&'a str> {
        (self.digits.len() >= self.minimum_digits).then_some(self.digits)
    }

    /// The digits left after `NumbersToCut`, if they are fewer than `MinimumMatchDigits`, so that
    /// none are looked for. Perhaps none is left.
    pub fn too_few(&self) -> Option<&'a str> {
        (self.digits.len() < self.minimum_digits).then_some(self.digits)
    }
}

impl fmt::Debug for Tried<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tried")
            .field("exact", &self.exact)
            .field("digits", &mask_number(self.digits))
            .field("minimum_digits", &self.minimum_digits)
            .finish()
    }
}

/// The digits of the E.164 form without its first `cut` characters, of which the plus sign is one.
fn digits_after_cut(number: &E164, cut: usize) -> &str {
    // After one character or more the plus sign is gone; without a cut it still is no digit.
    number.as_str().get(cut.max(1)..).unwrap_or_default()
}
