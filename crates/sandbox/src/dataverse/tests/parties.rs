//! Activity parties (reference, section 2.4).

use serde_json::json;

use super::*;

/// Parts and parties of the call, sorted.
fn parties(environment: &Environment) -> Vec<(i64, String)> {
    let url = format!(
        "phonecalls({CALL})?$select=subject&$expand=phonecall_activity_parties($select=\
         participationtypemask,_partyid_value,addressused)"
    );
    let row = environment.get(&url).ok(200).json();
    let mut parties: Vec<(i64, String)> = row["phonecall_activity_parties"]
        .as_array()
        .unwrap()
        .iter()
        .map(|party| {
            let id = party["_partyid_value"].as_str().unwrap_or("-").to_owned();
            (party["participationtypemask"].as_i64().unwrap(), id)
        })
        .collect();
    parties.sort();
    parties
}

fn party(part: i32, bind: &str, path: String) -> Json {
    json!({ "participationtypemask": part, (format!("{bind}@odata.bind")): path })
}

fn call_with_parties(environment: &Environment) {
    environment.call(json!({
        "ownerid@odata.bind": format!("/systemusers({AGENT})"),
        "regardingobjectid_contact_phonecall@odata.bind": format!("/contacts({ANN})"),
        "phonecall_activity_parties": [
            party(1, "partyid_contact", format!("/contacts({ANN})")),
            party(2, "partyid_systemuser", format!("/systemusers({AGENT})")),
        ],
    }));
}

#[test]
fn owner_and_regarding_become_parties_by_themselves() {
    let environment = Environment::new();
    call_with_parties(&environment);
    let expected: Vec<(i64, String)> =
        [(1, ANN), (2, AGENT), (8, ANN), (9, AGENT)].map(|(part, id)| (part, id.to_owned())).into();
    assert_eq!(parties(&environment), expected);
}

#[test]
fn owner_and_regarding_parties_follow_the_row() {
    let environment = Environment::new();
    call_with_parties(&environment);
    environment
        .patch(
            &format!("phonecalls({CALL})"),
            json!({
                "regardingobjectid_account_phonecall@odata.bind": format!("/accounts({ACME})"),
                "ownerid@odata.bind": format!("/systemusers({APPLICATION})"),
            }),
        )
        .ok(204);
    let parties = parties(&environment);
    assert_eq!(parties[2], (8, ACME.to_owned()));
    assert_eq!(parties[3], (9, APPLICATION.to_string()));
    assert_eq!(parties.len(), 4);
}

#[test]
fn an_update_replaces_all_senders_and_recipients() {
    let environment = Environment::new();
    call_with_parties(&environment);
    environment
        .patch(
            &format!("phonecalls({CALL})"),
            json!({ "phonecall_activity_parties": [
                party(2, "partyid_queue", format!("/queues({QUEUE})")),
            ] }),
        )
        .ok(204);
    let parts: Vec<i64> = parties(&environment).iter().map(|(part, _)| *part).collect();
    assert_eq!(parts, [2, 8, 9]);
    assert_eq!(parties(&environment)[0].1, QUEUE);
}

#[test]
fn wrong_parties_are_refused_and_leave_no_call() {
    let environment = Environment::new();
    let contact = || format!("/contacts({ANN})");
    for (row, status, code) in [
        (party(8, "partyid_contact", contact()), 400, "0x80094006"),
        (party(3, "partyid_contact", contact()), 400, "0x80094006"),
        (party(14, "partyid_contact", contact()), 400, "0x80094006"),
        (json!({ "partyid_contact@odata.bind": contact() }), 400, "0x80094006"),
        (party(1, "partyid_contact_phonecall", contact()), 400, "0x80048d19"),
        (party(1, "partyid", contact()), 400, "0x80048d19"),
        (party(1, "partyid_account", contact()), 400, "0x80048d19"),
        (party(1, "partyid_contact", format!("/contacts({ABSENT})")), 404, "0x80040217"),
        (json!({ "participationtypemask": 1, "addressused": "x".repeat(321) }), 400, "0x80044331"),
    ] {
        let before = environment.snapshot();
        let body = json!({ "phonecall_activity_parties": [row.clone()] });
        let answer = environment.post("phonecalls", body);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{row}");
        assert_eq!(environment.snapshot(), before, "{row}");
    }
}

#[test]
fn parties_can_be_asked_for_by_themselves_and_inside_filters() {
    let environment = Environment::new();
    call_with_parties(&environment);
    let url = format!(
        "activityparties?$filter=_activityid_value eq {CALL} and participationtypemask eq 1"
    );
    assert_eq!(environment.column(&url, "_partyid_value"), [ANN]);
    let any = |part: i32| {
        format!(
            "phonecalls?$filter=phonecall_activity_parties/any(p:p/participationtypemask eq {part} \
             and p/_partyid_value eq {ANN})"
        )
    };
    assert_eq!(environment.get(&any(1)).rows().len(), 1);
    assert_eq!(environment.get(&any(2)).rows().len(), 0);
    let all = "phonecalls?$filter=phonecall_activity_parties/all(p:p/participationtypemask lt 9)";
    assert_eq!(environment.get(all).rows().len(), 0);
}

#[test]
fn parties_go_with_their_call_and_outlive_their_contact() {
    let environment = Environment::new();
    call_with_parties(&environment);
    environment.send("DELETE", &format!("contacts({ANN})"), &[], None).ok(204);
    let senders = "activityparties?$filter=participationtypemask eq 1";
    let sender = environment.get(senders).rows().remove(0);
    assert_eq!(sender["ispartydeleted"], true);
    environment.send("DELETE", &format!("phonecalls({CALL})"), &[], None).ok(204);
    assert_eq!(environment.get("activityparties").rows().len(), 0);
}
