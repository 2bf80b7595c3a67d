//! Batches over the wire.

use dataverse_client::{
    BatchItem, Columns, DataverseApi, Error, Filter, ItemAnswer, Page, Precondition, Query, Write,
    codes,
};
use uuid::Uuid;
use voice_model::ErrorClass;
use wiremock::ResponseTemplate;

use crate::rig::{Rig, error, header};

fn set() -> BatchItem {
    let id = Uuid::from_u128(7);
    BatchItem::ChangeSet(vec![
        Write::Create {
            entity_set: "phonecalls".to_owned(),
            key_column: "activityid".to_owned(),
            id,
            columns: Columns::new().set("subject", "--r\r\n--r--"),
        },
        Write::Update {
            entity_set: "phonecalls".to_owned(),
            id,
            columns: Columns::new().set("statecode", 1),
            precondition: Precondition::Exists,
        },
    ])
}

fn never() -> BatchItem {
    BatchItem::Query(Query::new("contacts").filter(Filter::any([])))
}

fn answer(status: u16, parts: &[&str]) -> ResponseTemplate {
    let mut body: String = parts.iter().map(|part| format!("--r\r\n{part}\r\n")).collect();
    body.push_str("--r--\r\n");
    ResponseTemplate::new(status).set_body_raw(body, "multipart/mixed; boundary=\"r\"")
}

const WRITTEN: &str = "Content-Type: multipart/mixed; boundary=s\r\n\r\n\
    --s\r\nContent-ID: 1\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n\
    --s\r\nContent-ID: 2\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n--s--\r\n";
const REFUSED: &str = "Content-Type: application/http\r\n\r\nHTTP/1.1 412 Precondition Failed\r\n\
    Content-Type: application/json\r\n\r\n\
    {\"error\":{\"code\":\"0x80040237\",\"message\":\"A record exists.\"}}";
const PAGE: &str = "Content-Type: application/http\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{\"value\":[{}]}";

#[tokio::test]
async fn each_item_has_its_answer() {
    let rig = Rig::new().await;
    rig.answer("POST", "$batch", answer(200, &[WRITTEN, REFUSED, PAGE])).await;
    let items = [set(), set(), never(), BatchItem::Query(Query::new("contacts"))];
    let answers = rig.client.batch(&items).await.unwrap();
    assert_eq!(answers[0], ItemAnswer::Written);
    assert!(
        matches!(&answers[1], ItemAnswer::Refused(error) if error.code == Some(codes::DUPLICATE_RECORD))
    );
    assert_eq!(answers[2], ItemAnswer::Read(Page::default()), "not sent");
    assert!(matches!(&answers[3], ItemAnswer::Read(page) if page.rows.len() == 1));

    let request = rig.only_request().await;
    assert_eq!(header(&request, "prefer"), Some("odata.continue-on-error"));
    let content_type = header(&request, "content-type").unwrap();
    assert!(content_type.starts_with("multipart/mixed; boundary=\"batch_"), "{content_type}");
    let body = String::from_utf8(request.body).unwrap();
    assert_eq!(body.matches("multipart/mixed").count(), 2);
    assert!(!body.contains("token-1"), "the token stays outside");
    assert!(!body.replace("\r\n", "").contains(['\r', '\n']));
    assert_eq!(rig.client.requests_sent(), 1);
}

/// A set whose second write is an action, which gives something back.
const QUEUED: &str = "Content-Type: multipart/mixed; boundary=s\r\n\r\n\
    --s\r\nContent-ID: 1\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n\
    --s\r\nContent-ID: 2\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n\
    {\"QueueItemId\":\"6f1c2c0e-7a55-5d0a-9a53-0a3f0f6f2f11\"}\r\n--s--\r\n";

