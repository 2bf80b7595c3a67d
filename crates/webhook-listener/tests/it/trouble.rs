//! A store that fails, is locked, full or slow: nothing is acknowledged that is not stored.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::{ConnectOptions, SqliteConnection};
use sync_store::{Error, InMemoryStore, MockStore, SqliteOptions};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use voice_model::ErrorClass;
use webhook_listener::WebhookLimits;
use worker::PublicLimits;

use crate::plant::*;

const SHORT: Duration = Duration::from_millis(300);

fn short() -> WebhookLimits {
    WebhookLimits { deadline: SHORT, ..WebhookLimits::default() }
}

fn failure() -> Error {
    Error::Database {
        location: "voice.db".to_owned(),
        operation: "take in events",
        class: ErrorClass::Transient,
        source: "disk I/O error".into(),
    }
}

#[track_caller]
fn assert_unavailable(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.head.contains("retry-after: 5"), "{}", answer.head);
}

#[tokio::test]
async fn a_store_that_fails_is_503_until_it_works_again() {
    let mut store = MockStore::new();
    store.expect_take_in().times(2).returning(|_, _| Err(failure()));
    store.expect_take_in().returning(|_, events| Ok(events.len()));
    let plant = Plant::with(store).await;
    for _ in 0..2 {
        assert_unavailable(&plant.post(&event("a")).await);
    }
    assert!(plant.woken.lock().unwrap().is_empty());
    assert_eq!(plant.post(&event("a")).await.status, 200);
}

#[tokio::test]
async fn a_store_that_panics_is_503_and_the_next_event_is_stored() {
    let mut store = MockStore::new();
    store.expect_take_in().times(1).returning(|_, _| panic!("a bug"));
    store.expect_take_in().returning(|_, events| Ok(events.len()));
    let plant = Plant::with(store).await;
    assert_unavailable(&plant.post(&event("a")).await);
    assert_eq!(plant.post(&event("a")).await.status, 200);
}

async fn lock(path: &Path) -> SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut other = options.connect().await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    other
}

async fn unlock(mut other: SqliteConnection) {
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
}

#[tokio::test]
async fn a_locked_store_is_503_within_the_deadline() {
    // Once the store gives up first, once the request.
    let usual = WebhookLimits::default();
    for (busy_timeout, limits) in [(Duration::from_secs(1), usual), (LONG, short())] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("voice.db");
        let store = SqliteOptions::default().busy_timeout(busy_timeout).open(&path).await.unwrap();
        let plant = Plant::limited(store, limits, PublicLimits::default()).await;
        let other = lock(&path).await;
        let started = Instant::now();
        assert_unavailable(&plant.post(&event("a")).await);
        assert!(started.elapsed() < LONG / 2, "{:?}", started.elapsed());
        assert!(plant.inbox().await.is_empty(), "nothing was acknowledged, nothing is there");
        unlock(other).await;
        // What waited for the lock may still come through; it is known when it comes again.
        while plant.post(&event("b")).await.status != 200 {}
        assert_eq!(plant.post(&event("a")).await.status, 200);
        let mut keys = plant.keys().await;
        keys.sort_unstable();
        assert_eq!(keys, ["a", "b"]);
    }
}

#[tokio::test]
async fn a_full_store_is_503() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("voice.db");
    let store = SqliteOptions::default().limit_pages(60).open(&path).await.unwrap();
    let plant = Plant::with(store).await;
    let large = |id: usize| {
        format!("{{\"CallbackId\":1,\"Id\":\"{id}\",\"x\":\"{}\"}}", "x".repeat(40_000))
    };
    let mut stored = Vec::new();
    for id in 0.. {
        let answer = plant.post(&large(id)).await;
        if answer.status != 200 {
            assert_unavailable(&answer);
            break;
        }
        stored.push(id.to_string());
    }
    assert_eq!(plant.keys().await, stored);
}

