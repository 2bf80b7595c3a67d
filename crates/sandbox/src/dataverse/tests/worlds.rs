//! Loading of worlds (design, section 9).

use std::collections::BTreeMap;

use serde_json::json;

use super::*;

fn world(json: Json) -> BTreeMap<String, Vec<Json>> {
    let sets = json.as_object().unwrap().clone();
    sets.into_iter().map(|(set, rows)| (set, rows.as_array().unwrap().clone())).collect()
}

#[test]
fn the_fixed_rows_are_there_before_and_after() {
    let environment = Environment::new();
    environment.dataverse.reset();
    let users =
        environment.get("systemusers?$expand=systemuserroles_association($select=name)").rows();
    assert_eq!(users.len(), 1);
    assert_eq!(users[0]["applicationid"], "22222222-2222-2222-2222-222222222222");
    assert_eq!(users[0]["systemuserroles_association"][0]["name"], "Voice ApiUser");
    assert_eq!(users[0]["ownerid"], users[0]["systemuserid"]);
    assert!(environment.get("contacts").rows().is_empty());
    assert_eq!(environment.get("organizations").rows().len(), 1);
}

#[test]
fn order_does_not_matter_and_closed_rows_load() {
    let environment = Environment::bare_of_rows(false);
    // "activity…" and "contacts" come before "systemusers" in the alphabet.
    let loaded = environment.dataverse.load_world(&world(json!({
        "phonecalls": [{
            "activityid": CALL, "subject": "old", "statecode": 1, "statuscode": 4,
            "createdon": "2024-05-05T05:05:05Z",
            "ownerid@odata.bind": format!("/systemusers({AGENT})"),
            "phonecall_activity_parties": [
                { "participationtypemask": 2, "partyid_systemuser@odata.bind": format!("/systemusers({AGENT})") },
            ],
        }],
        "systemusers": [{ "systemuserid": AGENT, "fullname": "A", "isdisabled": true, "roles": ["X"] }],
    })));
    assert_eq!(loaded, Ok(2));
    let row = environment.stored_call();
    assert_eq!((&row["statecode"], &row["statuscode"]), (&json!(1), &json!(4)));
    assert_eq!(row["createdon"], "2024-05-05T05:05:05Z");
    assert_eq!(row["_owningbusinessunit_value"], "44444444-4444-4444-4444-444444444444");
    assert_eq!(environment.get("activityparties").rows().len(), 2);
    assert_eq!(environment.column("roles?$filter=name eq 'X'", "name"), ["X"]);
}

#[test]
fn the_same_key_replaces() {
    let environment = Environment::new();
    let rows = json!([{ "contactid": ANN, "lastname": "Other" }]);
    environment.dataverse.load("contacts", rows.as_array().unwrap()).unwrap();
    let row = environment.get(&format!("contacts({ANN})")).json();
    assert_eq!((&row["fullname"], &row["telephone1"]), (&json!("Other"), &Json::Null));
}

#[test]
fn one_of_state_and_status_is_enough() {
    let environment = Environment::new();
    let rows = json!([
        { "leadid": ANN, "lastname": "a", "statuscode": 5 },
        { "leadid": BOB, "lastname": "b", "statecode": 2 },
    ]);
    environment.dataverse.load("leads", rows.as_array().unwrap()).unwrap();
    let pair = |id: &str| {
        let row = environment.get(&format!("leads({id})")).json();
        (row["statecode"].as_i64(), row["statuscode"].as_i64())
    };
    assert_eq!(pair(ANN), (Some(2), Some(5)));
    assert_eq!(pair(BOB), (Some(2), Some(4)));
}

#[test]
fn a_wrong_world_names_the_place_and_loads_nothing() {
    #[track_caller]
    fn check(wrong: Json, expected: &str) {
        let environment = Environment::new();
        let before = environment.snapshot();
        let error = environment.dataverse.load_world(&world(wrong)).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
        assert_eq!(environment.snapshot(), before);
    }
    let good = json!({ "contactid": BOB, "lastname": "fine" });
    check(json!({ "persons": [] }), "persons: there is no such entity set");
    check(
        json!({ "contacts": [good, { "contactid": ANN, "phone": "1" }] }),
        &format!("contacts[1] ({ANN}), phone: the table 'contact' has no such property"),
    );
    check(
        json!({ "contacts": [{ "lastname": "x" }] }),
        "contacts[0], contactid: the row has no primary key",
    );
    check(
        json!({ "contacts": [{ "contactid": ANN, "parentcustomerid@odata.bind": "/accounts(1)" }] }),
        &format!("contacts[0] ({ANN}), parentcustomerid@odata.bind"),
    );
    check(
        json!({ "contacts": [{ "contactid": ANN, "statecode": 5 }] }),
        &format!("contacts[0] ({ANN}), statecode: there is no state 5"),
    );
    check(
        json!({ "phonecalls": [{ "activityid": CALL, "directioncode": 1 }] }),
        &format!("phonecalls[0] ({CALL}), directioncode: Cannot convert"),
    );
    check(
        json!({ "systemusers": [{ "systemuserid": AGENT, "roles": "Voice User" }] }),
        &format!("systemusers[0] ({AGENT}), roles: expected an array"),
    );
}

#[test]
fn a_user_of_whose_roles_the_world_says_nothing_has_the_usual_one() {
    let environment = Environment::bare_of_rows(false);
    let users = json!([
        { "systemuserid": AGENT, "fullname": "A" },
        { "systemuserid": NO_ROLE, "fullname": "B", "roles": [] },
    ]);
    environment.dataverse.load("systemusers", users.as_array().unwrap()).unwrap();
    let roles = |user: &str| {
        environment.column(&format!("systemusers({user})/systemuserroles_association"), "name")
    };
    assert_eq!(roles(AGENT), ["Basic User"]);
    assert!(roles(NO_ROLE).is_empty());
}
