//! Queue items (reference, section 3.2).

use serde_json::json;

use super::*;

fn add(environment: &Environment, queue: &str) -> Answer {
    environment.post(
        &format!("queues({queue})/Microsoft.Dynamics.CRM.AddToQueue"),
        json!({ "Target": {
            "@odata.type": "Microsoft.Dynamics.CRM.phonecall", "activityid": CALL,
        } }),
    )
}

#[test]
fn a_call_is_in_one_queue_and_moves() {
    let environment = Environment::new();
    let other = json!([{ "queueid": ABSENT, "name": "Sales" }]);
    environment.dataverse.load("queues", other.as_array().unwrap()).unwrap();
    environment.call(json!({ "subject": "Callback" }));
    let first = add(&environment, QUEUE).ok(200).json();
    assert!(first["@odata.context"].as_str().unwrap().ends_with("AddToQueueResponse"));
    let second = add(&environment, ABSENT).ok(200).json();
    assert_eq!(first["QueueItemId"], second["QueueItemId"]);
    let items = environment.get("queueitems").rows();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["_queueid_value"], ABSENT);
    assert_eq!(items[0]["title"], "Callback");
}

#[test]
fn a_second_plain_item_is_refused() {
    let environment = Environment::new();
    environment.call(json!({}));
    let body = || {
        json!({
            "queueid@odata.bind": format!("/queues({QUEUE})"),
            "objectid_phonecall@odata.bind": format!("/phonecalls({CALL})"),
        })
    };
    environment.post("queueitems", body()).ok(204);
    environment.post("queueitems", body()).refused(400, "0x80040526");
}

#[test]
fn completing_the_call_closes_its_item() {
    let environment = Environment::new();
    environment.call(json!({}));
    add(&environment, QUEUE).ok(200);
    environment.patch(&format!("phonecalls({CALL})"), json!({ "statecode": 2 })).ok(204);
    assert_eq!(environment.get("queueitems").rows()[0]["statecode"], 1);
}

#[test]
fn what_is_absent_cannot_be_queued() {
    let environment = Environment::new();
    add(&environment, QUEUE).refused(404, "0x80040217");
    environment.call(json!({}));
    add(&environment, ABSENT).refused(404, "0x80040217");
    let wrong = format!("contacts({ANN})/Microsoft.Dynamics.CRM.AddToQueue");
    environment.post(&wrong, json!({})).refused(404, "0x8006088a");
}

#[test]
fn an_item_is_picked_released_and_removed() {
    let environment = Environment::new();
    environment.call(json!({ "subject": "x" }));
    let item = environment
        .post(
            "queueitems",
            json!({ "queueid@odata.bind": format!("/queues({QUEUE})"),
                    "objectid_phonecall@odata.bind": format!("/phonecalls({CALL})") }),
        )
        .ok(204);
    let (_, item) = item.header("odata-entityid").split_once("v9.2/").unwrap();
    let message = |name: &str| format!("{item}/Microsoft.Dynamics.CRM.{name}");
    let worker = || environment.get(item).ok(200).json()["_workerid_value"].clone();
    let user = |id: &str| json!({ "SystemUser": { "systemuserid": id } });
    environment.post(&message("PickFromQueue"), user(ABSENT)).refused(404, "0x80040217");
    environment.post(&message("PickFromQueue"), user(AGENT)).ok(204);
    assert_eq!(worker(), AGENT);
    environment.post(&message("ReleaseToQueue"), json!({})).ok(204);
    assert_eq!(worker(), Json::Null);
    environment.post(&message("RemoveFromQueue"), json!({})).ok(204);
    assert_eq!(environment.get(item).status, 404);
}

fn delete(environment: &Environment, path: &str) -> Answer {
    environment.send("DELETE", path, &[], None)
}

#[test]
fn a_queue_is_deleted_only_when_it_is_empty() {
    let environment = Environment::new();
    let queue = format!("queues({QUEUE})");
    environment.call(json!({ "subject": "Callback" }));
    add(&environment, QUEUE).ok(200);
    environment.patch(&format!("phonecalls({CALL})"), json!({ "statecode": 2 })).ok(204);
    delete(&environment, &queue).refused(400, "0x80631117");
    assert_eq!(environment.get("queueitems").rows().len(), 1);
    delete(&environment, &format!("phonecalls({CALL})")).ok(204);
    delete(&environment, &queue).ok(204);
    assert_eq!(environment.get(&queue).status, 404);
}

#[test]
fn deleting_a_queue_leaves_profiles_and_calls_without_it() {
    let environment = Environment::new();
    let profile = json!({
        "ev_callbackprofileid": ANN, "ev_name": "Sales callbacks",
        "ev_queueid@odata.bind": format!("/queues({QUEUE})"),
    });
    environment.post("ev_callbackprofiles", profile).ok(204);
    environment.call(json!({ "phonecall_activity_parties": [
        { "participationtypemask": 2, "partyid_queue@odata.bind": format!("/queues({QUEUE})") },
    ] }));
    delete(&environment, &format!("queues({QUEUE})")).ok(204);
    let profile = environment.get(&format!("ev_callbackprofiles({ANN})")).ok(200).json();
    assert_eq!(
        (&profile["_ev_queueid_value"], &profile["statecode"]),
        (&Json::Null, &json!(0)),
        "the link is gone, the profile is not"
    );
    let to = "activityparties?$filter=participationtypemask eq 2";
    let parties = environment.get(&to.replace(' ', "%20")).rows();
    assert_eq!(parties.len(), 1);
    assert_eq!(parties[0]["_partyid_value"], Json::Null);
    add(&environment, QUEUE).refused(404, "0x80040217");
}

#[test]
fn a_queue_belongs_to_a_team_or_to_somebody_who_has_left() {
    let environment = Environment::new();
    let load = |set: &str, rows: Json| {
        environment.dataverse.load(set, rows.as_array().unwrap()).unwrap();
    };
    load("teams", json!([{ "teamid": BOB, "name": "Sales team", "teamtype": 0 }]));
    load(
        "queues",
        json!([
            { "queueid": QUEUE, "name": "Sales",
              "ownerid@odata.bind": format!("/teams({BOB})") },
            { "queueid": ABSENT, "name": "Dan's",
              "ownerid@odata.bind": format!("/systemusers({DISABLED})") },
        ]),
    );
    let annotations = [("prefer", "odata.include-annotations=\"*\"")];
    let owner = |queue: &str| {
        let url = format!("queues({queue})?$select=_ownerid_value");
        let row = environment.send("GET", &url, &annotations, None).ok(200).json();
        let table = row["_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"].clone();
        (row["_ownerid_value"].clone(), table)
    };
    assert_eq!(owner(QUEUE), (json!(BOB), json!("team")));
    assert_eq!(owner(ABSENT), (json!(DISABLED), json!("systemuser")));
    let call =
        |owner: String| environment.post("phonecalls", json!({ "ownerid@odata.bind": owner }));
    call(format!("/teams({BOB})")).ok(204);
    call(format!("/systemusers({DISABLED})")).refused(400, "0x80040225");
    environment.call(json!({ "subject": "Callback" }));
    add(&environment, ABSENT).ok(200);
}
