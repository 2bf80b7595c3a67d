//! Bulk messages, their probe and bulk deletion (reference, section 6.4).

use serde_json::json;

use super::*;

const CREATE: &str = "Microsoft.Dynamics.CRM.CreateMultiple";
const UPDATE: &str = "Microsoft.Dynamics.CRM.UpdateMultiple";
const UPSERT: &str = "Microsoft.Dynamics.CRM.UpsertMultiple";
const CONTACT: &str = "Microsoft.Dynamics.CRM.contact";
const SETTING: &str = "Microsoft.Dynamics.CRM.ev_setting";

fn contact(members: Json) -> Json {
    typed(CONTACT, members)
}

fn typed(kind: &str, mut members: Json) -> Json {
    members["@odata.type"] = kind.into();
    members
}

fn targets(rows: &[Json]) -> Json {
    json!({ "Targets": rows })
}

#[test]
fn many_rows_are_made_in_order() {
    let environment = Environment::new();
    let rows = [contact(json!({ "lastname": "A" })), contact(json!({ "lastname": "B" }))];
    let answer = environment.post(&format!("contacts/{CREATE}"), targets(&rows)).ok(200).json();
    let context = answer["@odata.context"].as_str().unwrap();
    assert!(context.ends_with("$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse"));
    let ids = answer["Ids"].as_array().unwrap();
    for (id, name) in ids.iter().zip(["A", "B"]) {
        let row = environment.get(&format!("contacts({})", id.as_str().unwrap())).ok(200).json();
        assert_eq!(row["lastname"], name);
    }
}

#[test]
fn many_rows_are_changed() {
    let environment = Environment::new();
    let rows = [
        contact(json!({ "contactid": ANN, "jobtitle": "one" })),
        contact(json!({ "contactid": BOB, "jobtitle": "two" })),
    ];
    environment.post(&format!("contacts/{UPDATE}"), targets(&rows)).ok(204);
    assert_eq!(environment.column("contacts", "jobtitle"), ["one", "two"]);
    let rows = [contact(json!({ "jobtitle": "nobody" }))];
    environment.post(&format!("contacts/{UPDATE}"), targets(&rows)).refused(400, "0x80040203");
}

#[test]
fn the_first_refusal_undoes_all() {
    let environment = Environment::new();
    let before = environment.snapshot();
    let rows = [
        contact(json!({ "lastname": "A" })),
        contact(json!({ "lastname": "B", "telephone1": "1".repeat(51) })),
    ];
    environment.post(&format!("contacts/{CREATE}"), targets(&rows)).refused(400, "0x80044331");
    assert_eq!(environment.snapshot(), before);
    let rows = [
        contact(json!({ "contactid": ANN, "jobtitle": "one" })),
        contact(json!({ "contactid": ABSENT, "jobtitle": "two" })),
    ];
    environment.post(&format!("contacts/{UPDATE}"), targets(&rows)).refused(404, "0x80040217");
    assert_eq!(environment.snapshot(), before);
}

#[test]
fn rows_are_made_or_changed_by_key_address_or_alternate_key() {
    let environment = Environment::new();
    let url = format!("ev_settings/{UPSERT}");
    let address = |name: &str| format!("ev_settings(ev_name='{name}')");
    let setting = |members: Json| typed(SETTING, members);
    let rows = [
        setting(json!({ "@odata.id": address("it''s"), "ev_value": "1" })),
        setting(json!({ "ev_name": "B", "ev_value": "2" })),
        setting(json!({ "ev_settingid": ABSENT, "ev_name": "C", "ev_value": "3" })),
    ];
    environment.post(&url, targets(&rows)).ok(204);
    let values = "ev_settings?$select=ev_value&$orderby=ev_value";
    assert_eq!(environment.column(values, "ev_value"), ["1", "2", "3"]);
    let rows = [
        setting(json!({ "@odata.id": address("IT''S"), "ev_value": "4" })),
        setting(json!({ "ev_name": "B", "ev_value": "5" })),
        setting(json!({ "ev_settingid": ABSENT, "ev_value": "6" })),
    ];
    environment.post(&url, targets(&rows)).ok(204);
    assert_eq!(environment.column(values, "ev_value"), ["4", "5", "6"]);
    let name = environment.get("ev_settings?$filter=ev_value eq '4'").rows();
    assert_eq!(name[0]["ev_name"], "it's", "a new row takes the key from its address");
}

