use std::time::Duration;

use enreach_client::{DiscoveryProblem, EnreachApi, EnreachClient, Error};
use serde_json::{Value, json};
use voice_model::ErrorClass;
use wiremock::matchers::{any, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::plant::{USER, answering, builder};

fn platform(endpoint: &str) -> Value {
    json!([{
        "siloName":"Silo02","username":USER,"apiEndpoint":endpoint,
        "uiEndpoint":"https://sedna.example/","authority":null,"basicAuthEndpoint":"https://x/"
    }])
}

async fn discovering(answer: ResponseTemplate) -> (MockServer, EnreachClient) {
    let server = answering(answer).await;
    let client = builder(USER).discovery_url(server.uri().parse().unwrap()).build().unwrap();
    (server, client)
}

async fn api() -> MockServer {
    answering(ResponseTemplate::new(200).set_body_json(json!([]))).await
}

#[tokio::test]
async fn the_api_is_discovered_once_and_used_with_or_without_its_slash() {
    for slash in ["", "/"] {
        let api = api().await;
        let endpoint = format!("{}/enreach{slash}", api.uri());
        let answer = ResponseTemplate::new(200).set_body_json(platform(&endpoint));
        let (discovery, client) = discovering(answer).await;
        assert_eq!(client.requests_sent(), 0, "lazy");
        let results = tokio::join!(client.users(), client.queues(), client.users());
        assert!(results.0.is_ok() && results.1.is_ok() && results.2.is_ok());
        assert_eq!(client.requests_sent(), 4, "discovery counts");
        let asked = discovery.received_requests().await.unwrap();
        assert_eq!(asked.len(), 1, "once, although three needed it");
        assert_eq!(asked[0].url.path(), "/api/user");
        assert_eq!(asked[0].url.query(), Some("user=api.user%40contoso.example"));
        assert!(!asked[0].headers.contains_key("authorization"), "needs no credentials");
        for request in api.received_requests().await.unwrap() {
            assert!(request.url.path().starts_with("/enreach/"), "{}", request.url);
        }
    }
}

#[tokio::test]
async fn a_user_name_cannot_break_out_of_the_query() {
    for username in ["a+b@c.example", "a%26@c", "a&user=x", "a#b?c/d@e", "ä ö@c"] {
        let server = MockServer::start().await;
        Mock::given(method("GET"))
            .and(path("/api/user"))
            .and(query_param("user", username))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!([])))
            .expect(1)
            .mount(&server)
            .await;
        let client =
            builder(username).discovery_url(server.uri().parse().unwrap()).build().unwrap();
        let error = client.me().await.unwrap_err();
        assert!(matches!(error, Error::Discovery { .. }), "{error:?}");
        let asked = server.received_requests().await.unwrap();
        assert_eq!(asked[0].url.query_pairs().count(), 1, "{username}");
    }
    for username in ["a\r\nX-Evil: 1", "a\nb@c"] {
        let error = builder(username).build().unwrap_err();
        assert!(matches!(error, Error::Configuration { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_failed_discovery_says_who_where_and_what_to_check() {
    let ok = |body: Value| ResponseTemplate::new(200).set_body_json(body);
    let throttled = ErrorClass::Throttled { retry_after: Some(Duration::from_secs(90)) };
    let slow_down = ResponseTemplate::new(429).insert_header("retry-after", "90");
    let page = ResponseTemplate::new(200).set_body_raw("<html>", "text/html");
    let cases = [
        (ok(json!([])), ErrorClass::Auth, "check the user name in the configuration"),
        (ResponseTemplate::new(404), ErrorClass::Auth, "HTTP 404; check the user name and"),
        (ResponseTemplate::new(403), ErrorClass::Auth, "HTTP 403; check"),
        (ResponseTemplate::new(400), ErrorClass::Rejected, "HTTP 400; check"),
        (ResponseTemplate::new(302), ErrorClass::Rejected, "HTTP 302; check"),
        (ResponseTemplate::new(204), ErrorClass::Rejected, "HTTP 204; check"),
        (ResponseTemplate::new(500), ErrorClass::Transient, "HTTP 500; check"),
        (slow_down, throttled, "HTTP 429; check"),
        (page, ErrorClass::Transient, "expected JSON, got text/html"),
        (ResponseTemplate::new(200), ErrorClass::Transient, "is empty"),
        (
            ok(json!({"apiEndpoint":"https://x"})),
            ErrorClass::Bug,
            "expected an array, got an object",
        ),
        (ok(json!(["https://x"])), ErrorClass::Bug, "expected an array of objects, got a text"),
        (ok(json!([{}])), ErrorClass::Rejected, "apiEndpoint is missing"),
        (ok(json!([{"apiEndpoint":null}])), ErrorClass::Rejected, "must be a text, got null"),
        (ok(platform(" ")), ErrorClass::Rejected, "apiEndpoint is empty"),
        (ok(platform("api.example.com")), ErrorClass::Rejected, "is not a URL"),
        (
            ok(platform("http://api.example.com")),
            ErrorClass::Rejected,
            "plain http is accepted for",
        ),
        (ok(platform("http://127.0.0.1.example.com")), ErrorClass::Rejected, "use https"),
        (
            ok(platform("https://a:b@api.example.com")),
            ErrorClass::Rejected,
            "user name or a password",
        ),
        (ok(platform("https://api.example.com/?x=1")), ErrorClass::Rejected, "neither a query"),
    ];
    for (answer, class, part) in cases {
        let (_server, client) = discovering(answer).await;
        let error = client.me().await.unwrap_err();
        assert!(matches!(error, Error::Discovery { .. }), "{error:?}");
        let shown = error.to_string();
        let who = "cannot find the Enreach API of user \"api.user@contoso.example\" at 127.0.0.1: ";
        assert!(shown.starts_with(who), "{shown}");
        assert!(shown.contains(part) && shown.contains("check"), "{shown}");
        assert_eq!(error.class(), class, "{shown}");
    }
}

#[tokio::test]
async fn a_failure_is_not_kept() {
    let api = api().await;
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(json!([])))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(platform(&api.uri())))
        .mount(&server)
        .await;
    let client = builder(USER).discovery_url(server.uri().parse().unwrap()).build().unwrap();
    let error = client.users().await.unwrap_err();
    let unknown = DiscoveryProblem::UnknownUser;
    assert!(matches!(&error, Error::Discovery { problem, .. } if *problem == unknown), "{error:?}");
    client.users().await.unwrap();
}

/// A client whose first API answers 404 to everything, and whose discovery then names another.
async fn moved(rediscover_after: Duration) -> (MockServer, [MockServer; 2], EnreachClient) {
    let old = answering(ResponseTemplate::new(404)).await;
    let new = api().await;
    let discovery = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(platform(&old.uri())))
        .up_to_n_times(1)
        .mount(&discovery)
        .await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(platform(&new.uri())))
        .mount(&discovery)
        .await;
    let client = builder(USER)
        .discovery_url(discovery.uri().parse().unwrap())
        .rediscover_after(rediscover_after)
        .build()
        .unwrap();
    (discovery, [old, new], client)
}

