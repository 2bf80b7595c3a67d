//! What bodies are refused for, and what is dropped without a word.

use serde_json::json;

use super::*;

#[test]
fn bad_bodies_are_refused_with_their_codes() {
    let environment = Environment::new();
    let check = |body: Json, status: u16, code: &str| {
        let answer = environment.post("phonecalls", body.clone());
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{body} {}",
            answer.text
        );
    };
    let bind = |name: &str, path: String| json!({ (format!("{name}@odata.bind")): path });
    check(json!({ "nope": 1 }), 400, "0x80048d19");
    check(json!({ "Subject": "x" }), 400, "0x80048d19");
    check(json!({ "subject": 5 }), 400, "0x80048d19");
    check(json!({ "directioncode": 1 }), 400, "0x80048d19");
    check(json!({ "actualdurationminutes": "3" }), 400, "0x80048d19");
    check(json!({ "actualdurationminutes": 3.5 }), 400, "0x80048d19");
    check(json!({ "actualdurationminutes": -1 }), 400, "0x80044330");
    check(json!({ "actualstart": "2026-01-09" }), 400, "0x80048d19");
    check(json!({ "actualstart": "yesterday" }), 400, "0x80048d19");
    check(json!({ "actualstart": "1700-01-01T00:00:00Z" }), 400, "0x80040239");
    check(json!({ "subject": "x".repeat(201) }), 400, "0x80044331");
    check(json!({ "description": "x".repeat(2001) }), 400, "0x80044331");
    check(json!({ "prioritycode": 3 }), 400, "0x8004431a");
    check(json!({ "ev_calltype": 451_000_005 }), 400, "0x8004431a");
    check(json!({ "_ownerid_value": AGENT }), 400, "0x80048d19");
    check(json!({ "regardingobjectid": ANN }), 400, "0x80048d19");
    check(json!({ "_nope_value@odata.etag": "x" }), 400, "0x80048d19");
    check(bind("regardingobjectid", format!("/contacts({ANN})")), 400, "0x80048d19");
    check(
        bind("regardingobjectid_contact_PhoneCall", format!("/contacts({ANN})")),
        400,
        "0x80048d19",
    );
    check(bind("ev_bundleid", format!("/phonecalls({CALL})")), 400, "0x80048d19");
    check(bind("ownerid", format!("/systemusers({ABSENT})")), 404, "0x80040217");
    check(bind("ownerid", format!("/contacts({ANN})")), 400, "0x80048d19");
    check(bind("ownerid", "/nopes(1)".into()), 400, "0x80060888");
    check(bind("ownerid", "$1".into()), 400, "0x80060888");
    check(
        bind("regardingobjectid_contact_phonecall", format!("/accounts({ACME})")),
        400,
        "0x80048d19",
    );
    check(json!([1]), 400, "0x80048d19");
    assert_eq!(environment.get("phonecalls").rows().len(), 0, "a refusal leaves nothing behind");
}

#[test]
fn an_undeclared_bind_says_so() {
    let environment = Environment::new();
    let answer = environment.post(
        "contacts",
        json!({
            "lastname": "x",
            "parentcustomerid@odata.bind": format!("/accounts({ACME})"),
        }),
    );
    answer.refused(400, "0x80048d19");
    assert!(answer.message().contains(
        "An undeclared property 'parentcustomerid' which only has property annotations in the \
         payload but no property value was found in the payload."
    ));
}

#[test]
fn every_form_of_a_bind_is_read() {
    for (name, value) in [
        ("regardingobjectid_contact_phonecall", format!("/contacts({ANN})")),
        ("regardingobjectid_contact", format!("contacts({ANN})")),
        (
            "regardingobjectid_contact_phonecall",
            format!("http://127.0.0.1:9100/api/data/v9.2/contacts({ANN})"),
        ),
        ("regardingobjectid_contact_phonecall", format!("/contacts({})", ANN.to_ascii_uppercase())),
    ] {
        let environment = Environment::new();
        environment.call(json!({ (format!("{name}@odata.bind")): value }));
        assert_eq!(environment.stored_call()["_regardingobjectid_value"], ANN, "{name} {value}");
    }
}

#[test]
fn a_lookup_is_cleared_by_a_null_bind() {
    let environment = Environment::new();
    let url = format!("contacts({ANN})");
    environment.patch(&url, json!({ "parentcustomerid_account@odata.bind": null })).ok(204);
    assert_eq!(environment.get(&url).json()["_parentcustomerid_value"], Json::Null);
}

