//! Reads numbers: those of Enreach and those of the CRM.

use std::fmt;

use voice_model::{E164, mask_number};

use crate::plan;
use crate::region::Region;
use crate::segments::{self, Shape};
use crate::typed::{TypedNumber, international_digits, read_nationally};

/// The customer's number of a call.
///
/// `Debug` shows masked numbers.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum CallerNumber {
    /// Withheld, empty, or a text without digits.
    Withheld,
    /// A number of the world.
    International(E164),
    /// Digits that are no valid number here, such as an extension or a short code.
    Other(String),
}

impl CallerNumber {
    /// As it is written to Dynamics: E.164, or its digits if it is none; nothing if it is withheld.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Withheld => None,
            Self::International(number) => Some(number.as_str()),
            Self::Other(digits) => Some(digits),
        }
    }
}

impl fmt::Debug for CallerNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Withheld => f.write_str("Withheld"),
            Self::International(number) => f.debug_tuple("International").field(number).finish(),
            Self::Other(digits) => f.debug_tuple("Other").field(&mask_number(digits)).finish(),
        }
    }
}

/// Reads numbers for one tenant. Cheap to clone: the numbering plans are shared by all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberReader {
    region: Option<Region>,
}

impl NumberReader {
    /// A reader that takes numbers without prefix for numbers of this region. Without a region such
    /// numbers have no international form.
    pub fn new(region: Option<Region>) -> Self {
        Self { region }
    }

    /// The region of numbers without prefix.
    pub fn region(&self) -> Option<Region> {
        self.region
    }

    /// Reads a number that Enreach delivered (design §3, Numbers).
    ///
    /// Given with `+` or `00` it is kept if it is well-formed, valid or not: the network says so.
    /// Else it is `+` and the digits if that is valid (some deliveries lack the plus sign), else
    /// what the digits mean in the region. A SIP or `tel` address counts by its user part.
    pub fn from_enreach(&self, raw: Option<&str>) -> CallerNumber {
        let user_part = raw.unwrap_or_default().split(['@', ';']).next().unwrap_or_default();
        let run = match segments::shape(user_part) {
            Shape::Empty => return CallerNumber::Withheld,
            Shape::One(run) => run,
            Shape::Several { .. } | Shape::Scattered => {
                return CallerNumber::Other(segments::all_digits(user_part));
            }
        };
        let number = match international_digits(&run) {
            Some(international) => international.valid().or_else(|| international.well_formed()),
            None => plan::read_international(&run.digits)
                .or_else(|| read_nationally(&run, self.region?)),
        };
        number.map_or(CallerNumber::Other(run.digits), CallerNumber::International)
    }

    /// Reads a column of the CRM as a person typed it.
    pub fn typed(&self, raw: &str) -> TypedNumber {
        TypedNumber::read(raw, self.region)
    }
}
