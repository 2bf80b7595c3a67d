//! Design §3, Match: a test for each sentence.

use call_matching::MatchKind::{Contained, Exact};
use call_matching::{CustomerTable, MatchRules, NumberReader};

use crate::book::{contact, created, customer, found, index};

const CALLER: &str = "+358501234567";

fn rules() -> MatchRules {
    MatchRules::default()
}

fn cut_four() -> MatchRules {
    MatchRules { numbers_to_cut: 4, ..rules() }
}

#[test]
fn every_spelling_of_the_number_matches_exactly() {
    for spelling in ["050-123 4567", "+358 50 1234567", "00358501234567", "+358 (0)50 123 4567"] {
        let book = index([contact(1, &[spelling])]);
        assert_eq!(found(&book, CALLER, &rules()), [(Exact, 1)], "{spelling}");
    }
}

#[test]
fn the_cut_counts_the_plus_sign() {
    // 4 makes +358501234567 into 501234567.
    let book = index([contact(1, &["xx 501234567 99"]), contact(2, &["(01234567)99"])]);
    let cut = |numbers_to_cut| MatchRules { numbers_to_cut, ..rules() };
    assert_eq!(found(&book, CALLER, &cut(0)), []);
    assert_eq!(found(&book, CALLER, &cut(3)), []);
    assert_eq!(found(&book, CALLER, &cut(4)), [(Contained, 1)]);
    assert_eq!(found(&book, CALLER, &cut(5)), [(Contained, 1), (Contained, 2)]);
}

#[test]
fn a_cut_of_nothing_or_of_the_plus_sign_alone_is_the_same() {
    let book = index([contact(1, &["99358501234567"])]);
    for numbers_to_cut in [0, 1] {
        let rules = MatchRules { numbers_to_cut, ..rules() };
        assert_eq!(found(&book, CALLER, &rules), [(Contained, 1)]);
    }
}

#[test]
fn too_few_digits_left_match_nothing() {
    let book = index([contact(1, &["99 34567 99"]), contact(2, &["99 234567 99"])]);
    let rules = |numbers_to_cut, minimum_match_digits| MatchRules {
        numbers_to_cut,
        minimum_match_digits,
        ..rules()
    };
    assert_eq!(found(&book, CALLER, &rules(7, 6)), [(Contained, 2)], "234567 is left");
    assert_eq!(found(&book, CALLER, &rules(8, 6)), [], "34567 is too short");
    assert_eq!(found(&book, CALLER, &rules(8, 5)), [(Contained, 1), (Contained, 2)]);
    // Shorter than what the index looks up at once.
    assert_eq!(found(&book, CALLER, &rules(10, 2)), [(Contained, 1), (Contained, 2)]);
    assert_eq!(found(&book, CALLER, &rules(13, 0)), [], "nothing left matches nobody");
    assert_eq!(found(&book, CALLER, &rules(99, 0)), []);
}

#[test]
fn the_digits_are_sought_as_typed_and_in_the_international_form() {
    // 3585012345 is in neither text, but in the E.164 form of the first.
    let book = index([contact(1, &["050 1234567"]), contact(2, &["044 1234567"])]);
    let rules = MatchRules { prefer_exact_match: false, ..rules() };
    assert_eq!(found(&book, "+35850123", &rules), [(Contained, 1)]);
    let typed = index([contact(1, &["05012345670"])]);
    let cut = MatchRules { numbers_to_cut: 4, ..rules };
    assert_eq!(found(&typed, CALLER, &cut), [(Contained, 1)]);
}

#[test]
fn a_valid_number_typed_with_prefix_is_never_taken_for_another() {
    for foreign in ["+46 70 123 45 67", "0046701234567"] {
        let book = index([contact(1, &[foreign])]);
        // Both end in 701234567.
        assert_eq!(found(&book, "+358701234567", &cut_four()), [], "{foreign}");
    }
    let nobodys = index([contact(1, &["+999701234567"])]);
    assert_eq!(found(&nobodys, "+358701234567", &cut_four()), [(Contained, 1)], "not valid");
    let bare = index([contact(1, &["46701234567"])]);
    assert_eq!(found(&bare, "+358701234567", &cut_four()), [(Contained, 1)], "no prefix");
}

#[test]
fn exact_candidates_push_contained_ones_out_if_preferred() {
    let book = index([contact(1, &["99501234567"]), contact(2, &["050 1234567"])]);
    assert_eq!(found(&book, CALLER, &cut_four()), [(Exact, 2)]);
    let both = MatchRules { prefer_exact_match: false, ..cut_four() };
    assert_eq!(found(&book, CALLER, &both), [(Exact, 2), (Contained, 1)]);
}

#[test]
fn a_column_with_two_numbers_is_found_by_containment_only() {
    let book = index([contact(1, &["050 1234567 / 09 123456"]), contact(2, &["050 1234567"])]);
    assert_eq!(found(&book, CALLER, &cut_four()), [(Exact, 2)]);
    let both = MatchRules { prefer_exact_match: false, ..cut_four() };
    assert_eq!(found(&book, CALLER, &both), [(Exact, 2), (Contained, 1)]);
}

