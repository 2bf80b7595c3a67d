use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{CustomerTable, Region};

fn reader(region: &str) -> NumberReader {
    NumberReader::new(Region::parse(region).ok())
}

/// Texts that have most of their digits in common, so that lists overflow; some with digits around
/// them that make another number of it.
fn text() -> impl Strategy<Value = String> {
    let number = || "(0|\\+358|358|00358|99|7)50[1-2]{2}3456[0-1](|[8-9])";
    prop_oneof![
        8 => number(),
        1 => (number(), number()).prop_map(|(first, second)| format!("{first}; {second}")),
        1 => "[0-9]{0,22}",
    ]
}

fn customer() -> impl Strategy<Value = Customer> {
    (0_u128..30, proptest::collection::vec(text(), 0..4)).prop_map(|(id, numbers)| Customer {
        reference: CustomerRef { table: CustomerTable::Contact, id: Uuid::from_u128(id) },
        name: String::new(),
        created_on: None,
        parent_account: None,
        numbers,
    })
}

/// What a look at every customer finds.
fn by_scan(index: &NumberIndex, number: &CallerNumber, rules: &MatchRules) -> Vec<Candidate> {
    if index.is_own(number) {
        return Vec::new();
    }
    let tried = Tried::of(number, rules);
    let sought = Sought {
        exact: tried.exact().map(|number| number.digits().as_bytes()),
        contained: tried.contained().map(str::as_bytes),
    };
    ranked(index.candidates((0..).zip(&index.records).map(|(slot, _)| slot), sought), rules)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn look_ups_find_what_a_look_at_every_customer_finds(
        put in proptest::collection::vec(customer(), 0..40),
        removed in proptest::collection::vec(0_u128..30, 0..10),
        put_again in proptest::collection::vec(customer(), 0..20),
        sought in proptest::collection::vec(text(), 1..6),
        numbers_to_cut in 0_usize..9,
        prefer_exact_match in any::<bool>(),
    ) {
        let mut index = NumberIndex::new(reader("FI"));
        put.into_iter().for_each(|customer| index.put(customer));
        for id in removed {
            let reference = CustomerRef { table: CustomerTable::Contact, id: Uuid::from_u128(id) };
            index.remove(reference);
        }
        put_again.into_iter().for_each(|customer| index.put(customer));
        let rules = MatchRules { numbers_to_cut, prefer_exact_match, ..MatchRules::default() };
        for text in sought {
            let number = index.reader().from_enreach(Some(&text));
            prop_assert_eq!(index.find(&number, &rules), by_scan(&index, &number, &rules));
        }
    }
}

#[test]
fn nothing_stays_behind_removed_customers() {
    let mut index = NumberIndex::new(reader("FI"));
    let customer = |id| Customer {
        reference: CustomerRef { table: CustomerTable::Account, id: Uuid::from_u128(id) },
        name: String::new(),
        created_on: None,
        parent_account: None,
        numbers: vec!["050 1234567".into(), "+358501234567; 09123456".into(), "0501234567".into()],
    };
    for _ in 0..3 {
        (0..5).for_each(|id| index.put(customer(id)));
        (0..5).for_each(|id| drop(index.remove(customer(id).reference)));
    }
    assert_eq!(index.by_digits.possible(b"50123"), Some([].as_slice()));
    assert_eq!(index.by_number.len(), 0);
    assert_eq!(index.by_reference.len(), 0);
    assert_eq!(index.records.len(), 5, "slots are used again");
    let number = index.reader().from_enreach(Some("+358501234567"));
    assert!(index.find(&number, &MatchRules::default()).is_empty());
}