#[test]
fn targets_must_be_of_the_tables_type() {
    let environment = Environment::new();
    for rows in [json!({ "lastname": "A" }), typed("Microsoft.Dynamics.CRM.account", json!({}))] {
        environment
            .post(&format!("contacts/{CREATE}"), targets(&[rows]))
            .refused(400, "0x80048d19");
    }
    environment.post(&format!("contacts/{CREATE}"), json!({})).refused(400, "0x80048d19");
}

#[test]
fn activities_have_no_bulk_messages_and_the_probe_says_so() {
    let environment = Environment::new();
    let probe = |message: &str, table: &str| {
        let url = format!(
            "sdkmessagefilters?$select=sdkmessagefilterid&$filter=sdkmessageid/name eq @m and \
             primaryobjecttypecode eq @t&@m='{message}'&@t='{table}'"
        );
        environment.get(&url).rows().len()
    };
    for message in ["CreateMultiple", "UpdateMultiple", "UpsertMultiple"] {
        assert_eq!(probe(message, "phonecall"), 0);
        assert_eq!(probe(message, "contact"), 1);
        assert_eq!(probe(message, "ev_setting"), 1);
        let answer =
            environment.post(&format!("phonecalls/Microsoft.Dynamics.CRM.{message}"), targets(&[]));
        answer.refused(404, "0x8006088a");
        let expected =
            format!("Resource not found for the segment 'Microsoft.Dynamics.CRM.{message}'.");
        assert_eq!(answer.message(), expected);
    }
    assert_eq!(probe("Create", "phonecall"), 1);
    let delete = "contacts/Microsoft.Dynamics.CRM.DeleteMultiple";
    let answer = environment.post(delete, targets(&[]));
    assert_eq!(answer.message(), "DeleteMultiple has not yet been implemented.");
}

#[test]
fn bulk_deletion_deletes_what_its_query_names() {
    let environment = Environment::new();
    let body = |operator: &str, values: Json| {
        json!({
            "JobName": "x", "StartDateTime": "2026-03-01T12:00:00Z", "RecurrencePattern": "",
            "SendEmailNotification": false, "ToRecipients": [], "CCRecipients": [],
            "QuerySet": [{ "EntityName": "contact", "Criteria": { "FilterOperator": "And",
                "Conditions": [{ "AttributeName": "contactid", "Operator": operator,
                                 "Values": values }] } }],
        })
    };
    let values = json!([{ "Value": ANN, "Type": "System.Guid" }]);
    let answer = environment.post("BulkDelete", body("In", values.clone())).ok(200).json();
    assert!(Uuid::try_parse(answer["JobId"].as_str().unwrap()).is_ok());
    assert_eq!(environment.column("contacts", "contactid"), [BOB]);
    assert_eq!(environment.post("BulkDelete", body("Like", values)).status, 501);
    environment.post("BulkDelete", json!({})).refused(400, "0x80048d19");
}

#[test]
fn a_query_by_an_index_gives_what_reading_all_rows_gives() {
    let environment = Environment::new();
    environment.post("ev_settings", json!({ "ev_name": "Äa", "ev_value": "1" })).ok(204);
    environment.post("ev_settings", json!({ "ev_name": "b", "ev_value": "2" })).ok(204);
    #[track_caller]
    fn check(environment: &Environment, set: &str, filter: &str, count: usize) {
        let rows = environment.get(&format!("{set}?$filter={filter}&$count=true")).ok(200).json();
        assert_eq!(rows["value"].as_array().unwrap().len(), count, "{filter}");
        assert_eq!(rows["@odata.count"], count, "{filter}");
    }
    let e = &environment;
    check(e, "contacts", &format!("contactid eq {ANN}"), 1);
    check(e, "contacts", &format!("contactid eq {ANN} or contactid eq {BOB}"), 2);
    check(e, "contacts", &format!("contactid eq {ANN} and contactid eq {BOB}"), 0);
    check(e, "contacts", &format!("contactid eq {ANN} and lastname eq 'Byte'"), 0);
    check(e, "contacts", &format!("not (contactid eq {ANN})"), 1);
    check(e, "contacts", &format!("_parentcustomerid_value eq {ACME}"), 1);
    check(e, "contacts", &format!("contactid eq {ANN} or lastname eq 'Byte'"), 2);
    let both = format!(
        "Microsoft.Dynamics.CRM.In(PropertyName='contactid',PropertyValues=[\"{BOB}\",\"{ANN}\",\"{ABSENT}\"])"
    );
    check(e, "contacts", &both, 2);
    check(e, "ev_settings", "ev_name eq 'aA'", 1);
    check(e, "ev_settings", "ev_name eq 'b' and ev_value eq '2'", 1);
    check(e, "ev_settings", "ev_name eq 'c'", 0);
}