#[test]
fn read_only_columns_and_annotations_are_dropped_without_a_word() {
    let environment = Environment::new();
    environment.call(json!({
        "@odata.type": "Microsoft.Dynamics.CRM.phonecall",
        "@odata.etag": "W/\"5\"",
        "subject": "x",
        "subject@OData.Community.Display.V1.FormattedValue": "x",
        "versionnumber": 1,
        "scheduleddurationminutes": 99,
        "activitytypecode": "email",
        "modifiedon": "1999-01-01T00:00:00Z",
        "createdby@odata.bind": format!("/systemusers({AGENT})"),
    }));
    let row = environment.stored_call();
    assert_eq!(row["activitytypecode"], "phonecall");
    assert_eq!(row["scheduleddurationminutes"], Json::Null);
    assert_eq!(row["_createdby_value"], APPLICATION.to_string());
    let user = format!("systemusers({AGENT})");
    environment.patch(&user, json!({ "isdisabled": true, "fullname": "X" })).ok(204);
    let user = environment.get(&user).json();
    assert_eq!((&user["isdisabled"], &user["fullname"]), (&json!(false), &json!("Ann Agent")));
}

#[test]
fn defaults_and_computed_columns_are_filled_in() {
    let environment = Environment::new();
    environment.call(json!({
        "scheduledstart": "2026-01-09T10:00:00Z", "scheduledend": "2026-01-09T10:45:30Z",
        "category": "",
    }));
    let row = environment.stored_call();
    assert_eq!(row["directioncode"], true);
    assert_eq!(row["prioritycode"], 1);
    assert_eq!(row["leftvoicemail"], false);
    assert_eq!(row["isbilled"], false);
    assert_eq!(row["scheduleddurationminutes"], 45);
    assert_eq!(row["category"], Json::Null, "empty text is no value");
}

#[test]
fn owners_must_be_able_to_own() {
    let environment = Environment::new();
    let team = json!([{ "teamid": ABSENT, "name": "Readers", "teamtype": 1 }]);
    environment.dataverse.load("teams", team.as_array().unwrap()).unwrap();
    let check = |path: String, status: u16, code: &str| {
        let answer = environment.post("phonecalls", json!({ "ownerid@odata.bind": path }));
        answer.refused(status, code);
    };
    check(format!("/systemusers({DISABLED})"), 400, "0x80040225");
    check(format!("/systemusers({NO_ROLE})"), 403, "0x80042f09");
    check(format!("/teams({ABSENT})"), 400, "0x80040203");
    environment.call(json!({ "ownerid@odata.bind": format!("/systemusers({AGENT})") }));
    let nobody = json!({ "ownerid@odata.bind": null });
    environment.patch(&format!("phonecalls({CALL})"), nobody).refused(400, "0x80040203");
    let row = environment.stored_call();
    assert_eq!((&row["_ownerid_value"], &row["_owninguser_value"]), (&json!(AGENT), &json!(AGENT)));
}

#[test]
fn a_caller_who_is_unknown_or_disabled_is_refused() {
    let environment = Environment::new();
    for (caller, code) in [(ABSENT, "0x80072560"), (DISABLED, "0x80040225")] {
        let caller = Uuid::try_parse(caller).unwrap();
        let request = Request { caller, ..request("GET", "WhoAmI", &[], None) };
        environment.request(&request).refused(403, code);
    }
}

#[test]
fn error_details_come_only_with_annotations() {
    let environment = Environment::new();
    let url = format!("contacts({ABSENT})");
    let plain = environment.get(&url).json();
    assert_eq!(plain["error"].as_object().unwrap().len(), 2);
    let prefer = [("Prefer", "odata.include-annotations=\"*\"")];
    let full = environment.send("GET", &url, &prefer, None).json();
    assert!(full["error"]["@Microsoft.PowerApps.CDS.HelpLink"].is_string());
}

#[test]
fn a_bare_environment_lacks_our_columns() {
    let environment = Environment::bare_of_rows(true);
    environment.get("ev_settings").refused(404, "0x8006088a");
    environment.post("phonecalls", json!({ "ev_callid": "x" })).refused(400, "0x80048d19");
    environment.get("systemusers?$select=ev_clouduserid").refused(400, "0x0");
}
