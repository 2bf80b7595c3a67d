use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_kit::Safety::{Plain, Safe};
use http_kit::{Error, HttpClient};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use voice_model::ErrorClass;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::plant::Misbehaviour::{Flood, Hang};
use crate::plant::{RawServer, builder, request};

async fn serving(body: Vec<u8>) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_bytes(body))
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn an_answer_over_the_cap_fails_and_is_not_asked_for_again() {
    let server = serving(vec![b'x'; 1024 * 1024 + 1]).await;
    let client = builder().max_response_bytes(1024 * 1024).build().unwrap();
    let error = client.send(request(&server.uri(), Safe)).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { limit_bytes: 1_048_576, .. }), "{error:?}");
    assert_eq!((error.class(), error.may_have_applied()), (ErrorClass::Bug, false));
    let error = client.send(request(&server.uri(), Plain)).await.unwrap_err();
    assert!(error.may_have_applied(), "the write was answered");
    assert_eq!(client.requests_sent(), 2);
}

#[tokio::test]
async fn an_answer_of_exactly_the_cap_passes() {
    let server = serving(vec![b'x'; 2048]).await;
    let client = builder().max_response_bytes(2048).build().unwrap();
    assert_eq!(client.send(request(&server.uri(), Safe)).await.unwrap().body.len(), 2048);
}

#[tokio::test]
async fn an_endless_answer_of_unannounced_length_is_cut_off() {
    let server = RawServer::start(&[Flood]).await;
    let client = builder().max_response_bytes(10_000).build().unwrap();
    let error = client.send(request(&server.url, Safe)).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { status: 200, .. }), "{error:?}");
    assert_eq!(server.connections(), 1);
}

/// Counts how many requests it holds at once, and answers each when `width` are there or a while
/// has passed.
async fn crowd_meter() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                now.fetch_sub(1, Ordering::SeqCst);
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                let _ = stream.write_all(answer).await;
            });
        }
    });
    (url, seen)
}

async fn send_many(client: &HttpClient, url: &str, count: usize) {
    let sends = (0..count).map(|_| client.send(request(url, Safe)));
    for result in futures::future::join_all(sends).await {
        result.unwrap();
    }
}

#[tokio::test]
async fn no_more_requests_than_permits_are_in_flight_to_one_host() {
    let (url, most) = crowd_meter().await;
    let client = builder().concurrency_per_host(3).build().unwrap();
    send_many(&client, &url, 12).await;
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn another_host_has_permits_of_its_own() {
    let blocked = RawServer::start(&[Hang]).await;
    let (url, _) = crowd_meter().await;
    let client = builder().concurrency_per_host(1).build().unwrap();
    let hanging = client.send(request(&blocked.url, Safe));
    tokio::select! {
        biased;
        result = hanging => panic!("{result:?}"),
        () = send_many(&client, &url, 2) => {}
    }
}

#[tokio::test]
async fn a_permit_is_free_while_its_holder_waits_to_try_again() {
    let throttled = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(429).insert_header("retry-after", "30"))
        .up_to_n_times(1)
        .mount(&throttled)
        .await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&throttled).await;
    let client = builder().concurrency_per_host(1).build().unwrap();
    let waiting = client.send(request(&throttled.uri(), Safe));
    let others = async {
        while throttled.received_requests().await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        send_many(&client, &throttled.uri(), 3).await;
    };
    tokio::select! {
        biased;
        result = waiting => panic!("it should wait for 30 s: {result:?}"),
        () = others => {}
    }
}
