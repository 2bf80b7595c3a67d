//! Phone calls that wait in a queue: made, linked and queued in one change set, against the sandbox.

use dataverse_client::{
    BatchItem, Columns, DataverseApi, DataverseClient, Filter, ItemAnswer, Query, Row,
    ServiceError, Write, all_rows,
};
use sandbox::{Sandbox, SandboxOptions};
use serde_json::json;
use uuid::Uuid;

use crate::rig::client_of_sandbox;

const AGENT: Uuid = Uuid::from_u128(0xa1);
const TEAM: Uuid = Uuid::from_u128(0xa2);
const CONTACT: Uuid = Uuid::from_u128(0xc1);
const QUEUE: Uuid = Uuid::from_u128(0xe1);
const PROFILE: Uuid = Uuid::from_u128(0xf1);
const EARLIER: Uuid = Uuid::from_u128(0x10);
const CALL: Uuid = Uuid::from_u128(0x11);
const NOWHERE: Uuid = Uuid::from_u128(0x99);

async fn environment() -> (Sandbox, DataverseClient) {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    sandbox
        .load_world(&json!({"dataverse": {
            "systemusers": [{"systemuserid": AGENT, "fullname": "Anna Agent",
                             "roles": ["Voice User"]}],
            "teams": [{"teamid": TEAM, "name": "Sales team", "teamtype": 0}],
            "contacts": [{"contactid": CONTACT, "lastname": "Caller"}],
            "queues": [{"queueid": QUEUE, "name": "Sales",
                        "ownerid@odata.bind": format!("/teams({TEAM})")}],
            "ev_callbackprofiles": [{"ev_callbackprofileid": PROFILE, "ev_name": "Sales callbacks",
                                     "ev_queueid@odata.bind": format!("/queues({QUEUE})")}],
            "phonecalls": [{"activityid": EARLIER, "subject": "Callback request",
                            "ev_callbackid": "i-0"}],
        }}))
        .unwrap();
    let client = client_of_sandbox(&sandbox);
    (sandbox, client)
}

fn party(mask: i32, navigation: &str, entity_set: &str, id: Uuid) -> Columns {
    Columns::new().set("participationtypemask", mask).bind(navigation, entity_set, id)
}

fn phone_call(owners: &str, owner: Uuid) -> Columns {
    Columns::new()
        .set("subject", "Callback request")
        .set("phonenumber", "+358409998877")
        .set("directioncode", false)
        .set("ev_callbackid", "i-1")
        .bind("ownerid", owners, owner)
        .bind("regardingobjectid_contact_phonecall", "contacts", CONTACT)
        .bind("ev_callbackprofileid_PhoneCall", "ev_callbackprofiles", PROFILE)
        .bind("ev_bundleid_PhoneCall", "phonecalls", EARLIER)
        .children(
            "phonecall_activity_parties",
            vec![
                party(1, "partyid_contact", "contacts", CONTACT),
                party(2, "partyid_queue", "queues", QUEUE),
            ],
        )
}

fn create(columns: Columns) -> Write {
    let (entity_set, key_column) = ("phonecalls".to_owned(), "activityid".to_owned());
    Write::Create { entity_set, key_column, id: CALL, columns }
}

fn add_to(queue: Uuid) -> Write {
    let target = json!({"@odata.type": "Microsoft.Dynamics.CRM.phonecall", "activityid": CALL});
    Write::Action {
        entity_set: "queues".to_owned(),
        id: queue,
        action: "AddToQueue".to_owned(),
        parameters: Columns::new().set("Target", target),
    }
}