#[test]
fn two_numbers_in_a_column_are_no_number_together() {
    let book = index([contact(1, &["0501111222; 0903333444"])]);
    let number = "+358122209033";
    assert_eq!(found(&book, number, &cut_four()), [], "1222 0903 spans both");
}

#[test]
fn a_number_in_full_beside_another_is_not_taken_for_a_third() {
    let book = index([contact(1, &["+46701234567 / +358401112222"])]);
    assert_eq!(found(&book, "+358701234567", &cut_four()), []);
    assert_eq!(found(&book, "+46701234567", &rules()), [(Contained, 1)]);
}

#[test]
fn numbers_of_the_tenant_itself_are_nobodys() {
    let mut book = index([contact(1, &["050 1234567", "040 1234567"]), contact(2, &["501234567"])]);
    book.set_own_numbers([CALLER.parse().unwrap()]);
    let own = book.reader().from_enreach(Some(CALLER));
    assert!(book.is_own(&own));
    assert_eq!(found(&book, CALLER, &cut_four()), [], "the caller is the tenant");
    assert_eq!(found(&book, "+358401234567", &cut_four()), [(Exact, 1)], "the other column");
    // Contained in the own number, but that entry is nobody's.
    assert_eq!(found(&book, "+999501234", &cut_four()), []);
    book.set_own_numbers([]);
    assert_eq!(found(&book, CALLER, &rules()), [(Exact, 1), (Exact, 2)]);
}

#[test]
fn a_customer_with_several_matching_columns_is_one_candidate() {
    let book = index([contact(1, &["99501234567", "050 1234567", "+358501234567"])]);
    let both = MatchRules { prefer_exact_match: false, ..cut_four() };
    assert_eq!(found(&book, CALLER, &both), [(Exact, 1)]);
    let number = book.reader().from_enreach(Some(CALLER));
    assert_eq!(book.find(&number, &both)[0].number, "050 1234567", "the first exact column");
}

#[test]
fn candidates_are_ranked_by_kind_table_age_and_id() {
    let exact = |table, id| customer(table, id, &[CALLER]);
    let contained = |id| contact(id, &["99501234567"]);
    let book = index([
        contained(9),
        exact(CustomerTable::Lead, 1),
        exact(CustomerTable::Account, 2),
        exact(CustomerTable::Contact, 8),
        created(exact(CustomerTable::Contact, 7), 20),
        created(exact(CustomerTable::Contact, 6), 20),
        created(exact(CustomerTable::Contact, 5), 10),
        exact(CustomerTable::Contact, 4),
    ]);
    let rules = MatchRules { prefer_exact_match: false, ..cut_four() };
    let order: Vec<u128> = found(&book, CALLER, &rules).iter().map(|(_, id)| *id).collect();
    assert_eq!(order, [5, 6, 7, 4, 8, 2, 1, 9]);
}

#[test]
fn a_replaced_or_removed_customer_is_found_no_more() {
    let mut book = index([contact(1, &["050 1234567"])]);
    book.put(contact(1, &["040 1234567"]));
    assert_eq!(found(&book, CALLER, &cut_four()), []);
    assert_eq!(found(&book, "+358401234567", &rules()), [(Exact, 1)]);
    assert_eq!(book.len(), 1);
    let reference = contact(1, &[]).reference;
    assert_eq!(book.get(reference).unwrap().numbers, ["040 1234567"]);
    assert!(book.remove(reference).is_some());
    assert!(book.remove(reference).is_none());
    assert!(book.is_empty() && book.get(reference).is_none());
    assert_eq!(found(&book, "+358401234567", &rules()), []);
}

#[test]
fn the_same_key_in_another_table_is_another_customer() {
    let book = index([
        customer(CustomerTable::Contact, 1, &[CALLER]),
        customer(CustomerTable::Account, 1, &[CALLER]),
    ]);
    assert_eq!(book.len(), 2);
    assert_eq!(found(&book, CALLER, &rules()).len(), 2);
}

#[test]
fn a_short_code_is_sought_by_its_digits_alone() {
    let book = index([
        contact(1, &["99 123456 99"]),
        contact(2, &["+358 50 123456 7"]),
        contact(3, &["123456"]),
    ]);
    let rules = MatchRules { numbers_to_cut: 4, ..rules() };
    let short = call_matching::CallerNumber::Other("123456".to_owned());
    let ids: Vec<u128> = book.find(&short, &rules).iter().map(crate::book::id).collect();
    assert_eq!(ids, [1, 3], "not cut, and no part of a number typed in full");
    assert_eq!(found(&book, "anonymous", &rules), []);
}

#[test]
fn an_empty_column_matches_nobody() {
    let book = index([contact(1, &["", " ", "n/a"])]);
    let rules = MatchRules { minimum_match_digits: 0, numbers_to_cut: 20, ..rules() };
    assert_eq!(found(&book, CALLER, &rules), []);
    assert_eq!(book.len(), 1);
}

#[test]
fn without_a_region_a_national_number_is_found_by_containment() {
    let mut book = call_matching::NumberIndex::new(NumberReader::new(None));
    book.put(contact(1, &["050 1234567"]));
    assert_eq!(found(&book, CALLER, &cut_four()), [(Contained, 1)]);
}