#[tokio::test]
async fn an_action_is_written_by_itself_and_in_a_change_set() {
    let action = Write::Action {
        entity_set: "queues".to_owned(),
        id: Uuid::from_u128(9),
        action: "AddToQueue".to_owned(),
        parameters: Columns::new().set("Target", serde_json::json!({"activityid": "--r--"})),
    };
    let rig = Rig::new().await;
    let alone = "Content-Type: application/http\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}";
    rig.answer("POST", "$batch", answer(200, &[QUEUED, alone])).await;
    let BatchItem::ChangeSet(mut writes) = set() else { panic!("a change set") };
    writes[1] = action.clone();
    let items = [BatchItem::ChangeSet(writes), BatchItem::Write(action)];
    let answers = rig.client.batch(&items).await.unwrap();
    assert_eq!(answers, [ItemAnswer::Written, ItemAnswer::Written]);
    let body = String::from_utf8(rig.only_request().await.body).unwrap();
    let line = "POST /api/data/v9.2/queues(00000000-0000-0000-0000-000000000009)/\
                Microsoft.Dynamics.CRM.AddToQueue HTTP/1.1\r\n\
                Content-Type: application/json; type=entry\r\n\r\n\
                {\"Target\":{\"activityid\":\"--r--\"}}\r\n";
    assert_eq!(body.matches(line).count(), 2, "{body}");
}

#[tokio::test]
async fn a_batch_with_nothing_to_ask_is_not_sent() {
    let rig = Rig::new().await;
    assert_eq!(rig.client.batch(&[]).await.unwrap(), []);
    let answers = rig.client.batch(&[never(), BatchItem::ChangeSet(vec![])]).await.unwrap();
    assert_eq!(answers, [ItemAnswer::Read(Page::default()), ItemAnswer::Written]);
    assert_eq!(rig.requests().await.len(), 0);
}

#[tokio::test]
async fn a_batch_that_stops_early_leaves_the_rest_unknown() {
    let rig = Rig::new().await;
    rig.answer("POST", "$batch", answer(400, &[WRITTEN, REFUSED])).await;
    let answers = rig.client.batch(&[set(), set(), set()]).await.unwrap();
    assert_eq!(answers[0], ItemAnswer::Written);
    assert!(matches!(answers[1], ItemAnswer::Refused(_)));
    assert_eq!(answers[2], ItemAnswer::Unknown);
}

#[tokio::test]
async fn a_batch_refused_as_a_whole_is_an_error() {
    for (answer, class) in [
        (error(400, "0x80048d19", "Stream was not readable."), ErrorClass::Rejected),
        (error(429, "0x80072326", "concurrent"), ErrorClass::Throttled { retry_after: None }),
        (ResponseTemplate::new(503).set_body_string("<html>"), ErrorClass::Transient),
    ] {
        let rig = Rig::new().await;
        rig.answer("POST", "$batch", answer).await;
        let error = rig.client.batch(&[set()]).await.unwrap_err();
        assert!(matches!(error, Error::Service { .. }), "{error:?}");
        assert_eq!(error.class(), class);
    }
}

#[tokio::test]
async fn a_page_instead_of_a_batch_answer_leaves_all_open() {
    let rig = Rig::new().await;
    let page = ResponseTemplate::new(200).set_body_raw("<html>", "text/html");
    rig.answer("POST", "$batch", page).await;
    let error = rig.client.batch(&[set()]).await.unwrap_err();
    assert!(error.may_have_applied(), "{error:?}");
}

#[tokio::test]
async fn too_many_operations_are_not_sent() {
    let rig = Rig::new().await;
    let error = rig.client.batch(&vec![set(); 501]).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { size: 1002, limit: 1000, .. }), "{error:?}");
    assert_eq!(rig.requests().await.len(), 0);
}

#[tokio::test]
async fn one_bad_name_stops_the_batch_before_it_is_sent() {
    let rig = Rig::new().await;
    let items = [set(), BatchItem::Query(Query::new("a b"))];
    let error = rig.client.batch(&items).await.unwrap_err();
    assert!(matches!(error, Error::Configuration { .. }));
    assert_eq!(rig.requests().await.len(), 0);
}
