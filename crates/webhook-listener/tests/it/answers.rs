//! What a sender is told, and what is in the store then.

use sync_store::{CustomerNumber, EventSource, EventState, MockStore};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use voice_model::TenantName;

use crate::plant::*;

const AUTHENTIC: (&str, &str) = ("X-Benemen-Token", TOKEN);

#[tokio::test]
async fn an_event_is_stored_as_received_and_its_tenant_woken() {
    let plant = Plant::new().await;
    let body = format!(" {} ", event("46475EA5-4523-EB11-B821-0050569E6DF2"));
    assert_eq!(plant.post(&body).await.status, 200);
    let stored = plant.inbox().await;
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].key.as_str(), "46475ea5-4523-eb11-b821-0050569e6df2");
    assert_eq!(stored[0].source, EventSource::Webhook);
    assert_eq!(stored[0].body.as_bytes(), body.as_bytes());
    let EventState::Waiting { due_at } = stored[0].state else { panic!("{stored:?}") };
    assert!(due_at <= stored[0].received_at, "it is due at once");
    let number = CustomerNumber::new("+358501234567");
    let erased = plant.store.erase(&contoso(), &number).await.unwrap();
    assert_eq!(erased.events, 1, "its number was kept with it");
    assert_eq!(*plant.woken.lock().unwrap(), [contoso()]);
}

#[tokio::test]
async fn an_event_that_comes_again_changes_nothing() {
    let plant = Plant::new().await;
    let nameless = "{\"EventType\":\"CallbackCreated\"}";
    for body in [&event("a"), &event("a"), nameless, nameless, " {\"CallbackId\":1}"] {
        assert_eq!(plant.post(body).await.status, 200);
    }
    let keys = plant.keys().await;
    assert_eq!((keys.len(), keys[0].as_str()), (3, "a"));
    assert!(keys[1].starts_with("sha256:") && keys[2].starts_with("sha256:"));
    assert_eq!(plant.woken.lock().unwrap().len(), 3, "what is not new wakes nobody");
}

#[tokio::test]
async fn an_unknown_tenant_is_404_before_all_else() {
    let plant = Plant::new().await;
    let long = "x".repeat(9_000);
    let paths = [
        "/webhooks/enreach/nobody",
        "/webhooks/enreach/Contoso",
        "/webhooks/enreach/contoso%00",
        "/webhooks/enreach/contoso%2F",
        "/webhooks/enreach/%FF%FE",
        "/webhooks/enreach/../enreach/contoso",
        "/webhooks/enreach/",
        "/webhooks/enreach",
        "/webhooks/enreach/contoso/",
        "/webhooks/enreach/contoso/more",
        &format!("/webhooks/enreach/{long}"),
        "/",
    ];
    for path in paths {
        for header in [AUTHENTIC, ("X-Other", "1")] {
            let request = request_to(&format!("POST {path}"), &[header], b"no JSON");
            assert_eq!(plant.send(&request).await.status, 404, "{path}");
        }
    }
    assert!(plant.inbox().await.is_empty());
}

#[tokio::test]
async fn another_method_is_405_for_any_tenant() {
    let plant = Plant::new().await;
    for method in ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let mut answers = Vec::new();
        for tenant in ["contoso", "nobody"] {
            let line = format!("{method} /webhooks/enreach/{tenant}");
            let answer = plant.send(&request_to(&line, &[AUTHENTIC], b"")).await;
            assert_eq!(answer.status, 405, "{line}");
            answers.push(answer.body);
        }
        assert_eq!(answers[0], answers[1], "the answer shows which tenants exist");
    }
}

