//! Single-row requests: statuses, headers, conditions (reference, sections 1.5 and 2.6).

use serde_json::json;

use super::*;

#[test]
fn a_create_answers_with_the_address_alone() {
    let environment = Environment::new();
    let answer = environment.post("contacts", json!({ "lastname": "New" })).ok(204);
    let address = answer.header("odata-entityid");
    assert!(address.starts_with("http://127.0.0.1:9100/api/data/v9.2/contacts("), "{address}");
    assert!(address.ends_with(')'));
    assert_eq!(answer.text, "");
    assert_eq!(answer.header("odata-version"), "4.0");
    assert_eq!(answer.header("x-ms-dop-hint"), "4");
    assert_eq!(answer.header("req_id"), answer.header("x-ms-service-request-id"));
    let path = address.rsplit('/').next().unwrap();
    assert_eq!(environment.get(path).ok(200).json()["fullname"], "New");
}

#[test]
fn a_create_with_representation_answers_with_the_row_and_no_entity_id() {
    let environment = Environment::new();
    let answer = environment
        .send(
            "POST",
            "contacts?$select=lastname",
            &[("Prefer", "return=representation")],
            Some(json!({ "contactid": ABSENT, "lastname": "New" })),
        )
        .ok(201);
    assert_eq!(answer.header("odata-entityid"), "");
    assert_eq!(answer.header("preference-applied"), "return=representation");
    let row = answer.json();
    assert_eq!(row["contactid"], ABSENT);
    assert_eq!(row["lastname"], "New");
    assert!(row.get("firstname").is_none());
    assert_eq!(
        row["@odata.context"],
        "http://127.0.0.1:9100/api/data/v9.2/$metadata#contacts(lastname)/$entity"
    );
}

#[test]
fn a_second_create_with_the_same_key_is_a_duplicate() {
    let environment = Environment::new();
    let answer = environment.post("contacts", json!({ "contactid": ANN, "lastname": "Again" }));
    answer.refused(412, "0x80040237");
    assert_eq!(answer.message(), "A record with matching key values already exists.");
}

#[test]
fn patch_is_upsert_unless_a_condition_says_otherwise() {
    #[track_caller]
    fn check(id: &str, headers: &[(&str, &str)], status: u16, code: Option<&str>) {
        let environment = Environment::new();
        let url = format!("contacts({id})");
        let answer = environment.send("PATCH", &url, headers, Some(json!({ "jobtitle": "x" })));
        assert_eq!(answer.status, status, "{}", answer.text);
        match code {
            Some(code) => assert_eq!(answer.code(), code),
            None => assert_eq!(environment.get(&url).json()["jobtitle"], "x"),
        }
    }
    check(ANN, &[], 204, None);
    check(ABSENT, &[], 204, None);
    check(ANN, &[("If-Match", "*")], 204, None);
    check(ABSENT, &[("If-Match", "*")], 404, Some("0x80040217"));
    check(ANN, &[("If-None-Match", "*")], 412, Some("0x80040237"));
    check(ABSENT, &[("If-None-Match", "*")], 204, None);
    check(ANN, &[("If-None-Match", "null")], 204, None);
    check(ANN, &[("If-Match", "W/\"1\"")], 412, Some("0x80060882"));
    check(ABSENT, &[("If-Match", "W/\"1\"")], 404, Some("0x80040217"));
    check(ABSENT, &[("Prefer", "return=representation")], 201, None);
    check(ANN, &[("Prefer", "return=representation")], 200, None);
}

#[test]
fn an_update_of_an_absent_call_names_the_type_and_the_id() {
    let environment = Environment::new();
    let url = format!("phonecalls({ABSENT})");
    let answer =
        environment.send("PATCH", &url, &[("If-Match", "*")], Some(json!({ "subject": "x" })));
    assert_eq!(answer.message(), format!("PhoneCall With Id = {ABSENT} Does Not Exist"));
}

#[test]
fn an_etag_lets_one_writer_through_and_reads_be_skipped() {
    let environment = Environment::new();
    let url = format!("contacts({ANN})");
    let etag = environment.get(&url).json()["@odata.etag"].as_str().unwrap().to_owned();
    environment.send("GET", &url, &[("If-None-Match", &etag)], None).ok(304);
    let headers = [("If-Match", etag.as_str())];
    environment.send("PATCH", &url, &headers, Some(json!({ "jobtitle": "a" }))).ok(204);
    let late = environment.send("PATCH", &url, &headers, Some(json!({ "jobtitle": "b" })));
    late.refused(412, "0x80060882");
    environment.send("GET", &url, &[("If-None-Match", &etag)], None).ok(200);
    environment.send("DELETE", &url, &headers, None).refused(412, "0x80060882");
    environment.send("DELETE", &url, &[("If-Match", "*")], None).ok(204);
    environment.get(&url).refused(404, "0x80040217");
    environment.send("DELETE", &url, &[], None).refused(404, "0x80040217");
}

#[test]
fn one_column_can_be_read_set_and_cleared_by_itself() {
    let environment = Environment::new();
    let url = format!("contacts({ANN})/jobtitle");
    environment.get(&url).ok(204);
    environment.send("PUT", &url, &[], Some(json!({ "value": "boss" }))).ok(204);
    assert_eq!(environment.get(&url).ok(200).json()["value"], "boss");
    assert_eq!(environment.get(&format!("{url}/$value")).text, "boss");
    environment.send("DELETE", &url, &[], None).ok(204);
    environment.get(&url).ok(204);
    let lookup = format!("contacts({ANN})/_parentcustomerid_value");
    environment.send("DELETE", &lookup, &[], None).refused(404, "0x8006088a");
}

