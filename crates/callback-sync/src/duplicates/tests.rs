use super::*;
use crate::sample::{reader, request};
use serde_json::{Value, json};

const QUEUE: u128 = 0xb;
const PROFILE: &str = "0000000a-0000-0000-0000-000000000000";

fn found(rows: &[Value]) -> Found {
    let names = Names::default();
    let profile = Row::from(json!({
        "ev_callbackprofileid": PROFILE, "_ev_queueid_value": Uuid::from_u128(QUEUE).to_string(),
        "statecode": 1
    }));
    let profiles = Profiles::of_rows(&[profile], &names);
    let mut found = Found::default();
    for row in rows {
        found.file(&Row::from(row.clone()), &names, &reader(), &profiles);
    }
    found
}

fn row(number: u128, phone: &str, created: &str) -> Value {
    json!({
        "activityid": Uuid::from_u128(number).to_string(), "statecode": 0, "phonenumber": phone,
        "createdon": created, "ev_callbackid": format!("item {number}"),
        "_ev_callbackprofileid_value": PROFILE
    })
}

fn open(rows: &[Value], number: &str) -> Option<u128> {
    let number = reader().from_enreach(Some(number));
    let open = found(rows).oldest_open(&number, Uuid::from_u128(QUEUE));
    open.map(|activity| activity.0.as_u128())
}

#[test]
fn a_number_is_one_number_however_people_have_typed_it() {
    for typed in [
        "+358501234567",
        "358501234567",
        "00358501234567",
        "050 123 4567",
        "050-1234567",
        "+358 (0)50 123 4567",
    ] {
        let rows = [row(1, typed, "2026-03-04T12:00:00Z")];
        assert_eq!(open(&rows, "+358501234567"), Some(1), "{typed}");
        assert_eq!(open(&rows, "+358501234568"), None, "{typed}");
    }
}

#[test]
fn the_oldest_open_one_counts_and_equal_ages_have_an_order() {
    let phone = "+358501234567";
    let rows = [
        row(3, phone, "2026-03-04T12:00:05Z"),
        row(2, phone, "2026-03-04T12:00:00Z"),
        row(1, phone, "2026-03-04T12:00:00Z"),
    ];
    assert_eq!(open(&rows, phone), Some(1));
    // One of that second which points to another was not the first.
    let mut bundled = rows;
    bundled[2]["_ev_bundleid_value"] = json!(Uuid::from_u128(2).to_string());
    assert_eq!(open(&bundled, phone), Some(2));
}

#[test]
fn what_is_no_open_callback_of_the_queue_is_no_duplicate() {
    let phone = "+358501234567";
    for (column, value) in [
        ("statecode", json!(1)),
        ("statecode", json!(2)),
        ("ev_callbackid", Value::Null),
        ("_ev_callbackprofileid_value", Value::Null),
        ("_ev_callbackprofileid_value", json!(Uuid::from_u128(99).to_string())),
    ] {
        let mut one = row(1, phone, "2026-03-04T12:00:00Z");
        one[column] = value.clone();
        assert_eq!(open(&[one], phone), None, "{column} is {value}");
    }
}

#[test]
fn withheld_numbers_are_never_the_same() {
    assert_eq!(open(&[row(1, "anonymous", "2026-03-04T12:00:00Z")], "anonymous"), None);
}

#[test]
fn a_request_is_known_by_its_key_and_by_its_id_whatever_became_of_the_row() {
    let mut closed = row(7, "+358501234567", "2026-03-04T12:00:00Z");
    closed["statecode"] = json!(1);
    closed["_ev_bundleid_value"] = json!(Uuid::from_u128(5).to_string());
    let found = found(&[closed]);
    let (key, other) = (ActivityId(Uuid::from_u128(7)), ActivityId(Uuid::from_u128(8)));
    let item = |id: &str| CallbackItemId::new(id).unwrap();
    let existing = Existing {
        activity: key,
        bundled_into: Some(ActivityId(Uuid::from_u128(5))),
        is_open: false,
    };
    assert_eq!(found.existing(&item("other"), key), Some(existing));
    assert_eq!(found.existing(&item("item 7"), other), Some(existing));
    assert_eq!(found.existing(&item("other"), other), None);
}

#[test]
fn requests_without_number_ask_for_no_number() {
    let organization = OrganizationId::new("org").unwrap();
    let withheld = request("w", None, 0);
    let asked = format!("{:?}", query(&[&withheld], &organization, &Names::default()));
    assert!(!asked.contains("StartsWith"), "{asked}");
    let with_number = request("n", Some("+358501234567"), 0);
    let asked =
        format!("{:?}", query(&[&withheld, &with_number], &organization, &Names::default()));
    for spelling in ["+358501234567", "\"358501234567\"", "00358501234567"] {
        assert!(asked.contains(spelling), "{spelling} is missing in {asked}");
    }
}
