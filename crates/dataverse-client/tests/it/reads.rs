//! WhoAmI, queries, single rows and metadata.

use dataverse_client::{DataverseApi, Error, Filter, Order, Query, StatusOption, all_rows};
use serde_json::json;
use uuid::Uuid;
use voice_model::ErrorClass;
use wiremock::ResponseTemplate;

use crate::rig::{Rig, error, header};

#[tokio::test]
async fn who_we_are_comes_with_the_advised_parallelism() {
    let rig = Rig::new().await;
    let (user, organization) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let body = json!({
        "@odata.context": "x", "BusinessUnitId": Uuid::nil(), "UserId": user,
        "OrganizationId": organization,
    });
    let answer = ResponseTemplate::new(200).set_body_json(body).insert_header("x-ms-dop-hint", "4");
    rig.answer("GET", "WhoAmI", answer).await;

    let who = rig.client.who_am_i().await.unwrap();
    assert_eq!((who.user_id, who.organization_id), (user, organization));
    assert_eq!(who.parallelism_hint, Some(4));

    let request = rig.only_request().await;
    for (name, value) in [
        ("authorization", "Bearer token-1"),
        ("accept", "application/json"),
        ("odata-version", "4.0"),
        ("odata-maxversion", "4.0"),
        ("if-none-match", "null"),
    ] {
        assert_eq!(header(&request, name), Some(value));
    }
    assert_eq!(header(&request, "content-type"), None);
    assert_eq!(rig.client.requests_sent(), 1, "token requests are not counted");
}

#[tokio::test]
async fn who_we_are_needs_both_ids() {
    let rig = Rig::new().await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "UserId": Uuid::nil() }));
    rig.answer("GET", "WhoAmI", answer).await;
    let error = rig.client.who_am_i().await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Bug);
    assert!(error.to_string().contains("UserId or OrganizationId"), "{error}");
}

#[tokio::test]
async fn a_query_arrives_as_it_was_meant() {
    let rig = Rig::new().await;
    let rows = json!({ "value": [{ "fullname": "Ann", "@odata.etag": "W/\"1\"" }] });
    rig.answer("GET", "contacts", ResponseTemplate::new(200).set_body_json(rows)).await;
    let query = Query::new("contacts")
        .select(["fullname"])
        .filter(Filter::eq("telephone1", "+358 & O'Brien #1"))
        .order_by("createdon", Order::Ascending)
        .page_size(50)
        .annotations();
    let page = rig.client.query(&query).await.unwrap();
    assert_eq!(page.rows[0].text("fullname"), Some("Ann"));
    assert_eq!(page.rows[0].etag(), Some("W/\"1\""));
    assert!(page.next.is_none());

    let request = rig.only_request().await;
    let options: Vec<(String, String)> = request
        .url
        .query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let expected = [
        ("$select", "fullname"),
        ("$filter", "telephone1 eq '+358 & O''Brien #1'"),
        ("$orderby", "createdon asc"),
    ];
    assert_eq!(options, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(
        header(&request, "prefer"),
        Some("odata.include-annotations=\"*\",odata.maxpagesize=50")
    );
}

#[tokio::test]
async fn a_query_that_never_matches_is_not_sent() {
    let rig = Rig::new().await;
    let query = Query::new("contacts").filter(Filter::is_in("a", Vec::<String>::new()));
    assert!(rig.client.query(&query).await.unwrap().rows.is_empty());
    assert_eq!(rig.requests().await.len(), 0);
    assert_eq!(rig.tokens(), 0);
}

#[tokio::test]
async fn a_query_with_a_bad_name_is_not_sent() {
    let rig = Rig::new().await;
    let error = rig.client.query(&Query::new("contacts?x")).await.unwrap_err();
    assert!(matches!(error, Error::Configuration { .. }));
    assert_eq!(rig.requests().await.len(), 0);
}

#[tokio::test]
async fn pages_are_followed_with_the_same_preferences() {
    let rig = Rig::new().await;
    let link = format!("{}/api/data/v9.2/contacts2?$skiptoken=%3Ccookie%2F%3E", rig.server.uri());
    let first = json!({ "value": [{ "n": 1 }], "@odata.nextLink": link });
    rig.answer("GET", "contacts", ResponseTemplate::new(200).set_body_json(first)).await;
    let second = json!({ "value": [{ "n": 2 }] });
    rig.answer("GET", "contacts2", ResponseTemplate::new(200).set_body_json(second)).await;

    let query = Query::new("contacts").page_size(1);
    let rows = all_rows(&rig.client, &query).await.unwrap();
    assert_eq!(rows.iter().filter_map(|row| row.integer("n")).collect::<Vec<_>>(), [1, 2]);
    let requests = rig.requests().await;
    assert_eq!(requests[1].url.query(), Some("$skiptoken=%3Ccookie%2F%3E"));
    for request in &requests {
        assert_eq!(header(request, "prefer"), Some("odata.maxpagesize=1"));
    }
}

#[tokio::test]
async fn a_row_is_retrieved_by_its_key() {
    let rig = Rig::new().await;
    let id = Uuid::from_u128(0xABC);
    let row = ResponseTemplate::new(200).set_body_json(json!({ "subject": "x" }));
    rig.answer("GET", &format!("phonecalls({id})"), row).await;
    let row = rig.client.retrieve("phonecalls", id, &["subject", "statecode"]).await.unwrap();
    assert_eq!(row.unwrap().text("subject"), Some("x"));
    assert_eq!(rig.only_request().await.url.query(), Some("$select=subject,statecode"));
}

#[tokio::test]
async fn a_row_that_is_gone_is_none_and_a_table_that_is_gone_is_an_error() {
    let rig = Rig::new().await;
    let id = Uuid::nil();
    let at = |set: &str| format!("{set}({id})");
    let gone = error(404, "0x80040217", "contact With Id = 0 Does Not Exist");
    rig.answer("GET", &at("contacts"), gone).await;
    let missing = error(404, "0x8006088a", "Resource not found for the segment 'leads'.");
    rig.answer("GET", &at("leads"), missing).await;
    rig.answer("GET", &at("pages"), ResponseTemplate::new(404).set_body_string("<html>")).await;

    assert_eq!(rig.client.retrieve("contacts", id, &[]).await.unwrap(), None);
    for set in ["leads", "pages"] {
        let error = rig.client.retrieve(set, id, &[]).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::NotFound, "{set}");
        assert_eq!(error.service().unwrap().is_table_missing(), set == "leads");
    }
}

