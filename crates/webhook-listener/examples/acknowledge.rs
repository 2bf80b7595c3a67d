//! How long a webhook waits for its 200, which comes after a durable commit.
//!
//! ```sh
//! cargo run --release -p webhook-listener --example acknowledge [RATE…]
//! ```
//!
//! Senders over kept connections offer events at a fixed rate, whether or not the ones before are
//! answered; an event's time counts from the moment when it was to be sent. Beside it stands what the
//! file system charges: one commit of SQLite, and one write of 4 KiB with fsync. The file is in the
//! folder for temporary files (`TMPDIR`).

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use sync_store::{CustomerNumber, EventKey, EventSource, NewEvent, Opaque, SqliteStore, Store};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use voice_model::{Clock, SystemClock, TenantName};
use webhook_listener::{WebhookTenant, Webhooks};
use worker::{PublicLimits, Shutdown, listen, serve_public};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const CONNECTIONS: usize = 128;
const SECONDS: usize = 10;
const USUAL_RATE: usize = 2_000;
const SINGLE_WRITES: usize = 2_000;
const TOKEN: &str = "s3cret";

#[tokio::main]
async fn main() -> Result<()> {
    let rates: std::result::Result<Vec<usize>, _> =
        std::env::args().skip(1).map(|rate| rate.parse()).collect();
    let mut rates = rates?;
    if rates.is_empty() {
        rates.push(USUAL_RATE);
    }
    println!("{:>36}   {:>9} {:>9} {:>9} {:>9}", "milliseconds", "p50", "p95", "p99", "max");
    let folder = tempfile::tempdir()?;
    line("write 4 KiB and fsync", writes(&folder.path().join("plain"))?);
    line("SQLite: insert and commit", commits(&folder.path().join("bare.db")).await?);
    line("the store: take in ten events", takes(&folder.path().join("store.db")).await?);
    for (run, rate) in rates.into_iter().enumerate() {
        let path = folder.path().join(format!("run-{run}.db"));
        let (times, commits, took) = acknowledge(&path, rate).await?;
        let count = times.len();
        line(&format!("webhook to 200, {rate} a second"), times);
        #[expect(clippy::cast_precision_loss, reason = "counts are small")]
        let (each, achieved) = (count as f64 / commits as f64, count as f64 / took.as_secs_f64());
        println!(
            "    {count} acknowledged, {achieved:.0} a second, by {commits} commits of {each:.1}"
        );
    }
    Ok(())
}

fn line(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1_000.0;
    println!("{what:>36}   {:9.2} {:9.2} {:9.2} {:9.2}", at(50), at(95), at(99), at(100));
}

/// What the file system charges.
fn writes(path: &Path) -> Result<Vec<Duration>> {
    use std::io::Write;
    let mut file = std::fs::File::create(path)?;
    let mut times = Vec::new();
    for _ in 0..SINGLE_WRITES {
        let started = Instant::now();
        file.write_all(&[b'x'; 4 << 10])?;
        file.sync_all()?;
        times.push(started.elapsed());
    }
    Ok(times)
}

/// What SQLite charges, one event by one commit.
async fn commits(path: &Path) -> Result<Vec<Duration>> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut connection = options.connect().await?;
    sqlx::raw_sql("CREATE TABLE events (id INTEGER PRIMARY KEY, key TEXT UNIQUE, body BLOB)")
        .execute(&mut connection)
        .await?;
    let mut times = Vec::new();
    for number in 0..SINGLE_WRITES {
        let started = Instant::now();
        sqlx::query("INSERT INTO events (key, body) VALUES (?1, ?2)")
            .bind(number.to_string())
            .bind(body(number))
            .execute(&mut connection)
            .await?;
        times.push(started.elapsed());
    }
    connection.close().await?;
    Ok(times)
}

/// What our store charges for ten events by one commit, one after the other.
async fn takes(path: &Path) -> Result<Vec<Duration>> {
    let store = SqliteStore::open(path).await?;
    let now = SystemClock.now();
    let mut times = Vec::new();
    for take in 0..SINGLE_WRITES {
        let events = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(|number| NewEvent {
            tenant: TenantName::new("contoso"),
            key: EventKey::new(format!("{number:08x}-{take}")),
            source: EventSource::Webhook,
            due_at: now,
            number: Some(CustomerNumber::new("+358501234567")),
            body: Opaque::new(body(number)),
        });
        let started = Instant::now();
        store.take_in(now, &events).await?;
        times.push(started.elapsed());
    }
    store.close().await;
    Ok(times)
}

fn body(number: usize) -> String {
    format!(
        "{{\"Id\":\"{number:08x}-0000-4000-8000-000000000000\",\"EventType\":\"CallbackCreated\",\
         \"EntityType\":\"CallList\",\"CallbackListItemId\":\"{number}\",\"CallListId\":\"17\",\
         \"Number\":\"+358501234567\",\"Message\":\"{}\"}}",
        "Please call me back. ".repeat(20)
    )
}

/// Offers events; the time of each until its 200, the number of commits, and how long it all took.
async fn acknowledge(path: &Path, rate: usize) -> Result<(Vec<Duration>, usize, Duration)> {
    let store = SqliteStore::open(path).await?;
    let tenant = WebhookTenant { name: TenantName::new("contoso"), token: TOKEN.into() };
    // Every event is new and of one tenant, so there is one wake-up for each commit.
    let commits = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&commits);
    let (router, intake) = Webhooks::new([tenant], Arc::new(store.clone()), Arc::new(SystemClock))
        .wakes(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        })
        .start();
    let listener = listen("127.0.0.1:0".parse()?, "").await?;
    let (address, shutdown) = (listener.local_addr()?, Shutdown::new());
    let stop = shutdown.clone();
    // All come from one address.
    let limits = PublicLimits { rate_by_source: None, ..PublicLimits::default() };
    let serving = tokio::spawn(async move { serve_public(listener, router, limits, &stop).await });

    let started = Instant::now() + Duration::from_millis(100);
    let senders: Vec<_> =
        (0..CONNECTIONS).map(|first| tokio::spawn(send(address, started, rate, first))).collect();
    let mut times = Vec::new();
    for sender in senders {
        times.extend(sender.await??);
    }
    let took = started.elapsed();
    shutdown.request();
    serving.await?;
    intake.finished().await;
    let depth = store.inbox_depth(&TenantName::new("contoso")).await?;
    assert_eq!(depth.open, times.len() as u64, "acknowledged and stored differ");
    store.close().await;
    Ok((times, commits.load(Ordering::Relaxed), took))
}

/// One connection: every so-and-so-many-th event, each at its moment, or as soon as the one before is
/// answered.
async fn send(
    address: SocketAddr,
    started: Instant,
    rate: usize,
    first: usize,
) -> Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut times = Vec::new();
    let mut answer = Vec::new();
    for number in (first..rate * SECONDS).step_by(CONNECTIONS) {
        #[expect(clippy::cast_precision_loss, reason = "numbers are small")]
        let due = started + Duration::from_secs_f64(number as f64 / rate as f64);
        tokio::time::sleep_until(due).await;
        let body = body(number);
        let request = format!(
            "POST /webhooks/enreach/contoso HTTP/1.1\r\nHost: localhost\r\n\
             X-Benemen-Token: {TOKEN}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        answer.clear();
        while !answer.ends_with(b"stored\n") {
            if stream.read_buf(&mut answer).await? == 0 || answer.starts_with(b"HTTP/1.1 5") {
                return Err(String::from_utf8_lossy(&answer).into());
            }
        }
        times.push(due.elapsed());
    }
    Ok(times)
}
