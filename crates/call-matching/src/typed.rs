//! A phone column of the CRM, read.

use std::fmt;

use voice_model::{E164, mask_number};

use crate::plan;
use crate::region::Region;
use crate::segments::{self, Run, Shape};

/// A number as a person typed it in the CRM, with what it may mean.
///
/// A text without prefix may mean two numbers: the one that is dialled so in the tenant's region,
/// and the one that a forgotten plus sign makes. A number typed with `+` or `00` means one.
#[derive(Clone, PartialEq, Eq)]
pub struct TypedNumber {
    digits: String,
    parts: Vec<TypedPart>,
}

/// One of the numbers in a column; mostly the only one.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct TypedPart {
    /// Digits as typed.
    pub(crate) digits: String,
    /// What it may be as E.164, at most two.
    pub(crate) readings: Vec<E164>,
    /// Typed with `+` or `00` and valid: it is its one reading and nothing else.
    pub(crate) certain: bool,
}

impl TypedNumber {
    /// All digits of the text, extension included.
    pub fn digits(&self) -> &str {
        &self.digits
    }

    /// The numbers that the text may mean: none, one or two. None if the column holds several
    /// numbers: it is searched by containment only.
    pub fn e164(&self) -> &[E164] {
        match self.parts.as_slice() {
            [part] => &part.readings,
            _ => &[],
        }
    }

    /// Whether it was typed with `+` or `00` and is valid: it is never taken for another number.
    pub fn is_certain(&self) -> bool {
        matches!(self.parts.as_slice(), [part] if part.certain)
    }

    /// Whether the column holds more than one number.
    pub fn is_several(&self) -> bool {
        self.parts.len() > 1
    }

    pub(crate) fn parts(&self) -> &[TypedPart] {
        &self.parts
    }

    pub(crate) fn read(raw: &str, region: Option<Region>) -> Self {
        let digits = segments::all_digits(raw);
        let parts = match segments::shape(raw) {
            Shape::Empty => Vec::new(),
            Shape::Scattered => vec![TypedPart::unread(digits.clone())],
            Shape::One(run) => vec![TypedPart::read(&run, digits.clone(), region)],
            Shape::Several { runs, joined } => several(&runs, joined, &digits, region),
        };
        Self { digits, parts }
    }
}

/// Shows masked digits.
impl fmt::Debug for TypedNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedNumber")
            .field("digits", &mask_number(&self.digits))
            .field("readings", &self.e164())
            .field("several", &self.is_several())
            .finish_non_exhaustive()
    }
}

/// `033701/123456` is one number with a slash behind its area code; `050 1234567 / 09 123456` are
/// two. The plan tells: what is valid in one piece is one.
fn several(
    runs: &[Run],
    joined: Option<Run>,
    digits: &str,
    region: Option<Region>,
) -> Vec<TypedPart> {
    if let Some(joined) = joined {
        let part = TypedPart::read(&joined, digits.to_owned(), region);
        if !part.readings.is_empty() && plan::is_valid(&part.readings[0]) {
            return vec![part];
        }
    }
    runs.iter().map(|run| TypedPart::read(run, run.digits.clone(), region)).collect()
}

impl TypedPart {
    fn unread(digits: String) -> Self {
        Self { digits, readings: Vec::new(), certain: false }
    }

    fn read(run: &Run, digits: String, region: Option<Region>) -> Self {
        if let Some(international) = international_digits(run) {
            return match international.valid() {
                Some(number) => Self { digits, readings: vec![number], certain: true },
                None => Self {
                    digits,
                    readings: international.well_formed().into_iter().collect(),
                    certain: false,
                },
            };
        }
        let national = region.and_then(|region| read_nationally(run, region));
        let forgotten_plus = plan::read_international(&run.digits);
        let mut readings: Vec<E164> = national.into_iter().chain(forgotten_plus).collect();
        readings.dedup();
        Self { digits, readings, certain: false }
    }
}

/// A national number as dialled in the region, valid there or abroad by the region's own prefix.
pub(crate) fn read_nationally(run: &Run, region: Region) -> Option<E164> {
    plan::read_in_region(&run.digits, region.plan())
        .or_else(|| plan::read_in_region(&without_bracketed_zero(run)?, region.plan()))
}

/// The digits behind a `+` or `00`.
pub(crate) struct International {
    digits: String,
    without_zero: Option<String>,
}

/// What stands behind `+` or `00`; `None` if the number was typed with neither.
pub(crate) fn international_digits(run: &Run) -> Option<International> {
    let strip = |digits: &str| match digits.strip_prefix("00") {
        Some(rest) => Some(rest.to_owned()),
        None if run.plus => Some(digits.to_owned()),
        None => None,
    };
    let digits = strip(&run.digits)?;
    let without_zero = without_bracketed_zero(run).and_then(|digits| strip(&digits));
    Some(International { digits, without_zero })
}

impl International {
    /// The number, if it is valid. A zero in brackets is a trunk prefix in most countries and part
    /// of the number in Italy: the plan decides.
    pub(crate) fn valid(&self) -> Option<E164> {
        plan::read_international(&self.digits)
            .or_else(|| plan::read_international(self.without_zero.as_deref()?))
    }

    /// The number by its form alone: plans change faster than any copy of them.
    pub(crate) fn well_formed(&self) -> Option<E164> {
        let digits = self.without_zero.as_ref().unwrap_or(&self.digits);
        format!("+{digits}").parse().ok()
    }
}

fn without_bracketed_zero(run: &Run) -> Option<String> {
    let mut digits = run.digits.clone();
    digits.remove(run.bracketed_zero?);
    Some(digits)
}