#[test]
fn alternate_keys_read_write_and_stay_unique() {
    let environment = Environment::new();
    let url = "ev_settings(ev_name='NumbersToCut')";
    environment.get(url).refused(404, "0x80060891");
    environment.patch(url, json!({ "ev_value": "4" })).ok(204);
    let row = environment.get(url).ok(200).json();
    assert_eq!((&row["ev_name"], &row["ev_value"]), (&json!("NumbersToCut"), &json!("4")));
    environment.patch("ev_settings(ev_name='numberstocut')", json!({ "ev_value": "5" })).ok(204);
    assert_eq!(environment.get("ev_settings").rows().len(), 1);
    let again = environment.post("ev_settings", json!({ "ev_name": "NUMBERSTOCUT" }));
    again.refused(412, "0x80060892");
    environment.get("phonecalls(ev_callid='x')").refused(400, "0x80060890");
    environment.get("ev_settings(ev_name='+358')").refused(400, "0x80060888");
    let users = environment.get(&format!("systemusers(systemuserid={AGENT})"));
    users.refused(400, "0x80060890");
    environment.get(&format!("phonecalls(activityid={ABSENT})")).refused(404, "0x80040217");
}

#[test]
fn the_platform_keeps_who_and_when() {
    let environment = Environment::new();
    environment.call(json!({ "subject": "x", "createdon": "1999-01-01T00:00:00Z" }));
    environment.clock.advance(chrono::Duration::seconds(90));
    environment
        .send(
            "PATCH",
            &format!("phonecalls({CALL})"),
            &[("MSCRMCallerID", AGENT)],
            Some(json!({ "subject": "y" })),
        )
        .ok(204);
    let row = environment.stored_call();
    assert_eq!(row["createdon"], "2026-03-01T12:00:00Z");
    assert_eq!(row["modifiedon"], "2026-03-01T12:01:30Z");
    assert_eq!(row["_createdby_value"], APPLICATION.to_string());
    assert_eq!(row["_modifiedby_value"], AGENT);
    assert_eq!(row["_modifiedonbehalfby_value"], APPLICATION.to_string());
    assert_eq!(row["activitytypecode"], "phonecall");
    assert_eq!(row["_owninguser_value"], APPLICATION.to_string());
    assert_eq!(row["_owningbusinessunit_value"], "44444444-4444-4444-4444-444444444444");
    let etag = row["@odata.etag"].as_str().unwrap();
    assert_eq!(etag, format!("W/\"{}\"", row["versionnumber"]));
}

#[test]
fn a_backdated_row_changes_places_with_the_clock() {
    let environment = Environment::new();
    environment.call(json!({ "overriddencreatedon": "2025-01-01T00:00:00Z" }));
    let row = environment.stored_call();
    assert_eq!(row["createdon"], "2025-01-01T00:00:00Z");
    assert_eq!(row["overriddencreatedon"], "2026-03-01T12:00:00Z");
    let future = json!({ "overriddencreatedon": "2027-01-01T00:00:00Z" });
    environment.post("phonecalls", future).refused(400, "0x80040203");
}

#[test]
fn methods_that_a_resource_does_not_take_are_refused() {
    let environment = Environment::new();
    let body = || Some(json!({}));
    environment.send("PATCH", "contacts", &[], body()).refused(405, "0x0");
    environment.send("POST", &format!("contacts({ANN})"), &[], body()).refused(405, "0x0");
    environment
        .send("DELETE", &format!("systemusers({AGENT})"), &[], None)
        .refused(405, "0x80040800");
    environment.post("activityparties", json!({})).refused(405, "0x80040800");
    environment.post("nothings", json!({})).refused(404, "0x8006088a");
    let untyped = Request { headers: HeaderMap::new(), ..request("POST", "contacts", &[], body()) };
    environment.request(&untyped).refused(415, "0x80060888");
}

#[test]
fn who_am_i_is_a_function() {
    let environment = Environment::new();
    for url in ["WhoAmI", "WhoAmI()"] {
        let me = environment.get(url).ok(200).json();
        assert_eq!(me["UserId"], APPLICATION.to_string());
        assert_eq!(me["OrganizationId"], "33333333-3333-3333-3333-333333333333");
        assert_eq!(me["BusinessUnitId"], "44444444-4444-4444-4444-444444444444");
    }
    let posted = environment.post("WhoAmI", json!({}));
    posted.refused(404, "");
    assert!(posted.message().starts_with("No HTTP resource was found that matches"));
}

#[test]
fn deleting_a_customer_leaves_its_calls_without_regarding() {
    let environment = Environment::new();
    environment.call(json!({
        "regardingobjectid_contact_phonecall@odata.bind": format!("/contacts({ANN})"),
    }));
    environment.send("DELETE", &format!("contacts({ANN})"), &[], None).ok(204);
    assert_eq!(environment.stored_call()["_regardingobjectid_value"], Json::Null);
}

#[test]
fn total_record_counts_take_an_alias() {
    let environment = Environment::new();
    let url = "RetrieveTotalRecordCount(EntityNames=@p1)?@p1=[%22contact%22,'account']";
    let counts = environment.get(url).ok(200).json();
    assert_eq!(counts["EntityRecordCountCollection"]["Values"], json!([2, 1]));
    environment.get("RetrieveTotalRecordCount(EntityNames=['nope'])").refused(400, "0x80041102");
}
