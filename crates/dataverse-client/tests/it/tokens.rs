//! Access tokens: asked for, kept, renewed, dropped.

use dataverse_client::{DataverseApi, Error, Query};
use futures::future::join_all;
use serde_json::json;
use voice_model::ErrorClass;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, ResponseTemplate};

use crate::rig::{self, CLIENT, Rig, SECRET, token_body, token_path};

async fn answer_contacts(rig: &Rig) {
    let page = ResponseTemplate::new(200).set_body_json(json!({ "value": [] }));
    rig.answer("GET", "contacts", page).await;
}

async fn query(rig: &Rig) -> dataverse_client::Result<()> {
    rig.client.query(&Query::new("contacts")).await.map(drop)
}

async fn used(rig: &Rig) -> Vec<String> {
    let requests = rig.requests().await;
    requests
        .iter()
        .map(|request| rig::header(request, "authorization").unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_token_request_is_as_documented() {
    let rig = Rig::new().await;
    answer_contacts(&rig).await;
    query(&rig).await.unwrap();
    let requests = rig.server.received_requests().await.unwrap();
    let request = &requests[0];
    assert_eq!(request.url.path(), token_path());
    assert_eq!(rig::header(request, "content-type"), Some("application/x-www-form-urlencoded"));
    let form: Vec<(String, String)> =
        url::form_urlencoded::parse(&request.body).into_owned().collect();
    let scope = format!("{}/.default", rig.server.uri());
    for (name, value) in [
        ("client_id", CLIENT),
        ("client_secret", SECRET),
        ("grant_type", "client_credentials"),
        ("scope", scope.as_str()),
    ] {
        assert!(form.contains(&(name.to_owned(), value.to_owned())), "{name}: {form:?}");
    }
}

#[tokio::test]
async fn a_token_serves_many_requests_until_it_is_due() {
    let rig = Rig::new().await;
    answer_contacts(&rig).await;
    let queries = join_all((0..10).map(|_| query(&rig))).await;
    assert!(queries.iter().all(Result::is_ok));
    assert_eq!(rig.tokens(), 1);
    rig.pass(3290);
    query(&rig).await.unwrap();
    assert_eq!(rig.tokens(), 1);
    rig.pass(20);
    query(&rig).await.unwrap();
    assert_eq!(rig.tokens(), 2);
}

#[tokio::test]
async fn a_refused_token_is_dropped_and_the_request_sent_once_more() {
    let rig = Rig::new().await;
    let refused = ResponseTemplate::new(401).insert_header(
        "WWW-Authenticate",
        "Bearer authorization_uri=https://login.microsoftonline.com/x/oauth2/authorize",
    );
    Mock::given(header("authorization", "Bearer token-1"))
        .and(path("/api/data/v9.2/contacts"))
        .respond_with(refused)
        .mount(&rig.server)
        .await;
    answer_contacts(&rig).await;
    query(&rig).await.unwrap();
    query(&rig).await.unwrap();
    assert_eq!(used(&rig).await, ["Bearer token-1", "Bearer token-2", "Bearer token-2"]);
    assert_eq!(rig.tokens(), 2, "the new token is kept");
}

#[tokio::test]
async fn a_second_refusal_is_an_error() {
    let rig = Rig::new().await;
    rig.answer("GET", "contacts", ResponseTemplate::new(401)).await;
    let error = query(&rig).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Auth);
    assert!(matches!(&error, Error::Service { source, .. } if source.status == 401));
    assert_eq!(used(&rig).await.len(), 2);
}

#[tokio::test]
async fn the_last_good_token_outlives_trouble_of_the_endpoint() {
    let rig = Rig::without_tokens().await;
    answer_contacts(&rig).await;
    let endpoint = || Mock::given(method("POST")).and(path(token_path()));
    let good = ResponseTemplate::new(200).set_body_json(token_body("first", 3600));
    endpoint().respond_with(good).up_to_n_times(1).mount(&rig.server).await;
    endpoint().respond_with(ResponseTemplate::new(503)).mount(&rig.server).await;
    query(&rig).await.unwrap();
    rig.pass(3400);
    query(&rig).await.unwrap();
    assert_eq!(used(&rig).await, ["Bearer first", "Bearer first"]);
    rig.pass(300);
    let error = query(&rig).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient);
    assert!(matches!(error, Error::Credential(_)));
    assert_eq!(used(&rig).await.len(), 2, "nothing is sent with an expired token");
}

#[tokio::test]
async fn what_entra_refuses_is_said_in_words_and_without_the_secret() {
    for (status, code, words) in [
        (401, 7_000_215, "the client secret is wrong (AADSTS7000215)"),
        (401, 7_000_222, "the client secret has expired (AADSTS7000222)"),
        (400, 700_016, "the application is unknown in the tenant (AADSTS700016)"),
        (400, 90_002, "the tenant is unknown (AADSTS90002)"),
        (400, 500_011, "the Dynamics environment is unknown in the tenant (AADSTS500011)"),
    ] {
        let rig = Rig::without_tokens().await;
        let body = json!({
            "error": "invalid_client",
            "error_description": format!("AADSTS{code}: No. Trace ID: 1"),
            "error_codes": [code], "timestamp": "2026-01-09 02:02:12Z",
        });
        Mock::given(path(token_path()))
            .respond_with(ResponseTemplate::new(status).set_body_json(body))
            .mount(&rig.server)
            .await;
        let error = query(&rig).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Auth);
        let Error::Credential(source) = &error else { panic!("{error:?}") };
        assert_eq!(source.code, Some(code));
        assert!(source.to_string().starts_with(words), "{source}");
        assert!(!format!("{error:?} {error} {source}").contains(SECRET));
        let asked = rig.server.received_requests().await.unwrap().len();
        assert_eq!(asked, 1, "a refusal is not tried again");
        assert_eq!(rig.client.requests_sent(), 0);
    }
}

#[tokio::test]
async fn trouble_of_the_endpoint_is_passing() {
    for answer in [
        ResponseTemplate::new(503).set_body_string("<html>"),
        ResponseTemplate::new(429),
        ResponseTemplate::new(200).set_body_string("<html>"),
        ResponseTemplate::new(200).set_body_json(json!({ "token_type": "Bearer" })),
    ] {
        let rig = Rig::without_tokens().await;
        Mock::given(path(token_path())).respond_with(answer).mount(&rig.server).await;
        let error = query(&rig).await.unwrap_err();
        assert!(error.class().is_passing(), "{error:?}");
        assert!(!error.may_have_applied());
    }
}
