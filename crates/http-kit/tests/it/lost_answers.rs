use std::time::Duration;

use http_kit::Safety::{self, Keyed, Plain, Safe};
use http_kit::{Error, HttpClient};
use tokio::net::TcpListener;
use voice_model::ErrorClass;

use crate::plant::Misbehaviour::{self, Behave, Hang, Reset, Truncate};
use crate::plant::{RawServer, builder, chain, request};

fn impatient() -> HttpClient {
    builder().attempt_timeout(Duration::from_millis(150)).max_attempts(3).build().unwrap()
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_only_where_that_is_safe() {
    for misbehaviour in [Reset, Truncate, Hang] {
        for (safety, attempts, may_have_applied) in
            [(Safe, 3, false), (Keyed, 3, true), (Plain, 1, true)]
        {
            let server = RawServer::start(&[misbehaviour]).await;
            let client = impatient();
            let error = client.send(request(&server.url, safety)).await.unwrap_err();
            let case = format!("{misbehaviour:?} {safety:?} {error:?}");
            assert_eq!(client.requests_sent(), attempts, "{case}");
            assert_eq!(server.connections() as u64, attempts, "{case}");
            assert_eq!(error.may_have_applied(), may_have_applied, "{case}");
            assert_eq!(error.class(), ErrorClass::Transient, "{case}");
            let timed_out = matches!(error, Error::Timeout { .. });
            let interrupted = matches!(error, Error::Interrupted { .. });
            let hung = matches!(misbehaviour, Hang);
            assert_eq!((timed_out, interrupted), (hung, !hung), "{case}");
        }
    }
}

#[tokio::test]
async fn a_good_answer_after_lost_ones_is_the_answer() {
    let server = RawServer::start(&[Reset, Truncate, Behave]).await;
    let response = impatient().send(request(&server.url, Keyed)).await.unwrap();
    assert_eq!((&response.body[..], response.attempts()), (&b"ok"[..], 3));
}

#[tokio::test]
async fn a_refused_connection_is_tried_again_even_for_a_plain_write() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    for safety in [Safe, Keyed, Plain] {
        let client = impatient();
        let error = client.send(request(&url, safety)).await.unwrap_err();
        assert!(matches!(error, Error::Connect { attempts: 3, .. }), "{error:?}");
        assert!(error.is_unreachable() && !error.may_have_applied());
        assert_eq!(client.requests_sent(), 3);
    }
}

#[tokio::test]
async fn a_deadline_ends_an_attempt_that_hangs() {
    for (safety, may_have_applied) in [(Safe, false), (Keyed, true), (Plain, true)] {
        let server = RawServer::start(&[Hang]).await;
        let client = builder().deadline(Duration::from_millis(150)).build().unwrap();
        let error = client.send(request(&server.url, safety)).await.unwrap_err();
        assert!(matches!(error, Error::Deadline { attempts: 1, .. }), "{error:?}");
        assert_eq!(error.may_have_applied(), may_have_applied, "{safety:?}");
    }
}

#[tokio::test]
async fn no_error_shows_the_query() {
    let cases: [(&[Misbehaviour], Safety); 4] =
        [(&[Reset], Safe), (&[Truncate], Safe), (&[Hang], Safe), (&[Reset], Plain)];
    for (script, safety) in cases {
        let server = RawServer::start(script).await;
        let error = impatient().send(request(&server.url, safety)).await.unwrap_err();
        let shown = chain(&error);
        assert!(shown.contains("read calls (") && shown.contains("/calls)"), "{shown}");
        assert!(!shown.contains("358501234567") && !shown.contains("Number"), "{shown}");
    }
}
