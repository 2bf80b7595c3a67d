//! Regions, numbers from Enreach, and what Debug shows.

use call_matching::{CallerNumber, NumberReader, Region, commonest_region};

use crate::book::{contact, finnish, index};

fn check(reader: &NumberReader, raw: Option<&str>, expected: &str) {
    let read = match reader.from_enreach(raw) {
        CallerNumber::Withheld => "withheld".to_owned(),
        CallerNumber::International(number) => number.to_string(),
        CallerNumber::Other(digits) => digits,
    };
    assert_eq!(read, expected, "{raw:?}");
}

#[test]
fn a_text_without_digits_is_withheld() {
    for raw in
        ["", "  ", "anonymous", "Withheld", "unknown", "PRIVATE", "-", "sip:anonymous@10.0.0.1"]
    {
        check(&finnish(), Some(raw), "withheld");
    }
    check(&finnish(), None, "withheld");
}

#[test]
fn a_number_of_enreach_is_read_with_plus_first() {
    for raw in [
        "+358501234567",
        "358501234567",
        "00358501234567",
        "0501234567",
        "+358 (0)50 123 4567",
        "sip:+358501234567@pbx.example",
        "tel:+358501234567",
        " +358-50-123 45 67 ",
    ] {
        check(&finnish(), Some(raw), "+358501234567");
    }
    // Valid as it stands with a plus sign: that comes before the region.
    let american = NumberReader::new(Some(Region::parse("US").unwrap()));
    check(&american, Some("358501234567"), "+358501234567");
    check(&american, Some("2025550123"), "+12025550123");
}

#[test]
fn a_number_given_with_plus_is_kept_though_no_plan_has_it() {
    check(&finnish(), Some("+99912345678"), "+99912345678");
    check(&finnish(), Some("0099912345678"), "+99912345678");
    check(&finnish(), Some("+3585"), "3585");
}

#[test]
fn digits_that_are_no_number_stay_digits() {
    check(&finnish(), Some("1234"), "1234");
    check(&NumberReader::new(None), Some("0501234567"), "0501234567");
    check(&finnish(), Some("12345678901234567890"), "12345678901234567890");
}

#[test]
fn a_number_typed_in_full_is_certain_if_it_is_valid() {
    for certain in
        ["+358 50 1234567", "00358 50 1234567", "+47 (0) 22 12 34 56", "+39 (0)6 1234 5678"]
    {
        assert!(finnish().typed(certain).is_certain(), "{certain}");
    }
    for uncertain in ["050 1234567", "358501234567", "+999 12345678", "+358501234567;+358401234567"]
    {
        assert!(!finnish().typed(uncertain).is_certain(), "{uncertain}");
    }
}

#[test]
fn a_region_is_two_letters_of_a_country_with_a_plan() {
    for text in ["FI", "fi", " Fi "] {
        assert_eq!(Region::parse(text).unwrap().code(), "FI");
    }
    for text in ["", "F", "FIN", "XX", "358", "ÄÖ", "F1", "ZZ", "001"] {
        let error = Region::parse(text).unwrap_err().to_string();
        assert!(error.contains("such as FI"), "{error}");
    }
}

#[test]
fn the_commonest_region_is_that_of_most_numbers_with_plus() {
    let region =
        |numbers: &[&str]| commonest_region(numbers).map(|region| region.code().to_owned());
    let (fi, fi2, se, us) = ("+358501234567", "+35891234567", "+46701234567", "+12025550123");
    assert_eq!(region(&[se, fi, fi2]), Some("FI".to_owned()));
    assert_eq!(region(&[se, fi]), Some("FI".to_owned()), "first by code when equally common");
    assert_eq!(region(&[fi, se]), Some("FI".to_owned()));
    assert_eq!(region(&[us]), Some("US".to_owned()));
    assert_eq!(region(&["0501234567", "358501234567", "", "x"]), None, "no plus sign");
    assert_eq!(region(&["+80012345678"]), None, "belongs to no country");
    assert_eq!(region(&[]), None);
}

#[test]
fn debug_shows_neither_numbers_nor_names() {
    let reader = finnish();
    let typed = reader.typed("050 123 4567 / 040 1234567");
    let customer = contact(7, &["050 123 4567", "+358501234567"]);
    let book = index([customer.clone()]);
    let caller = reader.from_enreach(Some("+358501234567"));
    let candidates = book.find(&caller, &Default::default());
    let other = reader.from_enreach(Some("99887766554433221100"));
    let shown = format!("{typed:?} {customer:?} {book:?} {caller:?} {candidates:?} {other:?}");
    for secret in ["1234567", "123 4567", "501234567", "contact 7", "887766"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