#[tokio::test]
async fn an_api_that_moved_is_found_again() {
    let (discovery, _apis, client) = moved(Duration::ZERO).await;
    assert_eq!(client.users().await.unwrap_err().class(), ErrorClass::NotFound);
    client.users().await.unwrap();
    client.users().await.unwrap();
    assert_eq!(discovery.received_requests().await.unwrap().len(), 2, "a good address is kept");
}

#[tokio::test]
async fn the_api_is_not_asked_for_again_too_soon() {
    let (discovery, _apis, client) = moved(Duration::from_secs(3600)).await;
    for _ in 0..3 {
        client.users().await.unwrap_err();
    }
    assert_eq!(discovery.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_known_address_outlives_a_failing_discovery() {
    let api = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(404)).up_to_n_times(1).mount(&api).await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(json!([])))
        .mount(&api)
        .await;
    let discovery = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(platform(&api.uri())))
        .up_to_n_times(1)
        .mount(&discovery)
        .await;
    Mock::given(any()).respond_with(ResponseTemplate::new(500)).mount(&discovery).await;
    let client = builder(USER)
        .discovery_url(discovery.uri().parse().unwrap())
        .rediscover_after(Duration::ZERO)
        .build()
        .unwrap();
    client.users().await.unwrap_err();
    client.users().await.unwrap();
}

#[tokio::test]
async fn an_unreachable_discovery_is_passing_trouble() {
    let server = MockServer::builder().start().await;
    let url = server.uri().parse().unwrap();
    drop(server);
    let client = builder(USER).discovery_url(url).build().unwrap();
    let error = client.me().await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient, "{error:?}");
    assert_eq!(
        error.to_string(),
        "could not discover the API address: no usable answer from Enreach Cloud"
    );
}