#[tokio::test]
async fn only_the_right_token_opens() {
    let plant = Plant::new().await;
    let (long, doubled) = ("x".repeat(20_000), format!("{TOKEN}{TOKEN}"));
    let wrong = [
        "",
        " ",
        "x",
        "s3cret-toke",
        "s3cret-tokenx",
        "S3CRET-TOKEN",
        "another",
        &doubled,
        &long,
        "Bearer s3cret-token",
        "s3cret-tok\u{E9}n",
        "\u{FEFF}s3cret-token",
        "*",
        "%73%33cret-token",
        "s3cret-token, s3cret-token",
        "\"s3cret-token\"",
    ];
    for token in wrong {
        let answer =
            plant.send(&request(&[("X-Benemen-Token", token)], event("a").as_bytes())).await;
        assert_eq!(answer.status, 401, "{token}");
        assert!(!answer.body.contains("s3cret-tok"), "{}", answer.body);
    }
    let others = [
        vec![],
        vec![("Authorization", TOKEN)],
        vec![("X-Benemen-APIKey", TOKEN)],
        vec![AUTHENTIC, ("X-Benemen-Token", "another")],
        vec![("X-Benemen-Token", "another"), AUTHENTIC],
    ];
    for headers in others {
        let answer = plant.send(&request(&headers, event("a").as_bytes())).await;
        assert_eq!(answer.status, 401, "{headers:?}");
    }
    // Neither the token of another tenant nor an empty one.
    for (tenant, token) in [("fabrikam", TOKEN), ("careless", ""), ("careless", TOKEN)] {
        let line = format!("POST /webhooks/enreach/{tenant}");
        let request = request_to(&line, &[("X-Benemen-Token", token)], event("a").as_bytes());
        assert_eq!(plant.send(&request).await.status, 401, "{tenant} {token:?}");
    }
    // Line breaks end the value or the request; nothing behind them is taken for a token.
    for token in ["x\r\nX-Y: z", "x\nX-Y: z", "x\r\n s3cret-token", "x\0s3cret-token"] {
        let answer =
            plant.send(&request(&[("X-Benemen-Token", token)], event("a").as_bytes())).await;
        assert!([400, 401].contains(&answer.status), "{token:?}: {}", answer.status);
    }
    assert!(plant.store.tenants().await.unwrap().is_empty());
    // The name of the header may be written in any way.
    let answer = plant.send(&request(&[("x-benemen-TOKEN", TOKEN)], event("a").as_bytes())).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_wrong_token_is_told_before_a_bad_body() {
    let plant = Plant::new().await;
    for body in ["no JSON".to_owned(), "x".repeat(1 << 20)] {
        let answer = plant.send(&request(&[("X-Benemen-Token", "x")], body.as_bytes())).await;
        assert_eq!(answer.status, 401);
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let plant = Plant::new().await;
    let sized = |bytes: usize| {
        let start = "{\"EventType\":\"CallbackCreated\",\"x\":\"";
        format!("{start}{}\"}}", "x".repeat(bytes - start.len() - 2))
    };
    assert_eq!(plant.post(&sized(256 << 10)).await.status, 200);
    assert_eq!(plant.post(&sized((256 << 10) + 1)).await.status, 413);
    assert_eq!(plant.post(&sized(1 << 20)).await.status, 413);
    assert_eq!(plant.post(&"x".repeat(1 << 20)).await.status, 413, "said before it is no JSON");
    assert_eq!(plant.inbox().await.len(), 1);
}

#[tokio::test]
async fn a_body_that_will_be_too_large_is_not_waited_for() {
    let plant = Plant::new().await;
    let mut stream = TcpStream::connect(plant.address).await.unwrap();
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: x\r\nX-Benemen-Token: {TOKEN}\r\nContent-Length: 99999999\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(Answer::read(&mut stream).await.status, 413);
}

fn chunked(chunks: &[&[u8]]) -> Vec<u8> {
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: x\r\nX-Benemen-Token: {TOKEN}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    let mut request = head.into_bytes();
    for chunk in chunks {
        request.extend(format!("{:x}\r\n", chunk.len()).as_bytes());
        request.extend_from_slice(chunk);
        request.extend(b"\r\n");
    }
    request
}

#[tokio::test]
async fn a_body_without_a_length_is_taken_up_to_the_limit() {
    let plant = Plant::new().await;
    let body = event("a");
    let (start, end) = body.split_at(20);
    let whole = chunked(&[start.as_bytes(), end.as_bytes(), b""]);
    assert_eq!(plant.send(&whole).await.status, 200);
    assert_eq!(plant.keys().await, ["a"]);
    // Without the end that never comes.
    let chunk = vec![b'x'; 64 << 10];
    let endless = chunked(&[&chunk[..]; 5]);
    assert_eq!(plant.send(&endless).await.status, 413);
}

#[tokio::test]
async fn a_length_that_lies_brings_nothing_in() {
    let plant = Plant::new().await;
    let body = event("a");
    let head = format!("POST {PATH} HTTP/1.1\r\nHost: x\r\nX-Benemen-Token: {TOKEN}\r\n");
    let short = format!("{head}Content-Length: 10\r\n\r\n{body}");
    assert_eq!(plant.send(short.as_bytes()).await.status, 400);
    let both = format!("{head}Content-Length: 5\r\nContent-Length: 9\r\n\r\n{body}");
    assert_eq!(plant.send(both.as_bytes()).await.status, 400);
    let mut long = TcpStream::connect(plant.address).await.unwrap();
    long.write_all(format!("{head}Content-Length: 9999\r\n\r\n{body}").as_bytes()).await.unwrap();
    long.shutdown().await.unwrap();
    let mut rest = String::new();
    let _ = tokio::io::AsyncReadExt::read_to_string(&mut long, &mut rest).await;
    assert!(!rest.starts_with("HTTP/1.1 200"), "{rest}");
    assert!(plant.inbox().await.is_empty());
}

#[tokio::test]
async fn what_is_no_object_is_malformed() {
    let plant = Plant::new().await;
    for body in ["", "x", "[]", "null", "\"CallbackCreated\"", "{\"EventType\":\"Callback", "{}{}"]
    {
        let answer = plant.post(body).await;
        assert_eq!(answer.status, 400, "{body}");
    }
    assert!(plant.inbox().await.is_empty());
}

#[tokio::test]
async fn other_events_are_acknowledged_and_not_stored() {
    // A store that panics when it is asked for anything.
    let plant = Plant::with(MockStore::new()).await;
    for body in ["{}", "{\"EventType\":\"CallEnded\",\"Id\":\"a\"}", "{\"EventType\":7}"] {
        assert_eq!(plant.post(body).await.status, 200, "{body}");
    }
}

#[tokio::test]
async fn the_header_names_the_type_if_the_body_does_not() {
    let plant = Plant::new().await;
    for (kind, id) in [("CallbackCreated", "a"), ("CallEnded", "b")] {
        let headers = [AUTHENTIC, ("X-Benemen-Event", kind)];
        let body = format!("\u{FEFF}{{\"Id\":\"{id}\"}}");
        assert_eq!(plant.send(&request(&headers, body.as_bytes())).await.status, 200);
    }
    assert_eq!(plant.keys().await, ["a"]);
}

#[tokio::test]
async fn tenants_are_apart() {
    let plant = Plant::new().await;
    let line = "POST /webhooks/enreach/fabrikam";
    let theirs = request_to(line, &[("X-Benemen-Token", "another")], event("a").as_bytes());
    assert_eq!(plant.send(&theirs).await.status, 200);
    assert_eq!(plant.post(&event("a")).await.status, 200);
    assert_eq!(plant.keys().await, ["a"]);
    let fabrikam = TenantName::new("fabrikam");
    assert_eq!(plant.store.inbox(&fabrikam, 9).await.unwrap().len(), 1);
    assert_eq!(*plant.woken.lock().unwrap(), [fabrikam, contoso()]);
}
