//! Design §3: what becomes of several candidates.

use call_matching::{Candidate, CustomerTable, MatchKind, MatchResult, MatchRules, choose};

use crate::book::{contact, customer, id, index, of_account};

const CALLER: &str = "+358501234567";

fn candidates(customers: Vec<call_matching::Customer>) -> Vec<Candidate> {
    let book = index(customers);
    let number = book.reader().from_enreach(Some(CALLER));
    book.find(&number, &MatchRules { prefer_exact_match: false, ..MatchRules::default() })
}

fn shared() -> MatchRules {
    MatchRules { shared_number_to_account: true, ..MatchRules::default() }
}

fn check(candidates: Vec<Candidate>, rules: &MatchRules, expected: &str) {
    let result = match choose(candidates, rules) {
        MatchResult::None => "none".to_owned(),
        MatchResult::One { candidate, picked_from } => {
            format!("{} of {picked_from}", id(&candidate))
        }
        MatchResult::Several(several) => {
            format!("{:?}", several.iter().map(id).collect::<Vec<_>>())
        }
    };
    assert_eq!(result, expected);
}

#[test]
fn nobody_one_and_several_are_told_apart() {
    let rules = MatchRules::default();
    check(Vec::new(), &rules, "none");
    check(candidates(vec![contact(1, &[CALLER])]), &rules, "1 of 1");
    check(candidates(vec![contact(2, &[CALLER]), contact(1, &[CALLER])]), &rules, "[1, 2]");
}

#[test]
fn the_first_is_picked_on_request() {
    let rules = MatchRules { pick_first: true, ..MatchRules::default() };
    let account = customer(CustomerTable::Account, 1, &[CALLER]);
    check(candidates(vec![account, contact(2, &[CALLER])]), &rules, "2 of 2");
    check(Vec::new(), &rules, "none");
}

#[test]
fn an_account_and_its_own_contacts_become_the_account() {
    let account = || customer(CustomerTable::Account, 9, &[CALLER]);
    let own = |id| of_account(contact(id, &[CALLER]), 9);
    check(candidates(vec![own(1), own(2), account()]), &shared(), "9 of 3");
    check(candidates(vec![account()]), &shared(), "9 of 1");
    check(candidates(vec![own(1), account()]), &MatchRules::default(), "[1, 9]");
    let picked = MatchRules { pick_first: true, ..shared() };
    check(candidates(vec![own(1), account()]), &picked, "9 of 2");
}

#[test]
fn an_account_with_anybody_else_does_not_take_the_number() {
    let account = |id| customer(CustomerTable::Account, id, &[CALLER]);
    let own = |id| of_account(contact(id, &[CALLER]), 9);
    let stranger = of_account(contact(3, &[CALLER]), 8);
    let lead = customer(CustomerTable::Lead, 4, &[CALLER]);
    check(candidates(vec![own(1), stranger, account(9)]), &shared(), "[1, 3, 9]");
    check(candidates(vec![own(1), contact(2, &[CALLER]), account(9)]), &shared(), "[1, 2, 9]");
    check(candidates(vec![own(1), account(9), lead]), &shared(), "[1, 9, 4]");
    check(candidates(vec![own(1), account(9), account(8)]), &shared(), "[1, 8, 9]");
    check(candidates(vec![own(1), own(2)]), &shared(), "[1, 2]");
}

#[test]
fn a_customer_given_twice_counts_once_with_its_better_kind() {
    let mut twice = candidates(vec![contact(1, &[CALLER])]);
    twice.push(Candidate { kind: MatchKind::Contained, ..twice[0].clone() });
    twice.reverse();
    let MatchResult::One { candidate, picked_from: 1 } = choose(twice, &MatchRules::default())
    else {
        panic!("one customer")
    };
    assert_eq!(candidate.kind, MatchKind::Exact);
}
