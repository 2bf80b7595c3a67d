//! Laws that hold for every book of customers.

use std::collections::BTreeMap;

use call_matching::{
    CallerNumber, Candidate, Customer, CustomerRef, CustomerTable, MatchKind, MatchRules,
    NumberIndex, NumberReader, Region, choose,
};
use chrono::DateTime;
use proptest::prelude::*;
use uuid::Uuid;
use voice_model::E164;

use crate::book::{finnish, index};

/// What the index must find, worked out the slow way, customer by customer and text by text.
fn naive(
    book: &BTreeMap<CustomerRef, Customer>,
    own: &[E164],
    number: &CallerNumber,
    rules: &MatchRules,
) -> Vec<(MatchKind, CustomerRef, String)> {
    let (e164, needle) = match number {
        CallerNumber::Withheld => return Vec::new(),
        CallerNumber::Other(digits) => (None, digits.clone()),
        CallerNumber::International(number) => {
            let left = number.as_str().chars().skip(rules.numbers_to_cut);
            (Some(number), left.filter(char::is_ascii_digit).collect())
        }
    };
    if e164.is_some_and(|number| own.contains(number)) {
        return Vec::new();
    }
    let searched = !needle.is_empty() && needle.len() >= rules.minimum_match_digits;
    let kind_of = |text: &String| {
        let typed = finnish().typed(text);
        let forms = typed.e164();
        if forms.iter().any(|form| own.contains(form)) {
            return None;
        }
        if e164.is_some_and(|number| forms.contains(number)) {
            return Some(MatchKind::Exact);
        }
        let in_forms = forms.iter().any(|form| form.digits().contains(&needle));
        let contained = typed.digits().contains(&needle) || in_forms;
        (searched && contained && !typed.is_certain()).then_some(MatchKind::Contained)
    };
    let mut found: Vec<(MatchKind, &Customer, &String)> = book
        .values()
        .filter_map(|customer| {
            let columns = customer.numbers.iter().enumerate();
            let kinds = columns.filter_map(|(at, text)| Some((kind_of(text)?, at)));
            let (kind, at) = kinds.min()?;
            Some((kind, customer, &customer.numbers[at]))
        })
        .collect();
    if rules.prefer_exact_match && found.iter().any(|(kind, ..)| *kind == MatchKind::Exact) {
        found.retain(|(kind, ..)| *kind == MatchKind::Exact);
    }
    found.sort_by_key(|(kind, customer, _)| {
        let age = customer.created_on;
        (*kind, customer.reference.table, age.is_none(), age, customer.reference.id)
    });
    found
        .into_iter()
        .map(|(kind, customer, text)| (kind, customer.reference, text.clone()))
        .collect()
}

fn seen(candidates: &[Candidate]) -> Vec<(MatchKind, CustomerRef, String)> {
    candidates.iter().map(|one| (one.kind, one.customer, one.number.clone())).collect()
}

/// Numbers from a small world, so that they meet: a few subscribers in a few spellings.
fn text() -> impl Strategy<Value = String> {
    let subscriber = prop_oneof!["50123456[0-3]", "4012345[0-3]", "[0-9]{2,9}"];
    let prefix = prop_oneof![
        Just("+358 "),
        Just("00358"),
        Just("358"),
        Just("0"),
        Just(""),
        Just("+46"),
        Just("99"),
        Just("+358 (0)"),
        Just("+999"),
    ];
    let tail = prop_oneof![4 => Just(""), 1 => Just(" x12"), 1 => Just(" (koti)")];
    prop_oneof![
        9 => (prefix, subscriber, tail).prop_map(|(a, b, c)| format!("{a}{b}{c}")),
        1 => "[-0-9+ ()x.]{0,14}",
    ]
    // Columns with several numbers are matched part by part, which the slow way does not do.
    .prop_filter("one number", |text| !finnish().typed(text).is_several())
}

fn customer() -> impl Strategy<Value = Customer> {
    let table = prop_oneof![
        Just(CustomerTable::Contact),
        Just(CustomerTable::Account),
        Just(CustomerTable::Lead),
    ];
    let age = proptest::option::of(0_i64..3);
    (table, 0_u128..12, age, proptest::collection::vec(text(), 0..4)).prop_map(
        |(table, id, age, numbers)| Customer {
            reference: CustomerRef { table, id: Uuid::from_u128(id) },
            name: format!("Åsa {id}"),
            created_on: age.and_then(|second| DateTime::from_timestamp(second, 0)),
            parent_account: Some(Uuid::from_u128(id % 3)),
            numbers,
        },
    )
}

#[derive(Debug, Clone)]
enum Change {
    Put(Customer),
    Remove(CustomerRef),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        4 => customer().prop_map(Change::Put),
        1 => customer().prop_map(|customer| Change::Remove(customer.reference)),
    ];
    proptest::collection::vec(change, 0..40)
}

