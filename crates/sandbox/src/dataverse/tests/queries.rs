//! Selection, expansion, order, paging, counts and annotations (reference, sections 4.1 and 4.2).

use serde_json::json;

use super::*;

const ALL: (&str, &str) = ("Prefer", "odata.include-annotations=\"*\"");

fn with_leads(count: usize) -> Environment {
    let environment = Environment::bare_of_rows(false);
    let rows: Vec<Json> = (0..count)
        .map(|number| {
            let text = format!("{:04}", (number * 37) % count);
            json!({ "leadid": Uuid::from_u128(number as u128 + 1), "lastname": text,
                    "companyname": if number % 2 == 0 { Json::from("even") } else { Json::Null } })
        })
        .collect();
    environment.dataverse.load("leads", &rows).unwrap();
    environment
}

/// Follows the links to the end; gives the pages' values of a column.
fn pages(environment: &Environment, url: &str, prefer: &str, column: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut next = Some(url.to_owned());
    while let Some(url) = next {
        let answer = environment.send("GET", &url, &[("Prefer", prefer)], None);
        let text = |row: Json| row[column].as_str().unwrap_or("-").to_owned();
        pages.push(answer.rows().into_iter().map(text).collect());
        next = answer.json()["@odata.nextLink"].as_str().map(|link| {
            link.strip_prefix("http://127.0.0.1:9100/api/data/v9.2/").unwrap().to_owned()
        });
        assert!(pages.len() < 100);
    }
    pages
}

#[test]
fn the_key_always_comes_back_and_empty_columns_are_null() {
    let environment = Environment::new();
    let answer = environment.get(&format!("contacts({BOB})?$select=telephone1,_ownerid_value"));
    let row = answer.ok(200).json();
    let names: Vec<&String> = row.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        ["@odata.context", "@odata.etag", "telephone1", "_ownerid_value", "contactid"]
    );
    assert_eq!(row["telephone1"], Json::Null);
    let url =
        "http://127.0.0.1:9100/api/data/v9.2/$metadata#contacts(telephone1,_ownerid_value)/$entity";
    assert_eq!(row["@odata.context"], url);
    let list = environment.get("contacts?$select=fullname").json();
    assert_eq!(
        list["@odata.context"],
        "http://127.0.0.1:9100/api/data/v9.2/$metadata#contacts(fullname)"
    );
    let everything = environment.get(&format!("contacts({BOB})")).json();
    assert!(everything.as_object().unwrap().len() > 50);
    assert_eq!(environment.column("contacts?$select=*&$top=1", "contactid"), [ANN]);
}

#[test]
fn annotations_come_on_demand() {
    let environment = Environment::new();
    environment.call(json!({
        "ownerid@odata.bind": format!("/systemusers({AGENT})"),
        "directioncode": false, "scheduledend": "2026-01-09T14:05:00Z",
        "regardingobjectid_contact_phonecall@odata.bind": format!("/contacts({ANN})"),
    }));
    let url = format!("phonecalls({CALL})");
    let plain = environment.get(&url).text;
    assert!(!plain.contains("FormattedValue") && !plain.contains("lookuplogicalname"));
    let answer = environment.send("GET", &url, &[ALL], None);
    assert_eq!(answer.header("preference-applied"), "odata.include-annotations=\"*\"");
    let row = answer.json();
    let label =
        |name: &str| row[format!("{name}@OData.Community.Display.V1.FormattedValue")].clone();
    assert_eq!(label("directioncode"), "Incoming");
    assert_eq!(label("statuscode"), "Open");
    assert_eq!(label("prioritycode"), "Normal");
    assert_eq!(label("_ownerid_value"), "Ann Agent");
    assert_eq!(label("scheduledend"), "1/9/2026 2:05 PM");
    assert_eq!(label("activitytypecode"), "Phone Call");
    assert_eq!(row["_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"], "systemuser");
    assert_eq!(
        row["_ownerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty"],
        "ownerid"
    );
    assert_eq!(
        row["_regardingobjectid_value@Microsoft.Dynamics.CRM.associatednavigationproperty"],
        "regardingobjectid_contact_phonecall"
    );
    let only = ("Prefer", "odata.include-annotations=\"Microsoft.Dynamics.CRM.lookuplogicalname\"");
    let text = environment.send("GET", &url, &[only], None).text;
    assert!(text.contains("lookuplogicalname") && !text.contains("FormattedValue"));
}