/// A store that takes nothing in before it may.
fn gated() -> (MockStore, Arc<Semaphore>, Arc<AtomicUsize>) {
    let (gate, asked) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut store = MockStore::new();
    let (opens, asks) = (Arc::clone(&gate), Arc::clone(&asked));
    // A mock answers at once, so it blocks its thread.
    store.expect_take_in().returning(move |_, events| {
        asks.fetch_add(1, Ordering::SeqCst);
        while opens.try_acquire().is_err() {
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(events.len())
    });
    (store, gate, asked)
}

async fn reaches(count: &AtomicUsize, wanted: usize) {
    let reached = async {
        while count.load(Ordering::SeqCst) < wanted {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(LONG, reached).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn more_than_may_wait_is_503_at_once() {
    let (store, gate, asked) = gated();
    let limits = WebhookLimits { waiting_events: 3, events_per_commit: 1, ..Default::default() };
    let plant = Arc::new(Plant::limited(store, limits, PublicLimits::default()).await);
    let send = |id: usize| {
        let (plant, body) = (Arc::clone(&plant), event(&id.to_string()));
        tokio::spawn(async move { plant.post(&body).await.status })
    };
    let first = send(0);
    reaches(&asked, 1).await;
    // One is being stored, three wait; of seven, four find no place.
    let mut rest: Vec<_> = (1..=7).map(send).collect();
    let refused = async {
        while rest.iter().filter(|request| request.is_finished()).count() < 4 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(3), refused).await.expect("four are refused at once");
    gate.add_permits(99);
    assert_eq!(first.await.unwrap(), 200);
    let mut statuses = Vec::new();
    for request in rest.drain(..) {
        statuses.push(request.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 503, 503, 503, 503]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_waits_may_not_take_too_many_bytes() {
    let (store, gate, asked) = gated();
    let limits = WebhookLimits { waiting_bytes: 1_000, ..Default::default() };
    let plant = Arc::new(Plant::limited(store, limits, PublicLimits::default()).await);
    let large = format!("{{\"CallbackId\":1,\"x\":\"{}\"}}", "x".repeat(600));
    let (waits, body) = (Arc::clone(&plant), large.clone());
    let first = tokio::spawn(async move { waits.post(&body).await.status });
    reaches(&asked, 1).await;
    assert_unavailable(&plant.post(&large).await);
    gate.add_permits(99);
    assert_eq!(first.await.unwrap(), 200);
    assert_eq!(plant.post(&large).await.status, 200, "the room is given back");
}

#[tokio::test]
async fn a_slow_body_is_given_up_within_the_deadline() {
    let plant = Plant::limited(InMemoryStore::default(), short(), PublicLimits::default()).await;
    let mut stream = TcpStream::connect(plant.address).await.unwrap();
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: x\r\nX-Benemen-Token: {TOKEN}\r\nContent-Length: 999\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let drip = async {
        while writer.write_all(b"{").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let mut answer = Vec::new();
    let whole =
        async { drop(tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut answer).await) };
    tokio::time::timeout(LONG, async { tokio::join!(drip, whole) }).await.unwrap();
    assert!(String::from_utf8(answer).unwrap().starts_with("HTTP/1.1 408"));
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn neither_logs_nor_metrics_tell_a_secret() {
    let (log, metrics) = (Log::default(), worker::Metrics::install());
    let writes = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writes.clone())
        .finish();
    // For all tests of this process: one of a thread alone misses what others have hit first.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let mut store = MockStore::new();
    store.expect_take_in().times(1).returning(|_, _| Err(failure()));
    store.expect_take_in().returning(|_, events| Ok(events.len()));
    let plant = Plant::with(store).await;
    for status in [503, 200] {
        assert_eq!(plant.post(&event("an-id")).await.status, status);
    }
    plant.send(&request(&[("X-Benemen-Token", "a-guess")], event("an-id").as_bytes())).await;
    let line = "POST /webhooks/enreach/made-up";
    plant.send(&request_to(line, &[("X-Benemen-Token", TOKEN)], b"{")).await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let shown = metrics.render(&worker::Status::new(Arc::new(voice_model::SystemClock)));
    assert!(log.contains("disk I/O error") && log.contains("wrong_token"), "{log}");
    for expected in [
        "voice_webhooks_total{tenant=\"contoso\",answer=\"stored\"}",
        "voice_webhooks_total{tenant=\"contoso\",answer=\"unavailable\"}",
        "voice_webhooks_total{tenant=\"contoso\",answer=\"wrong_token\"}",
        "voice_webhooks_total{tenant=\"\",answer=\"unknown_tenant\"}",
        "voice_webhook_acknowledge_seconds_count{tenant=\"contoso\"}",
    ] {
        assert!(shown.contains(expected), "{expected} is not in\n{shown}");
    }
    for secret in [TOKEN, "a-guess", "358501234567", "CallbackCreated", "an-id", "made-up"] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
        assert!(!shown.contains(secret), "{secret} is in the metrics:\n{shown}");
    }
}
