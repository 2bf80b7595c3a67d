use uuid::Uuid;

use super::*;
use crate::{NumberReader, Region};

fn finnish(text: &str) -> TypedNumber {
    NumberReader::new(Some(Region::parse("FI").unwrap())).typed(text)
}

fn customer(numbers: &[&str]) -> Customer {
    Customer {
        reference: CustomerRef { table: CustomerTable::Lead, id: Uuid::from_u128(7) },
        name: "Åsa".to_owned(),
        created_on: DateTime::from_timestamp(1_577_836_800, 0),
        parent_account: Some(Uuid::from_u128(u128::MAX)),
        numbers: numbers.iter().map(|&number| number.to_owned()).collect(),
    }
}

#[test]
fn a_customer_comes_back_as_it_was_given() {
    let long = "050 1234567 / ".repeat(40);
    let full = customer(&["", "050-1234567", &long, "+358 50 1234567", "12345678901234567890"]);
    let bare = Customer { created_on: None, parent_account: None, ..customer(&[]) };
    let early = Customer { created_on: DateTime::from_timestamp(-1, 999_999_999), ..bare.clone() };
    let end = Customer { created_on: Some(DateTime::<Utc>::MAX_UTC), ..bare.clone() };
    let contact = CustomerRef { table: CustomerTable::Contact, id: Uuid::from_u128(1) };
    let account = CustomerRef { table: CustomerTable::Account, ..contact };
    let company = Customer { reference: account, ..full.clone() };
    let nameless = Customer { reference: contact, name: String::new(), ..full.clone() };
    for customer in [full, bare, early, end, company, nameless] {
        let record = Record::new(&customer, finnish);
        assert_eq!(record.customer(), customer);
        assert_eq!(record.reference(), customer.reference);
    }
}

#[track_caller]
fn check(part: &Part<'_>, column_certain_several: (usize, bool, bool), typed: &str, reading: &str) {
    assert_eq!((part.column, part.certain, part.several), column_certain_several);
    assert_eq!(part.typed, typed.as_bytes());
    assert_eq!(part.readings, [reading.as_bytes(), b""]);
}

#[test]
fn a_number_keeps_its_digits_its_readings_and_its_column() {
    let record = Record::new(&customer(&["050-1234567", "", "+46701234567; 09123456"]), finnish);
    let parts: Vec<_> = record.parts().collect();
    check(&parts[0], (0, false, false), "0501234567", "358501234567");
    check(&parts[1], (2, true, true), "", "46701234567");
    check(&parts[2], (2, false, true), "09123456", "3589123456");
    assert_eq!(parts.len(), 3);
}

#[test]
fn a_customer_with_a_number_takes_few_bytes() {
    let customer = Customer { name: "Maija Meikäläi".into(), ..customer(&["050 123 4567"]) };
    assert!(Record::new(&customer, finnish).0.len() <= 100);
    assert_eq!(size_of::<Option<Record>>(), 16);
}