#[test]
fn expansions_nest() {
    let environment = Environment::new();
    let url = format!(
        "accounts({ACME})?$select=name&$expand=contact_customer_accounts($select=lastname;$filter=\
         contains(telephone1,'123');$orderby=lastname desc;$top=1;$expand=owningbusinessunit($select=name)),\
         primarycontactid($select=fullname)"
    );
    let row = environment.get(&url).ok(200).json();
    assert_eq!(row["primarycontactid"], Json::Null);
    let contact = &row["contact_customer_accounts"][0];
    assert_eq!(contact["contactid"], ANN);
    assert_eq!(contact["owningbusinessunit"]["name"], "contoso");
    assert!(contact.get("fullname").is_none());
    let list =
        environment.get("contacts?$select=lastname&$expand=parentcustomerid_account($select=name)");
    assert_eq!(list.rows()[0]["parentcustomerid_account"]["name"], "Acme");
    let owner = environment.get(&format!("contacts({ANN})?$expand=ownerid")).json();
    assert_eq!(owner["ownerid"]["@odata.type"], "#Microsoft.Dynamics.CRM.systemuser");
    environment.get("contacts?$expand=ownerid($select=fullname)").refused(400, "0x0");
}

#[test]
fn related_rows_have_addresses_of_their_own() {
    let environment = Environment::new();
    let contact = format!("contacts({ANN})");
    let account = environment.get(&format!("{contact}/parentcustomerid_account?$select=name"));
    assert_eq!(account.json()["name"], "Acme");
    environment.get(&format!("{contact}/parentcustomerid_contact")).ok(204);
    let back = format!("accounts({ACME})/contact_customer_accounts");
    assert_eq!(environment.get(&back).rows().len(), 1);
    assert_eq!(environment.get(&format!("{back}/$count")).text, "\u{feff}1");
    assert_eq!(environment.get(&format!("{back}({ANN})/lastname")).json()["value"], "Ångström");
    environment.get(&format!("{back}({BOB})")).refused(404, "0x80040217");
    environment
        .get(&format!("accounts({ABSENT})/contact_customer_accounts"))
        .refused(404, "0x80040217");
}

#[test]
fn rows_are_sorted_with_empty_ones_first() {
    let environment = with_leads(6);
    let sorted = |order: &str| {
        environment
            .column(&format!("leads?$select=lastname&$orderby={order}"), "lastname")
            .join(" ")
    };
    assert_eq!(sorted("lastname"), "0000 0001 0002 0003 0004 0005");
    assert_eq!(sorted("lastname desc"), "0005 0004 0003 0002 0001 0000");
    assert_eq!(sorted("companyname asc,lastname desc"), "0005 0003 0001 0004 0002 0000");
    assert_eq!(sorted("companyname desc, lastname"), "0000 0002 0004 0001 0003 0005");
    environment.get("leads?$orderby=nope").refused(400, "0x0");
    environment.get("leads?$orderby=lastname down").refused(400, "0x0");
}

#[test]
fn pages_hold_every_row_once_in_every_order() {
    let environment = with_leads(23);
    for order in [
        "",
        "&$orderby=companyname,lastname desc",
        "&$orderby=createdon",
        "&$orderby=owninguser/fullname desc",
    ] {
        let url = format!("leads?$select=lastname{order}");
        let pages = pages(&environment, &url, "odata.maxpagesize=5", "lastname");
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [5, 5, 5, 5, 3], "{order}");
        let flat: Vec<String> = pages.concat();
        assert_eq!(flat, environment.column(&url, "lastname"), "{order}");
    }
}