async fn run(client: &DataverseClient, writes: [Write; 2]) -> ItemAnswer {
    let mut answers = client.batch(&[BatchItem::ChangeSet(writes.into())]).await.unwrap();
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

fn refusal(answer: ItemAnswer) -> ServiceError {
    let ItemAnswer::Refused(error) = answer else { panic!("not refused: {answer:?}") };
    error
}

async fn call(client: &DataverseClient) -> Option<Row> {
    client.retrieve("phonecalls", CALL, &[]).await.unwrap()
}

async fn queue_items(client: &DataverseClient) -> Vec<Row> {
    all_rows(client, &Query::new("queueitems")).await.unwrap()
}

/// Who takes part in the call: part and row.
async fn parties(client: &DataverseClient) -> Vec<(i64, Option<Uuid>)> {
    let query = Query::new("activityparties").filter(Filter::eq("_activityid_value", CALL));
    let rows = all_rows(client, &query).await.unwrap();
    let mut parties: Vec<_> = rows
        .iter()
        .map(|row| (row.integer("participationtypemask").unwrap(), row.uuid("_partyid_value")))
        .collect();
    parties.sort_unstable();
    parties
}

#[tokio::test]
async fn a_call_with_its_links_is_made_and_queued_at_once() {
    for (owners, owner) in [("systemusers", AGENT), ("teams", TEAM)] {
        let (sandbox, client) = environment().await;
        let writes = [create(phone_call(owners, owner)), add_to(QUEUE)];
        assert_eq!(run(&client, writes).await, ItemAnswer::Written, "{owners}");

        let call = call(&client).await.unwrap();
        assert_eq!(call.integer("statecode"), Some(0));
        for (column, expected) in [
            ("_ownerid_value", owner),
            ("_regardingobjectid_value", CONTACT),
            ("_ev_callbackprofileid_value", PROFILE),
            ("_ev_bundleid_value", EARLIER),
        ] {
            assert_eq!(call.uuid(column), Some(expected), "{owners} {column}");
        }
        // The last two are the platform's own: regarding and owner (reference, section 2.4).
        let expected = [(1, CONTACT), (2, QUEUE), (8, CONTACT), (9, owner)];
        assert_eq!(parties(&client).await, expected.map(|(part, id)| (part, Some(id))));
        let items = queue_items(&client).await;
        assert_eq!(items.len(), 1);
        assert_eq!(items[0].uuid("_objectid_value"), Some(CALL));
        assert_eq!(items[0].uuid("_queueid_value"), Some(QUEUE));
        sandbox.shutdown().await;
    }
}

#[tokio::test]
async fn nothing_is_made_when_the_queue_does_not_exist() {
    let (sandbox, client) = environment().await;
    let answer = run(&client, [create(phone_call("teams", TEAM)), add_to(NOWHERE)]).await;
    let error = refusal(answer);
    assert!(error.names_missing_row(NOWHERE) && !error.names_missing_row(QUEUE), "{error}");
    assert_eq!(call(&client).await, None);
    assert_eq!(parties(&client).await, []);
    assert_eq!(queue_items(&client).await, []);
    sandbox.shutdown().await;
}

#[tokio::test]
async fn a_missing_row_is_named_whatever_points_to_it() {
    let (sandbox, client) = environment().await;
    for columns in [
        phone_call("teams", NOWHERE),
        phone_call("teams", TEAM).bind(
            "ev_callbackprofileid_PhoneCall",
            "ev_callbackprofiles",
            NOWHERE,
        ),
        phone_call("teams", TEAM).bind("ev_bundleid_PhoneCall", "phonecalls", NOWHERE),
        phone_call("teams", TEAM).children(
            "phonecall_activity_parties",
            vec![party(2, "partyid_queue", "queues", NOWHERE)],
        ),
    ] {
        let error = refusal(run(&client, [create(columns), add_to(QUEUE)]).await);
        assert!(error.names_missing_row(NOWHERE), "{error}");
        assert_eq!((call(&client).await, queue_items(&client).await.len()), (None, 0));
    }
    sandbox.shutdown().await;
}

#[tokio::test]
async fn a_repeat_is_refused_as_a_duplicate_and_queues_nothing_more() {
    let (sandbox, client) = environment().await;
    let writes = || [create(phone_call("systemusers", AGENT)), add_to(QUEUE)];
    assert_eq!(run(&client, writes()).await, ItemAnswer::Written);
    let before = queue_items(&client).await;
    let error = refusal(run(&client, writes()).await);
    assert!(error.is_duplicate(), "{error}");
    assert_eq!(queue_items(&client).await, before);
    assert_eq!(client.write(&add_to(QUEUE)).await.unwrap(), None);
    assert_eq!(queue_items(&client).await.len(), 1, "moved to where it is");
    sandbox.shutdown().await;
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_the_repeat() {
    let (sandbox, client) = environment().await;
    let lost = json!({"system": "dataverse", "method": "POST", "path_contains": "$batch",
                      "kind": "drop_after_commit"});
    sandbox.add_faults(&lost).unwrap();
    let answer = run(&client, [create(phone_call("teams", TEAM)), add_to(QUEUE)]).await;
    assert!(refusal(answer).is_duplicate(), "the first attempt has done it");
    assert!(call(&client).await.is_some());
    assert_eq!(queue_items(&client).await.len(), 1);
    sandbox.shutdown().await;
}

#[tokio::test]
async fn an_owner_that_cannot_own_is_told_apart_from_a_party_that_cannot_be_one() {
    let (sandbox, client) = environment().await;
    let disabled = Uuid::from_u128(0xa3);
    sandbox
        .load_world(&json!({"dataverse": {"systemusers": [
            {"systemuserid": disabled, "fullname": "Dan Gone", "isdisabled": true,
             "roles": ["Voice User"]}
        ]}}))
        .unwrap();
    let answer = run(&client, [create(phone_call("systemusers", disabled)), add_to(QUEUE)]).await;
    let error = refusal(answer);
    assert!(error.is_owner_refused() && !error.is_party_refused(), "{error}");
    assert_eq!((call(&client).await, queue_items(&client).await.len()), (None, 0));
    sandbox.shutdown().await;
}
