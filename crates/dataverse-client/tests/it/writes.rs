//! Writes outside a batch.

use dataverse_client::{Columns, DataverseApi, Error, Precondition, Write, codes};
use serde_json::{Value, json};
use uuid::Uuid;
use voice_model::ErrorClass;
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use crate::rig::{Rig, error, header};

const ID: Uuid = Uuid::from_u128(0x6f1c_2c0e_7a55_5d0a_9a53_0a3f_0f6f_2f11);

fn create() -> Write {
    Write::Create {
        entity_set: "phonecalls".to_owned(),
        key_column: "activityid".to_owned(),
        id: ID,
        columns: Columns::new()
            .set("subject", "Ääni")
            .bind("ownerid", "systemusers", Uuid::nil())
            .children(
                "phonecall_activity_parties",
                vec![Columns::new().set("participationtypemask", 1)],
            ),
    }
}

fn update(precondition: Precondition) -> Write {
    Write::Update {
        entity_set: "phonecalls".to_owned(),
        id: ID,
        columns: Columns::new().set("statecode", 1).set("statuscode", 4),
        precondition,
    }
}

#[tokio::test]
async fn a_create_sends_the_key_with_the_row() {
    let rig = Rig::new().await;
    let location = format!("{}/api/data/v9.2/phonecalls({ID})", rig.server.uri());
    let answer = ResponseTemplate::new(204).insert_header("OData-EntityId", location.as_str());
    rig.answer("POST", "phonecalls", answer).await;
    assert_eq!(rig.client.write(&create()).await.unwrap(), Some(ID));

    let request = rig.only_request().await;
    assert_eq!(header(&request, "content-type"), Some("application/json"));
    assert_eq!(header(&request, "if-none-match"), None);
    let body: Value = request.body_json().unwrap();
    assert_eq!(
        body,
        json!({
            "subject": "Ääni", "ownerid@odata.bind": format!("/systemusers({})", Uuid::nil()),
            "phonecall_activity_parties": [{ "participationtypemask": 1 }], "activityid": ID,
        })
    );
}

#[tokio::test]
async fn a_create_without_a_returned_key_has_the_key_that_was_sent() {
    let rig = Rig::new().await;
    for header in [None, Some("nonsense"), Some("https://x/phonecalls(1)")] {
        rig.server.reset().await;
        rig.mount_tokens().await;
        let answer = ResponseTemplate::new(204);
        let answer = match header {
            Some(value) => answer.insert_header("OData-EntityId", value),
            None => answer,
        };
        rig.answer("POST", "phonecalls", answer).await;
        assert_eq!(rig.client.write(&create()).await.unwrap(), Some(ID), "{header:?}");
    }
}

#[tokio::test]
async fn an_update_names_what_must_hold() {
    for (precondition, expected) in
        [(Precondition::Exists, "*"), (Precondition::Version("W/\"7\"".to_owned()), "W/\"7\"")]
    {
        let rig = Rig::new().await;
        rig.answer("PATCH", &format!("phonecalls({ID})"), ResponseTemplate::new(204)).await;
        rig.client.write(&update(precondition)).await.unwrap();
        let request = rig.only_request().await;
        assert_eq!(header(&request, "if-match"), Some(expected));
        assert_eq!(request.body_json::<Value>().unwrap(), json!({"statecode": 1, "statuscode": 4}));
    }
}

#[tokio::test]
async fn a_duplicate_after_a_lost_first_answer_is_a_conflict_that_says_so() {
    let rig = Rig::new().await;
    let at = "/api/data/v9.2/phonecalls";
    let post = || Mock::given(method("POST")).and(path(at));
    post().respond_with(ResponseTemplate::new(502)).up_to_n_times(1).mount(&rig.server).await;
    let duplicate = error(412, "0x80040237", "A record with matching key values already exists.");
    post().respond_with(duplicate).mount(&rig.server).await;
    let error = rig.client.write(&create()).await.unwrap_err();
    assert_eq!(error.code(), Some(codes::DUPLICATE_RECORD));
    assert_eq!(error.class(), ErrorClass::Conflict);
    assert!(matches!(&error, Error::Service { source, .. } if source.is_duplicate()));
    assert_eq!(rig.client.requests_sent(), 2);
}

#[tokio::test]
async fn a_refusal_after_a_lost_first_answer_leaves_the_write_open() {
    let rig = Rig::new().await;
    let at = "/api/data/v9.2/phonecalls";
    let post = || Mock::given(method("POST")).and(path(at));
    post().respond_with(ResponseTemplate::new(502)).up_to_n_times(1).mount(&rig.server).await;
    let throttled = error(429, "0x80072322", "Number of requests exceeded the limit of 6000.");
    post().respond_with(throttled).mount(&rig.server).await;
    let error = rig.client.write(&create()).await.unwrap_err();
    assert!(error.may_have_applied());
    assert_eq!(error.class(), ErrorClass::Throttled { retry_after: None });
    assert_eq!(error.code(), Some(codes::TOO_MANY_REQUESTS));
}

fn add_to_queue() -> Write {
    Write::Action {
        entity_set: "queues".to_owned(),
        id: Uuid::from_u128(9),
        action: "AddToQueue".to_owned(),
        parameters: Columns::new().set(
            "Target",
            json!({"@odata.type": "Microsoft.Dynamics.CRM.phonecall", "activityid": ID}),
        ),
    }
}

#[tokio::test]
async fn an_action_has_no_key_whatever_it_answers() {
    let at = format!("queues({})/Microsoft.Dynamics.CRM.AddToQueue", Uuid::from_u128(9));
    for answer in [
        ResponseTemplate::new(200).set_body_json(json!({
            "@odata.context": "https://o/$metadata#Microsoft.Dynamics.CRM.AddToQueueResponse",
            "QueueItemId": Uuid::from_u128(1),
        })),
        ResponseTemplate::new(204),
    ] {
        let rig = Rig::new().await;
        rig.answer("POST", &at, answer).await;
        assert_eq!(rig.client.write(&add_to_queue()).await.unwrap(), None);
        let request = rig.only_request().await;
        assert_eq!(header(&request, "content-type"), Some("application/json"));
        let target = json!({"@odata.type": "Microsoft.Dynamics.CRM.phonecall", "activityid": ID});
        assert_eq!(request.body_json::<Value>().unwrap(), json!({"Target": target}));
    }
}

#[tokio::test]
async fn a_page_in_place_of_an_actions_answer_leaves_it_open() {
    let rig = Rig::new().await;
    let at = format!("queues({})/Microsoft.Dynamics.CRM.AddToQueue", Uuid::from_u128(9));
    rig.answer("POST", &at, ResponseTemplate::new(200).set_body_raw("<html>", "text/html")).await;
    let error = rig.client.write(&add_to_queue()).await.unwrap_err();
    assert!(error.may_have_applied(), "{error:?}");
    assert!(error.to_string().contains("run AddToQueue on a row of queues"), "{error}");
}
