use http_kit::Safety::{self, Keyed, Plain, Safe};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::plant::{builder, client, request};

#[tokio::test]
async fn every_final_status_is_an_answer_and_not_an_error() {
    // status, attempts when safe, keyed, plain
    let cases: [(u16, [u64; 3]); 14] = [
        (200, [1, 1, 1]),
        (204, [1, 1, 1]),
        (304, [1, 1, 1]),
        (400, [1, 1, 1]),
        (401, [1, 1, 1]),
        (404, [1, 1, 1]),
        (408, [3, 3, 1]),
        (412, [1, 1, 1]),
        (429, [3, 3, 3]),
        (500, [3, 3, 1]),
        (501, [1, 1, 1]),
        (502, [3, 3, 1]),
        (503, [3, 3, 3]),
        (504, [3, 3, 1]),
    ];
    for (status, attempts) in cases {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(status)).mount(&server).await;
        for (safety, attempts) in [Safe, Keyed, Plain].into_iter().zip(attempts) {
            let client = builder().max_attempts(3).build().unwrap();
            let response = client.send(request(&server.uri(), safety)).await.unwrap();
            assert_eq!(response.status.as_u16(), status);
            assert_eq!(client.requests_sent(), attempts, "{status} {safety:?}");
            assert_eq!(u64::from(response.attempts()), attempts);
        }
    }
}

#[tokio::test]
async fn a_retry_that_succeeds_gives_the_success() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(2)
        .mount(&server)
        .await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_string("rows"))
        .mount(&server)
        .await;
    let response = client().send(request(&server.uri(), Plain)).await.unwrap();
    assert_eq!((response.status.as_u16(), response.attempts()), (200, 3));
    assert_eq!(&response.body[..], b"rows");
}

#[tokio::test]
async fn all_attempts_carry_the_same_body_headers_and_request_id() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(503)).mount(&server).await;
    let request = request(&server.uri(), Keyed).header("if-none-match", "*").body("{}");
    let response = client().send(request).await.unwrap();
    let received = server.received_requests().await.unwrap();
    assert_eq!(received.len(), 4);
    for request in received {
        assert_eq!(request.body, b"{}");
        assert_eq!(request.headers["if-none-match"], "*");
        assert_eq!(request.headers["x-ms-client-request-id"], response.request_id());
    }
}

#[tokio::test]
async fn a_request_id_is_made_unless_the_caller_gives_one() {
    let server = MockServer::start().await;
    let seeded = || builder().jitter_seed(Some(42)).build().unwrap();
    let id = async |client: http_kit::HttpClient, request| {
        client.send(request).await.unwrap().request_id().to_owned()
    };
    let first = id(seeded(), request(&server.uri(), Safe)).await;
    assert_eq!(id(seeded(), request(&server.uri(), Safe)).await, first, "seeded");
    let client = seeded();
    assert_eq!(id(client.clone(), request(&server.uri(), Safe)).await, first);
    assert_ne!(id(client, request(&server.uri(), Safe)).await, first, "one id per request");
    let given = request(&server.uri(), Safe).header("X-MS-Client-Request-Id", "pass-7");
    assert_eq!(id(seeded(), given).await, "pass-7");
    let received = server.received_requests().await.unwrap();
    assert_eq!(received.last().unwrap().headers["x-ms-client-request-id"], "pass-7");
}

#[tokio::test]
async fn a_redirect_is_given_back_and_not_followed() {
    let server = MockServer::start().await;
    let elsewhere = MockServer::start().await;
    for status in [301, 302, 303, 307, 308] {
        server.reset().await;
        Mock::given(any())
            .respond_with(ResponseTemplate::new(status).insert_header("location", elsewhere.uri()))
            .mount(&server)
            .await;
        let sent = request(&server.uri(), Safe).header("authorization", "Basic eDp5");
        let response = client().send(sent).await.unwrap();
        assert_eq!(response.status.as_u16(), status);
        assert_eq!(response.headers["location"], elsewhere.uri());
    }
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn cookies_are_not_kept() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).insert_header("set-cookie", "session=1"))
        .mount(&server)
        .await;
    let client = client();
    for _ in 0..2 {
        client.send(request(&server.uri(), Safe)).await.unwrap();
    }
    for request in server.received_requests().await.unwrap() {
        assert!(!request.headers.contains_key("cookie"));
    }
}

#[tokio::test]
async fn a_failed_write_says_whether_it_may_have_been_carried_out() {
    // statuses in order, safety, may have applied
    let cases: [(&[u16], Safety, bool); 8] = [
        (&[500], Safe, false),
        (&[500], Plain, true),
        (&[504, 400], Keyed, true),
        (&[400], Keyed, false),
        (&[429, 400], Plain, false),
        (&[503], Plain, false),
        (&[200], Plain, true),
        (&[500, 412], Keyed, true),
    ];
    for (statuses, safety, expected) in cases {
        let server = MockServer::start().await;
        for (index, status) in statuses.iter().enumerate() {
            let times = if index + 1 == statuses.len() { u64::MAX } else { 1 };
            Mock::given(any())
                .respond_with(ResponseTemplate::new(*status))
                .up_to_n_times(times)
                .mount(&server)
                .await;
        }
        let response = client().send(request(&server.uri(), safety)).await.unwrap();
        assert_eq!(response.may_have_applied(), expected, "{statuses:?} {safety:?}");
    }
}

#[tokio::test]
async fn users_of_one_client_can_count_apart() {
    let server = MockServer::start().await;
    let shared = client();
    let (first, second) = (shared.counted_apart(), shared.counted_apart());
    first.send(request(&server.uri(), Safe)).await.unwrap();
    for _ in 0..2 {
        second.clone().send(request(&server.uri(), Safe)).await.unwrap();
    }
    assert_eq!((shared.requests_sent(), first.requests_sent(), second.requests_sent()), (0, 1, 2));
}