#[tokio::test]
async fn status_reasons_are_read_from_metadata() {
    let rig = Rig::new().await;
    let body = json!({ "value": [{ "LogicalName": "statuscode", "OptionSet": { "Options": [
        { "Value": 1, "State": 0 }, { "Value": 2, "State": 1 }, { "Value": 451_000_000, "State": 0 },
    ] } }] });
    let at = "EntityDefinitions(LogicalName='phonecall')/Attributes/\
              Microsoft.Dynamics.CRM.StatusAttributeMetadata";
    rig.answer("GET", at, ResponseTemplate::new(200).set_body_json(body)).await;
    let options = rig.client.status_options("phonecall").await.unwrap();
    assert_eq!(options[2], StatusOption { status: 451_000_000, state: 0 });
    let query = rig.only_request().await.url.query().map(ToOwned::to_owned);
    assert_eq!(query.as_deref(), Some("$select=LogicalName&$expand=OptionSet"));
}

#[tokio::test]
async fn a_query_too_long_for_a_url_goes_inside_a_batch() {
    let rig = Rig::new().await;
    let answer = "--r\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 200 OK\r\n\r\n\
        {\"value\":[{\"n\":7}]}\r\n--r--\r\n";
    let answer = ResponseTemplate::new(200).set_body_raw(answer, "multipart/mixed; boundary=r");
    rig.answer("POST", "$batch", answer).await;
    let long = Query::new("contacts").filter(Filter::eq("fullname", "x".repeat(33_000)));
    let page = rig.client.query(&long).await.unwrap();
    assert_eq!(page.rows[0].integer("n"), Some(7));
    let request = rig.only_request().await;
    let body = String::from_utf8(request.body).unwrap();
    assert!(body.contains("GET /api/data/v9.2/contacts?$filter=fullname%20eq%20%27xxx"));

    let longer = Query::new("contacts").filter(Filter::eq("fullname", "x".repeat(66_000)));
    let error = rig.client.query(&longer).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn a_correlation_id_goes_along() {
    let rig = Rig::new().await;
    rig.answer("GET", "contacts", ResponseTemplate::new(200).set_body_json(json!({"value": []})))
        .await;
    let id = Uuid::from_u128(99);
    rig.client.with_correlation(id).query(&Query::new("contacts")).await.unwrap();
    rig.client.query(&Query::new("contacts")).await.unwrap();
    let requests = rig.requests().await;
    let id = id.to_string();
    assert_eq!(header(&requests[0], "x-ms-client-request-id"), Some(id.as_str()));
    assert_eq!(header(&requests[0], "x-ms-correlation-id"), Some(id.as_str()));
    assert_eq!(header(&requests[1], "x-ms-correlation-id"), None);
    assert_eq!(rig.client.requests_sent(), 2, "clones share the count");
}
