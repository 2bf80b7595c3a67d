use chrono::Duration;
use enreach_client::{EnreachApi, EnreachClient, Error, WindowBasis};
use secrecy::SecretString;
use serde_json::json;
use voice_model::{ErrorClass, TimeWindow};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::plant::{Operation, SECRET, USER, answering, builder, client, http};

#[tokio::test]
async fn each_operation_asks_its_path_and_exactly_its_query() {
    let encoded = "2026-03-01+08%3A00%3A00&EndTime=2026-03-01+09%3A00%3A01";
    for (operation, path, query) in [
        (Operation::Me, "/users/me", None),
        (Operation::Users, "/users", None),
        (Operation::Queues, "/queues", None),
        (Operation::Calls, "/calls", Some(format!("StartTime={encoded}"))),
        (Operation::CallsWithId, "/calls", Some("CallId=c%261+%2B%C3%A4".to_owned())),
        (
            Operation::ServiceCalls,
            "/servicecall",
            Some(format!("ModifiedAfter={encoded}").replace("EndTime", "ModifiedBefore")),
        ),
        (Operation::CallbackLists, "/callbacks/lists", None),
        (
            Operation::CallbackItems,
            "/callbacks/lists/l-1/items",
            Some("CreatedAfter=2026-03-01+08%3A00%3A00&States=Open%2CReserved".to_owned()),
        ),
        (Operation::CallbackItem, "/callbacks/items/i-1", None),
    ] {
        for base in ["", "/", "/enreach", "/enreach/"] {
            let server = answering(ResponseTemplate::new(200).set_body_json(json!([]))).await;
            let api = format!("{}{base}", server.uri()).parse().unwrap();
            let client = builder(USER).api_url(api).build().unwrap();
            let _ = operation.run(&client).await;
            let received = server.received_requests().await.unwrap();
            assert_eq!(received.len(), 1);
            let expected = format!("{}{path}", base.trim_end_matches('/'));
            assert_eq!(received[0].url.path(), expected);
            assert_eq!(received[0].url.query(), query.as_deref());
            assert_eq!(received[0].method.as_str(), "GET");
        }
    }
}

#[tokio::test]
async fn every_request_carries_credentials_and_asks_for_modern_json() {
    let server = MockServer::start().await;
    // base64 of "api.user@contoso.example:sandbox-secret", computed with coreutils' base64.
    let basic = "Basic YXBpLnVzZXJAY29udG9zby5leGFtcGxlOnNhbmRib3gtc2VjcmV0";
    Mock::given(method("GET"))
        .and(header("authorization", basic))
        .and(header("accept", "application/json"))
        .and(header("x-json-serializer", "2"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!([])))
        .expect(9)
        .mount(&server)
        .await;
    let client = client(&server);
    for operation in Operation::all() {
        let _ = operation.run(&client).await;
    }
    assert_eq!(client.requests_sent(), 9);
}

#[tokio::test]
async fn a_window_of_31_days_is_asked_and_a_longer_one_refused_before_sending() {
    let server = answering(ResponseTemplate::new(200).set_body_json(json!([]))).await;
    let client = client(&server);
    let end = "2026-03-01T00:00:00Z".parse().unwrap();
    let longest = TimeWindow::ending_at(end, Duration::days(31)).unwrap();
    let longer = TimeWindow::ending_at(end, Duration::days(31) + Duration::seconds(1)).unwrap();
    for basis in [WindowBasis::Started, WindowBasis::Modified] {
        client.calls(basis, longest).await.unwrap();
        client.service_calls(basis, longest).await.unwrap();
        let refused = [
            client.calls(basis, longer).await.unwrap_err(),
            client.service_calls(basis, longer).await.unwrap_err(),
        ];
        for error in refused {
            assert!(matches!(error, Error::WindowTooLong { .. }), "{error:?}");
            assert_eq!(error.class(), ErrorClass::Rejected);
            assert!(error.to_string().contains("31 days"), "{error}");
        }
    }
    assert_eq!(client.requests_sent(), 4);
}

#[tokio::test]
async fn requests_of_clients_that_share_connections_are_counted_apart() {
    let server = answering(ResponseTemplate::new(503)).await;
    let http = http();
    let build = || {
        EnreachClient::builder(http.clone(), USER, SecretString::from(SECRET))
            .api_url(server.uri().parse().unwrap())
            .build()
            .unwrap()
    };
    let (first, second) = (build(), build());
    let _ = first.users().await;
    assert_eq!((first.requests_sent(), second.requests_sent()), (2, 0), "each attempt counts");
    assert_eq!(first.clone().requests_sent(), 2, "clones count together");
}

#[tokio::test]
async fn credentials_are_never_sent_to_a_host_by_plain_http() {
    for url in ["http://api.example.com", "ftp://127.0.0.1", "https://u:p@api.example.com"] {
        let error = builder(USER).api_url(url.parse().unwrap()).build().unwrap_err();
        assert!(error.to_string().starts_with("Enreach client: api_url: "), "{error}");
        assert_eq!(error.class(), ErrorClass::Rejected);
        let error = builder(USER).discovery_url(url.parse().unwrap()).build().unwrap_err();
        assert!(error.to_string().contains("discovery_url"), "{error}");
    }
}

#[tokio::test]
async fn nothing_that_can_be_printed_holds_the_secret() {
    let server = MockServer::start().await;
    Mock::given(path("/users/me")).respond_with(ResponseTemplate::new(401)).mount(&server).await;
    let client = client(&server);
    let error = client.me().await.unwrap_err();
    let shown = format!("{client:?} {:?} {error} {error:?}", builder(USER));
    assert!(shown.contains(USER));
    for secret in [SECRET, "YXBpLnVzZXJA", "c2FuZGJveC1zZWNyZXQ"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
