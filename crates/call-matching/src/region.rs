//! Countries, as the place from which a number without prefix is dialled.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use voice_model::E164;

use crate::plan::{self, PlanRegion};

/// Why a text is not a region.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not a country with a numbering plan; expected two letters of ISO 3166, such as FI"
)]
pub struct RegionError {
    text: String,
}

/// A country or territory with a numbering plan, named by its ISO 3166 alpha-2 code.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region {
    plan: PlanRegion,
    code: [u8; 2],
}

impl Region {
    /// Reads a code such as `FI`, in either case and with blanks around it.
    ///
    /// # Errors
    /// [`RegionError`] when the text is not two letters, or no country with a numbering plan has
    /// them.
    pub fn parse(text: &str) -> Result<Self, RegionError> {
        let code = text.trim().to_ascii_uppercase();
        Self::from_code(&code).ok_or_else(|| RegionError { text: text.to_owned() })
    }

    fn from_code(code: &str) -> Option<Self> {
        let bytes: [u8; 2] = code.as_bytes().try_into().ok()?;
        let letters = bytes.iter().all(u8::is_ascii_uppercase);
        let plan = plan::region_with_code(code).filter(|_| letters)?;
        Some(Self { plan, code: bytes })
    }

    /// The two upper-case letters.
    pub fn code(&self) -> &str {
        // Always ASCII: checked when the value was made.
        std::str::from_utf8(&self.code).unwrap_or_default()
    }

    pub(crate) fn plan(self) -> PlanRegion {
        self.plan
    }
}

impl FromStr for Region {
    type Err = RegionError;
    fn from_str(text: &str) -> Result<Self, RegionError> {
        Self::parse(text)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The country that most of these numbers belong to; of equally common ones the first by code.
///
/// Meant for the numbers of a tenant's own Enreach users and queues. Only numbers given with a plus
/// sign count: the others would need the very region that is sought.
pub fn commonest_region(numbers: impl IntoIterator<Item = impl AsRef<str>>) -> Option<Region> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for number in numbers {
        let Ok(number) = number.as_ref().trim().parse::<E164>() else { continue };
        if let Some(region) = plan::region_of(&number) {
            *counts.entry(region.as_region_str().to_string()).or_default() += 1;
        }
    }
    // A number that belongs to no country ("001") does not make a region.
    let regions =
        counts.iter().filter_map(|(code, count)| Some((Region::from_code(code)?, *count)));
    regions.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(region, _)| region)
}