#[test]
fn pages_stay_in_step_while_rows_come_and_go() {
    let environment = with_leads(10);
    let prefer = [("Prefer", "odata.maxpagesize=4")];
    let url = "leads?$select=lastname&$orderby=lastname&$filter=companyname eq 'even'";
    let first = environment.send("GET", url, &prefer, None);
    assert_eq!(first.header("preference-applied"), "odata.maxpagesize=4");
    let last = first.rows()[3]["lastname"].as_str().unwrap().to_owned();
    let link = first.json()["@odata.nextLink"].as_str().unwrap().to_owned();
    assert!(link.contains("$select=lastname") && link.contains("$skiptoken=%3Ccookie"), "{link}");
    let gone = first.rows()[0]["leadid"].as_str().unwrap().to_owned();
    environment.send("DELETE", &format!("leads({gone})"), &[], None).ok(204);
    environment.post("leads", json!({ "lastname": "!", "companyname": "even" })).ok(204);
    let url = link.strip_prefix("http://127.0.0.1:9100/api/data/v9.2/").unwrap();
    let second = environment.send("GET", url, &prefer, None).rows();
    assert_eq!(second.len(), 1);
    assert!(second[0]["lastname"].as_str().unwrap() > last.as_str());
    environment.get("leads?$skiptoken=nonsense").refused(400, "0x80060888");
}

#[test]
fn counts_stop_at_five_thousand_and_so_do_pages() {
    let environment = with_leads(5003);
    assert_eq!(environment.get("leads/$count").text, "\u{feff}5000");
    assert_eq!(environment.get("leads/$count?$filter=companyname eq null").text, "\u{feff}2501");
    let answer = environment.send("GET", "leads?$select=lastname&$count=true", &[ALL], None);
    let json = answer.json();
    assert_eq!(json["@odata.count"], 5000);
    assert_eq!(json["@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"], true);
    assert_eq!(answer.rows().len(), 5000);
    assert!(json["@odata.nextLink"].is_string());
    let large = [("Prefer", "odata.maxpagesize=9000")];
    assert_eq!(environment.send("GET", "leads?$select=lastname", &large, None).rows().len(), 5000);
    let top = environment.send("GET", "leads?$top=7", &[("Prefer", "odata.maxpagesize=3")], None);
    assert_eq!(top.rows().len(), 7, "with $top the page size is ignored");
    assert!(top.json().get("@odata.nextLink").is_none());
}

#[test]
fn bad_options_are_refused() {
    let environment = Environment::new();
    let check = |url: &str, status: u16, code: &str| environment.get(url).refused(status, code);
    check("contacts?$skip=1", 400, "0x80060888");
    check("contacts?$search=x", 400, "0x80060888");
    check("contacts?$format=json", 400, "0x80060888");
    check("contacts?$select=nope", 400, "0x0");
    check("contacts?$select=regardingobjectid", 400, "0x0");
    check("contacts?$expand=nope", 400, "0x0");
    check("contacts?$expand=parentcustomerid_account($filter=name eq 'x')", 400, "0x80060888");
    check("accounts?$expand=contact_customer_accounts($skip=1)", 400, "0x80060888");
    check("accounts?$expand=contact_customer_accounts($count=true)", 400, "0x80060888");
    check("contacts?$top=x", 400, "0x0");
    check("contacts?$count=yes", 400, "0x0");
    check("nopes", 404, "0x8006088a");
    check(&format!("contacts({ANN})?$filter=lastname eq 'x'"), 400, "0x80060888");
    check(&format!("contacts({ANN})/nope"), 404, "0x8006088a");
    check("contacts(nope)", 400, "0x80060888");
    check("contacts/nope", 404, "0x8006088a");
    assert_eq!(environment.get("nopes").message(), "Resource not found for the segment 'nopes'.");
    let fifteen = vec!["parentcustomerid_account"; 15].join(",");
    environment.get(&format!("contacts?$expand={fifteen}")).ok(200);
    check(&format!("contacts?$expand={fifteen},owninguser"), 400, "0x80060888");
}

#[test]
fn a_url_has_an_end() {
    let environment = Environment::new();
    let long = |length: usize| format!("contacts?tag={}", "x".repeat(length));
    environment.get(&long(32_600)).ok(200);
    environment.get(&long(32_768)).refused(414, "0x0");
}