fn rules() -> impl Strategy<Value = MatchRules> {
    (0_usize..9, 0_usize..9, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(numbers_to_cut, minimum_match_digits, prefer_exact_match, shared, pick_first)| {
            MatchRules {
                numbers_to_cut,
                minimum_match_digits,
                prefer_exact_match,
                shared_number_to_account: shared,
                pick_first,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_index_finds_what_the_slow_way_finds(
        changes in changes(),
        own in proptest::collection::vec(text(), 0..3),
        raw in proptest::collection::vec(text(), 1..6),
        rules in rules(),
    ) {
        let own: Vec<E164> =
            own.iter().flat_map(|text| finnish().typed(text).e164().to_vec()).collect();
        let mut index = NumberIndex::new(finnish());
        index.set_own_numbers(own.clone());
        let mut book = BTreeMap::new();
        for change in changes {
            match change {
                Change::Put(customer) => {
                    book.insert(customer.reference, customer.clone());
                    index.put(customer);
                }
                Change::Remove(reference) => {
                    prop_assert_eq!(index.remove(reference), book.remove(&reference));
                }
            }
        }
        prop_assert_eq!(index.len(), book.len());
        let held: BTreeMap<_, _> =
            index.customers().map(|customer| (customer.reference, customer)).collect();
        prop_assert_eq!(&held, &book);
        for (reference, customer) in &book {
            prop_assert_eq!(index.get(*reference), Some(customer.clone()));
        }
        for raw in raw {
            let number = finnish().from_enreach(Some(&raw));
            let found = seen(&index.find(&number, &rules));
            prop_assert_eq!(found, naive(&book, &own, &number, &rules), "{}", raw);
        }
    }

    #[test]
    fn the_order_of_insertion_does_not_matter(
        customers in proptest::collection::vec(customer(), 0..12),
        seed in proptest::collection::vec(any::<u32>(), 12),
        raw in text(),
        rules in rules(),
    ) {
        let book: BTreeMap<_, _> =
            customers.into_iter().map(|customer| (customer.reference, customer)).collect();
        let mut shuffled: Vec<(u32, Customer)> = seed.into_iter().zip(book.values().cloned()).collect();
        let straight = index(shuffled.iter().map(|(_, customer)| customer.clone()));
        shuffled.sort_by_key(|(key, _)| *key);
        let other = index(shuffled.into_iter().map(|(_, customer)| customer));
        let number = finnish().from_enreach(Some(&raw));
        prop_assert_eq!(straight.find(&number, &rules), other.find(&number, &rules));
    }

    #[test]
    fn numbers_read_anew_are_as_if_never_read_otherwise(
        customers in proptest::collection::vec(customer(), 0..12),
        raw in text(),
        rules in rules(),
    ) {
        let mut changed = NumberIndex::new(NumberReader::new(Region::parse("SE").ok()));
        customers.iter().cloned().for_each(|customer| changed.put(customer));
        changed.set_reader(finnish());
        let number = changed.reader().from_enreach(Some(&raw));
        prop_assert_eq!(changed.find(&number, &rules), index(customers).find(&number, &rules));
    }

    #[test]
    fn the_choice_does_not_depend_on_the_order_of_candidates(
        customers in proptest::collection::vec(customer(), 0..8),
        raw in text(),
        rules in rules(),
    ) {
        let number = finnish().from_enreach(Some(&raw));
        let mut found = index(customers).find(&number, &rules);
        let chosen = choose(found.clone(), &rules);
        found.reverse();
        prop_assert_eq!(choose(found, &rules), chosen);
    }

    #[test]
    fn every_spelling_of_a_number_is_one_number(
        subscriber in "5012345[0-9]{2}",
        gaps in proptest::collection::vec(0_usize..5, 12),
        prefix in 0_usize..6,
    ) {
        let prefix = ["+358", "00358", "358", "0", "+358(0)", "(+358) "][prefix];
        let mut spelled = prefix.to_owned();
        for (digit, gap) in subscriber.chars().zip(gaps) {
            spelled.push_str(["", " ", "-", ".", "\u{a0}"][gap]);
            spelled.push(digit);
        }
        let expected: E164 = format!("+358{subscriber}").parse().unwrap();
        let typed = finnish().typed(&spelled);
        prop_assert_eq!(typed.e164(), std::slice::from_ref(&expected));
        let read = finnish().from_enreach(Some(&spelled));
        prop_assert_eq!(read, CallerNumber::International(expected));
    }

    #[test]
    fn no_text_makes_a_reader_fail(text in any::<String>()) {
        let typed = finnish().typed(&text);
        prop_assert!(typed.e164().len() <= 2);
        let _ = finnish().from_enreach(Some(&text));
    }
}
