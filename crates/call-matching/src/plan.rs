//! The numbering plans of the world: the only file that knows the library behind them.
//!
//! Everything that goes in is plain digits; what comes out is valid in some country's plan, or
//! nothing. Text as people type it is taken apart in [`segments`](crate::segments) before.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat};
use voice_model::E164;

/// The library's own name of a region, kept out of the other files.
pub(crate) type PlanRegion = rlibphonenumber::Region;

/// The region with this ISO 3166 code, if it has a numbering plan.
pub(crate) fn region_with_code(code: &str) -> Option<PlanRegion> {
    let region: PlanRegion = code.parse().ok()?;
    PHONE_NUMBER_UTIL.get_country_code_for_region(region).map(|_| region)
}

/// The number that these digits are when a plus sign stands before them, if it is valid.
pub(crate) fn read_international(digits: &str) -> Option<E164> {
    valid(PHONE_NUMBER_UTIL.parse(format!("+{digits}"), None).ok()?)
}

/// The number that somebody in the region reaches by dialling these digits, if it is valid.
pub(crate) fn read_in_region(digits: &str, region: PlanRegion) -> Option<E164> {
    valid(PHONE_NUMBER_UTIL.parse(digits, Some(region)).ok()?)
}

/// The region whose plan a number belongs to; none for numbers that belong to no country.
pub(crate) fn region_of(number: &E164) -> Option<PlanRegion> {
    let parsed = PHONE_NUMBER_UTIL.parse(number.as_str(), None).ok()?;
    PHONE_NUMBER_UTIL.get_region_for_number(&parsed)
}

/// Its E.164 form. Some plans allow more digits than E.164 does; such a number has none.
fn valid(number: PhoneNumber) -> Option<E164> {
    if !PHONE_NUMBER_UTIL.is_valid_number(&number) {
        return None;
    }
    PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).parse().ok()
}

/// Whether a number is valid in the plan of its country.
pub(crate) fn is_valid(number: &E164) -> bool {
    PHONE_NUMBER_UTIL
        .parse(number.as_str(), None)
        .is_ok_and(|parsed| PHONE_NUMBER_UTIL.is_valid_number(&parsed))
}
