//! What an administrator is told that customers were looked for by.

use call_matching::{CallerNumber, MatchRules, Tried};

use crate::book::{contact, finnish, found, index};

fn rules(numbers_to_cut: usize, minimum_match_digits: usize) -> MatchRules {
    MatchRules { numbers_to_cut, minimum_match_digits, ..MatchRules::default() }
}

/// Number as Enreach delivers it; exact number, digits sought, digits too few to be sought.
#[track_caller]
fn check(raw: &str, rules: &MatchRules, expected: (Option<&str>, Option<&str>, Option<&str>)) {
    let number = finnish().from_enreach(Some(raw));
    let tried = Tried::of(&number, rules);
    let exact = tried.exact().map(|number| number.as_str());
    assert_eq!((exact, tried.contained(), tried.too_few()), expected, "{raw}");
}

#[test]
fn a_number_is_sought_exactly_and_by_the_digits_that_the_cut_leaves() {
    let number = Some("+358501234567");
    check("+358501234567", &rules(4, 6), (number, Some("501234567"), None));
    check("050 1234567", &rules(0, 6), (number, Some("358501234567"), None));
    check("+358501234567", &rules(7, 6), (number, Some("234567"), None));
}

#[test]
fn too_few_digits_are_named_and_not_sought() {
    let number = Some("+358501234567");
    check("+358501234567", &rules(8, 6), (number, None, Some("34567")));
    check("+358501234567", &rules(99, 0), (number, None, Some("")));
}

#[test]
fn what_is_no_number_of_the_world_is_sought_whole_and_by_its_digits() {
    check("123456", &rules(4, 6), (None, Some("123456"), None));
    check("1234", &rules(4, 6), (None, None, Some("1234")));
    check("anonymous", &rules(0, 0), (None, None, Some("")));
}

#[test]
fn what_was_tried_is_what_is_found() {
    let raw = "+358501234567";
    let number = finnish().from_enreach(Some(raw));
    for (cut, minimum) in [(0, 6), (4, 6), (8, 5), (8, 6), (99, 0)] {
        let rules = rules(cut, minimum);
        let tried = Tried::of(&number, &rules);
        // Its holder has just the digits that are sought.
        let sought = tried.contained().or(tried.too_few()).unwrap();
        let ids: Vec<u128> =
            found(&index([contact(1, &[sought])]), raw, &rules).iter().map(|(_, id)| *id).collect();
        let expected: &[u128] = if tried.contained().is_some() { &[1] } else { &[] };
        assert_eq!(ids, expected, "cut {cut}, minimum {minimum}");
    }
}

#[test]
fn debug_does_not_show_the_digits() {
    let number = CallerNumber::Other("99887766554433".to_owned());
    let shown = format!("{:?}", Tried::of(&number, &rules(0, 6)));
    assert!(!shown.contains("887766"), "{shown}");
}
