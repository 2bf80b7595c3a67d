//! Customers for tests.

use call_matching::{
    Candidate, Customer, CustomerRef, CustomerTable, MatchKind, MatchRules, NumberIndex,
    NumberReader, Region,
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A reader of Finnish numbers.
pub(crate) fn finnish() -> NumberReader {
    NumberReader::new(Some(Region::parse("FI").unwrap()))
}

/// A contact with the id and these numbers.
pub(crate) fn contact(id: u128, numbers: &[&str]) -> Customer {
    customer(CustomerTable::Contact, id, numbers)
}

/// A customer with the id and these numbers.
pub(crate) fn customer(table: CustomerTable, id: u128, numbers: &[&str]) -> Customer {
    Customer {
        reference: CustomerRef { table, id: Uuid::from_u128(id) },
        name: format!("{table} {id}"),
        created_on: None,
        parent_account: None,
        numbers: numbers.iter().map(|&number| number.to_owned()).collect(),
    }
}

/// The customer, created at a second of 2020.
pub(crate) fn created(mut customer: Customer, second: i64) -> Customer {
    customer.created_on = DateTime::<Utc>::from_timestamp(1_577_836_800 + second, 0);
    customer
}

/// The contact, belonging to an account.
pub(crate) fn of_account(mut customer: Customer, account: u128) -> Customer {
    customer.parent_account = Some(Uuid::from_u128(account));
    customer
}

/// A Finnish index that holds these customers.
pub(crate) fn index(customers: impl IntoIterator<Item = Customer>) -> NumberIndex {
    let mut index = NumberIndex::new(finnish());
    for customer in customers {
        index.put(customer);
    }
    index
}

/// What the index finds for a number as Enreach delivers it: kind and id, in order.
pub(crate) fn found(index: &NumberIndex, raw: &str, rules: &MatchRules) -> Vec<(MatchKind, u128)> {
    let number = index.reader().from_enreach(Some(raw));
    index.find(&number, rules).iter().map(|one| (one.kind, id(one))).collect()
}

/// The id of a candidate as a number.
pub(crate) fn id(candidate: &Candidate) -> u128 {
    candidate.customer.id.as_u128()
}
