use std::time::Duration;

use http_kit::Safety::Safe;
use http_kit::{Error, HttpClient, Tls, UrlRule};
use voice_model::ErrorClass;
use wiremock::MockServer;

use crate::plant::{builder, chain, client, request};

#[tokio::test]
async fn a_url_that_breaks_a_rule_is_refused_before_anything_is_sent() {
    let client = client();
    for (url, rule) in [
        ("http://api.example.com/calls?Number=1", UrlRule::PlainHttp),
        ("ftp://127.0.0.1/calls", UrlRule::Scheme),
        ("http://user:secret@127.0.0.1:1/calls", UrlRule::Credentials),
    ] {
        let error = client.send(request(url, Safe)).await.unwrap_err();
        let Error::UrlRefused { rule: broken, .. } = &error else { panic!("{error:?}") };
        assert_eq!(*broken, rule);
        assert_eq!(error.class(), ErrorClass::Rejected);
        let shown = chain(&error);
        assert!(!shown.contains("Number") && !shown.contains("secret"), "{shown}");
    }
    assert_eq!(client.requests_sent(), 0);
}

#[tokio::test]
async fn without_tls_https_is_refused() {
    let error = client().send(request("https://api.example.com/calls", Safe)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot read calls (GET api.example.com/calls): this client was set up for plain http to \
         loopback addresses only"
    );
}

#[tokio::test]
async fn a_header_with_a_line_break_is_named_and_not_sent() {
    let server = MockServer::start().await;
    for (name, value, shown) in [
        ("x-token", "a\r\nx-evil: 1", "\"x-token\""),
        ("x-token", "a\nb", "\"x-token\""),
        ("x-token", "nul\0", "\"x-token\""),
        ("x evil", "1", "\"x evil\""),
        ("x\r\ny", "1", "\"x\\r\\ny\""),
        ("", "1", "\"\""),
    ] {
        let error =
            client().send(request(&server.uri(), Safe).header(name, value)).await.unwrap_err();
        assert!(matches!(error, Error::Header { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(shown) && !text.contains("evil: 1"), "{text}");
        assert!(!text.contains('\n'), "{text}");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let second = Duration::from_secs(1);
    let cases: [(http_kit::HttpClientBuilder, &str); 7] = [
        (builder().deadline(Duration::ZERO), "deadline"),
        (builder().deadline(Duration::MAX), "deadline"),
        (builder().attempt_timeout(Duration::ZERO), "attempt_timeout"),
        (builder().backoff(second * 2, second), "backoff"),
        (builder().max_attempts(0), "max_attempts"),
        (builder().concurrency_per_host(0), "concurrency_per_host"),
        (builder().max_response_bytes(0), "max_response_bytes"),
    ];
    for (builder, name) in cases {
        let error = builder.build().unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn a_user_agent_that_cannot_be_sent_is_an_error() {
    let error = HttpClient::builder().tls(Tls::NotNeeded).user_agent("a\r\nb").build().unwrap_err();
    assert!(matches!(error, Error::Setup { .. }), "{error:?}");
}
