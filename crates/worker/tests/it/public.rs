//! The public address over real sockets, against those who are slow, silent or too many.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use worker::{PublicLimits, Rate, Shutdown, listen, serve_public};

const SHORT: Duration = Duration::from_millis(300);
/// Ample for a slow machine.
const LONG: Duration = Duration::from_secs(20);

struct Plant {
    address: SocketAddr,
    shutdown: Shutdown,
    serving: JoinHandle<()>,
    /// Lets one request of `/wait` go on.
    gate: Arc<Semaphore>,
}

impl Plant {
    async fn new(limits: PublicLimits) -> Self {
        let gate = Arc::new(Semaphore::new(0));
        let waits = Arc::clone(&gate);
        let router = Router::new()
            .route("/", get(|| async { "hello" }))
            .route("/echo", post(echo))
            .route("/unread", post(|_: Request| async { StatusCode::FORBIDDEN }))
            .route("/wait", get(|| async move { waits.acquire().await.unwrap().forget() }));
        let listener = listen("127.0.0.1:0".parse().unwrap(), "server.public_listen").await;
        let listener = listener.unwrap();
        let (address, shutdown) = (listener.local_addr().unwrap(), Shutdown::new());
        let stop = shutdown.clone();
        let serving =
            tokio::spawn(async move { serve_public(listener, router, limits, &stop).await });
        Self { address, shutdown, serving, gate }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn stopped(self) {
        timeout(LONG, self.serving).await.unwrap().unwrap();
    }
}

async fn echo(
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> (StatusCode, Bytes) {
    match body {
        Ok(body) => (StatusCode::OK, body),
        Err(_) => (StatusCode::REQUEST_TIMEOUT, Bytes::new()),
    }
}

fn short() -> PublicLimits {
    PublicLimits {
        header_read_timeout: SHORT,
        body_read_timeout: SHORT,
        idle_timeout: SHORT,
        ..PublicLimits::default()
    }
}

async fn send(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.unwrap();
}

/// Reads until the text has come.
async fn read_until(stream: &mut TcpStream, text: &str) -> String {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(text) {
        let more = timeout(LONG, stream.read_buf(&mut read)).await.unwrap().unwrap();
        assert!(more > 0, "ended after {:?}", String::from_utf8_lossy(&read));
    }
    String::from_utf8(read).unwrap()
}

/// Reads until the other side closes.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    // A reset is an end as well.
    let _ = timeout(LONG, stream.read_to_end(&mut read)).await.unwrap();
    String::from_utf8(read).unwrap()
}

const HELLO: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test]
async fn a_connection_is_kept_for_further_requests() {
    let plant = Plant::new(PublicLimits::default()).await;
    let mut stream = plant.connect().await;
    for _ in 0..3 {
        send(&mut stream, HELLO).await;
        assert!(read_until(&mut stream, "hello").await.starts_with("HTTP/1.1 200"));
    }
    send(&mut stream, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc").await;
    read_until(&mut stream, "abc").await;
}

#[tokio::test]
async fn who_says_nothing_is_cut_off() {
    let plant = Plant::new(PublicLimits { idle_timeout: LONG * 9, ..short() }).await;
    let mut stream = plant.connect().await;
    assert_eq!(read_to_end(&mut stream).await, "");
}

#[tokio::test]
async fn a_head_byte_by_byte_is_cut_off() {
    let plant = Plant::new(PublicLimits { idle_timeout: LONG * 9, ..short() }).await;
    let mut stream = plant.connect().await;
    // The same on a connection that has had an answer.
    send(&mut stream, HELLO).await;
    read_until(&mut stream, "hello").await;
    let started = Instant::now();
    let cut_off = async {
        for byte in HELLO.bytes().cycle() {
            // Never a whole head.
            let byte = if byte == b'\n' { b'x' } else { byte };
            if stream.write_all(&[byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LONG, cut_off).await.unwrap();
    assert!(started.elapsed() >= SHORT, "too early: {:?}", started.elapsed());
}

#[tokio::test]
async fn a_body_byte_by_byte_is_given_up() {
    let plant = Plant::new(PublicLimits { idle_timeout: LONG * 9, ..short() }).await;
    let mut stream = plant.connect().await;
    send(&mut stream, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n").await;
    let (mut reader, mut writer) = stream.split();
    let drip = async {
        while writer.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let mut answer = Vec::new();
    let whole = async {
        let _ = reader.read_to_end(&mut answer).await;
    };
    timeout(LONG, async { tokio::join!(drip, whole) }).await.unwrap();
    assert!(String::from_utf8(answer).unwrap().starts_with("HTTP/1.1 408"));
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let plant = Plant::new(PublicLimits { header_read_timeout: LONG * 9, ..short() }).await;
    let mut stream = plant.connect().await;
    send(&mut stream, HELLO).await;
    assert!(read_to_end(&mut stream).await.ends_with("hello"));
}

#[tokio::test]
async fn work_on_an_answer_may_take_its_time() {
    let plant = Plant::new(short()).await;
    let mut stream = plant.connect().await;
    send(&mut stream, "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n").await;
    tokio::time::sleep(3 * SHORT).await;
    plant.gate.add_permits(1);
    assert!(read_until(&mut stream, "\r\n\r\n").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_request_arrives() {
    let plant = Plant::new(PublicLimits::default()).await;
    for _ in 0..20 {
        let mut stream = plant.connect().await;
        let (length, head) = (512 << 10, "POST /unread HTTP/1.1\r\nHost: x\r\n");
        send(&mut stream, &format!("{head}Content-Length: {length}\r\n\r\n")).await;
        // All that it may still want to send is taken, so that it comes to reading.
        let _ = stream.write_all(&vec![b'x'; length]).await;
        let answer = read_to_end(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 403"), "{answer:?}");
    }
}

#[tokio::test]
async fn an_over_long_head_is_refused() {
    let plant = Plant::new(PublicLimits::default()).await;
    let mut stream = plant.connect().await;
    let head = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(64 << 10));
    let _ = stream.write_all(head.as_bytes()).await;
    assert!(read_to_end(&mut stream).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_and_idle_ones_make_room() {
    let limits = PublicLimits { connections: 2, ..PublicLimits::default() };
    let plant = Plant::new(limits).await;
    let mut busy = plant.connect().await;
    send(&mut busy, "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n").await;
    // Each further one leaves the second place idle, which is then cleared for the next.
    for _ in 0..5 {
        let mut stream = plant.connect().await;
        send(&mut stream, HELLO).await;
        read_until(&mut stream, "hello").await;
    }
    let mut second = plant.connect().await;
    send(&mut second, "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let mut third = plant.connect().await;
    send(&mut third, HELLO).await;
    assert!(timeout(SHORT, third.readable()).await.is_err(), "there is no place for it yet");
    plant.gate.add_permits(2);
    read_until(&mut third, "hello").await;
}

#[tokio::test]
async fn who_asks_too_often_is_told_so() {
    let rate_by_source = Some(Rate { per_second: 1, burst: 3 });
    let plant = Plant::new(PublicLimits { rate_by_source, ..PublicLimits::default() }).await;
    let mut stream = plant.connect().await;
    for _ in 0..3 {
        send(&mut stream, HELLO).await;
        read_until(&mut stream, "hello").await;
    }
    send(&mut stream, HELLO).await;
    let answer = read_until(&mut stream, "too many").await;
    assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
    assert!(answer.contains("retry-after: 1"), "{answer}");
}

#[tokio::test]
async fn shutdown_answers_what_is_under_way_and_closes_the_rest() {
    let plant = Plant::new(PublicLimits::default()).await;
    let (mut fresh, mut idle, mut busy) =
        (plant.connect().await, plant.connect().await, plant.connect().await);
    send(&mut idle, HELLO).await;
    read_until(&mut idle, "hello").await;
    send(&mut busy, "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n").await;
    // Another answer shows that all are accepted.
    let mut last = plant.connect().await;
    send(&mut last, HELLO).await;
    read_until(&mut last, "hello").await;

    plant.shutdown.request();
    assert_eq!(read_to_end(&mut fresh).await, "");
    assert_eq!(read_to_end(&mut idle).await, "");
    assert!(!plant.serving.is_finished());
    assert!(TcpStream::connect(plant.address).await.is_err(), "nobody is accepted any more");
    plant.gate.add_permits(1);
    assert!(read_to_end(&mut busy).await.starts_with("HTTP/1.1 200"));
    drop((fresh, idle, busy, last));
    plant.stopped().await;
}
