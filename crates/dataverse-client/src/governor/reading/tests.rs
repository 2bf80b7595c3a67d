use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};

use super::*;

fn read(status: u16, headers: &[(&str, &str)], body: &str) -> Reading {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| {
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        })
        .collect();
    let retry_after = text(&headers, "retry-after").and_then(|wait| wait.parse().ok());
    Reading::of(&End::Answer {
        status: StatusCode::from_u16(status).unwrap(),
        headers: &headers,
        body: &Bytes::from(body.to_owned()),
        retry_after: retry_after.map(Duration::from_secs),
    })
}

fn error(code: &str) -> String {
    format!("{{\"error\":{{\"code\":\"{code}\",\"message\":\"no\"}}}}")
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn what_is_left_is_read_as_the_service_writes_it() {
    for (value, seconds, requests) in [
        ("1,199.46", Some(1_199.46), Some(1_199)),
        ("0.00", Some(0.0), Some(0)),
        (" 12 ", Some(12.0), Some(12)),
        ("12,000,000.00", Some(12_000_000.0), Some(12_000_000)),
        ("-1", None, None),
        ("NaN", None, None),
        ("inf", None, None),
        ("much", None, None),
        ("", None, None),
    ] {
        let reading = read(200, &[(SECONDS_LEFT, value), (REQUESTS_LEFT, value)], "{}");
        assert_eq!((reading.seconds_left, reading.requests_left), (seconds, requests), "{value}");
    }
    let reading = read(200, &[], "{}");
    assert_eq!((reading.seconds_left, reading.requests_left, reading.advised), (None, None, None));
    assert_eq!(read(204, &[(PARALLELISM_HINT, "7")], "").advised, Some(7));
    assert_eq!(read(204, &[(PARALLELISM_HINT, "many")], "").advised, None);
}

#[test]
fn refusals_that_concern_all_requests_are_told_from_others() {
    let wait = [("retry-after", "7")];
    let lock = Some((Some(secs(7)), secs(10)));
    let limit = Some((Some(secs(7)), Duration::ZERO));
    for (status, code, expected) in [
        (429, "0x80072322", limit),
        (429, "-2147015903", limit),
        (429, "0x80072326", limit),
        (429, "0x8005f103", limit),
        (429, "0x80048544", limit),
        (429, "", limit),
        (400, "0x80072321", limit),
        (429, "0x80071151", lock),
        (400, "0x80071154", lock),
        (503, "", limit),
        (400, "0x80048544", None),
        (400, "0x80048d19", None),
        (412, "0x80040237", None),
        (500, "0x80044150", None),
        (502, "", None),
        (200, "0x80072322", None),
    ] {
        let refusal = read(status, &wait, &error(code)).refusal;
        let found = refusal.map(|refusal| (refusal.retry_after, refusal.at_least));
        assert_eq!(found, expected, "{status} {code}");
    }
    assert_eq!(read(503, &[], "<html>").refusal, None, "it does not say when to come again");
    assert_eq!(read(503, &[("retry-after", "0")], "").refusal, None);
    assert_eq!(read(429, &[("retry-after", "0")], "").refusal.unwrap().retry_after, None);
}

#[test]
fn a_part_of_a_batch_may_be_refused_by_a_limit() {
    let part = |status: &str, wait: &str, body: &str| {
        format!(
            "--r\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 {status}\r\n{wait}\r\n{body}\r\n"
        )
    };
    let nested = |inner: &str| {
        let inner = inner.replace("--r\r\n", "--s\r\n");
        format!("--r\r\nContent-Type: multipart/mixed; boundary=s\r\n\r\n{inner}--s--\r\n")
    };
    let written = part("204 No Content", "", "");
    let limited = part("429 Too Many", "Retry-After: 9\r\n", &error("0x80072321"));
    let longer = part("429 Too Many", "Retry-After: 11\r\n", "");
    let silent = part("429 Too Many", "", &error("0x80072321"));
    let other = part("412 Exists", "", &error("0x80040237"));
    let headers = [("content-type", "multipart/mixed; boundary=r")];
    for (parts, expected) in [
        (vec![written.clone(), other.clone()], None),
        (vec![written.clone(), limited.clone(), other.clone()], Some(Some(secs(9)))),
        (vec![limited.clone(), longer.clone(), limited.clone()], Some(Some(secs(11)))),
        (vec![written.clone(), nested(&limited)], Some(Some(secs(9)))),
        (vec![silent.clone()], Some(None)),
        (vec![silent, limited], Some(Some(secs(9)))),
    ] {
        let body = format!("{}--r--\r\n", parts.concat());
        let refusal = read(200, &headers, &body).refusal;
        assert_eq!(refusal.map(|refusal| refusal.retry_after), expected, "{body}");
    }
    assert_eq!(read(200, &headers, &format!("{written}--r--\r\n")).refusal, None);
    assert!(read(200, &headers, &format!("{other}--r--\r\n")).is_let_in());
}

#[test]
fn the_lock_counts_as_its_least_wait_among_several() {
    let refusal =
        |retry_after, at_least| Refusal { status: 429, code: None, retry_after, at_least };
    let (lock, limit) = (refusal(None, secs(10)), refusal(Some(secs(3)), Duration::ZERO));
    assert_eq!(lock.longer(limit), lock);
    assert_eq!(limit.longer(lock), lock);
}

#[test]
fn what_was_let_in_and_what_was_too_slow() {
    // status, body, let in, timed out
    for (status, body, let_in, timed_out) in [
        (200, "", true, false),
        (404, "", true, false),
        (412, "", true, false),
        (500, "", false, false),
        (429, "", false, false),
        (408, "", true, true),
        (504, "<html>", false, true),
    ] {
        let reading = read(status, &[], body);
        assert_eq!((reading.is_let_in(), reading.timed_out), (let_in, timed_out), "{status}");
    }
    assert!(read(500, &[], &error("0x80044151")).timed_out, "the database took too long");
    assert!(Reading::of(&End::TimedOut).timed_out);
    for end in [End::TimedOut, End::NoAnswer] {
        assert!(!Reading::of(&end).is_let_in());
    }
    assert!(!Reading::of(&End::NoAnswer).timed_out);
}
