//! `$ref`: linking rows (reference, section 1.5; other people's clients, section 2).

use serde_json::json;

use super::*;

fn target(path: String) -> Option<Json> {
    Some(json!({ "@odata.id": format!("http://127.0.0.1:9100/api/data/v9.2/{path}") }))
}

#[test]
fn roles_are_given_and_taken() {
    let environment = Environment::new();
    let role = "66666666-6666-6666-6666-666666666666";
    let url = format!("systemusers({NO_ROLE})/systemuserroles_association");
    environment.send("POST", &format!("{url}/$ref"), &[], target(format!("roles({role})"))).ok(204);
    let again =
        environment.send("POST", &format!("{url}/$ref"), &[], target(format!("roles({role})")));
    again.refused(412, "0x80040237");
    assert_eq!(environment.column(&url, "name"), ["Voice ApiUser"]);
    environment.send("DELETE", &format!("{url}({role})/$ref"), &[], None).ok(204);
    assert!(environment.get(&url).rows().is_empty());
    environment
        .send("DELETE", &format!("{url}({role})/$ref"), &[], None)
        .refused(404, "0x80040217");
}

#[test]
fn a_lookup_is_set_and_cleared() {
    let environment = Environment::new();
    let url = format!("contacts({BOB})/parentcustomerid_account/$ref");
    environment.send("PUT", &url, &[], target(format!("accounts({ACME})"))).ok(204);
    let contact = environment.get(&format!("contacts({BOB})")).json();
    assert_eq!(contact["_parentcustomerid_value"], ACME);
    environment.send("DELETE", &url, &[], None).ok(204);
    let contact = environment.get(&format!("contacts({BOB})")).json();
    assert_eq!(contact["_parentcustomerid_value"], Json::Null);
    environment
        .send("PUT", &url, &[], target(format!("accounts({ABSENT})")))
        .refused(404, "0x80040217");
    environment.send("POST", &url, &[], target(format!("accounts({ACME})"))).refused(405, "0x0");
}

#[test]
fn a_row_is_put_into_a_collection() {
    let environment = Environment::new();
    let url = format!("accounts({ACME})/contact_customer_accounts");
    environment
        .send("POST", &format!("{url}/$ref"), &[], target(format!("contacts({BOB})")))
        .ok(204);
    assert_eq!(environment.get(&url).rows().len(), 2);
    let address = format!("{url}/$ref?$id=contacts({BOB})");
    environment.send("DELETE", &address, &[], None).ok(204);
    assert_eq!(environment.get(&url).rows().len(), 1);
}
