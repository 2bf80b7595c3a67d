//! The private address over real sockets.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;
use sync_store::{InMemoryStore, JobName, MockStore, Store};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use voice_model::{ErrorClass, SystemClock, TenantName};
use worker::{
    Metrics, PassEnd, PassError, Private, Refresh, RefreshFlag, Shutdown, Status, WakeUp, listen,
    run_every,
};

use crate::fixtures::until;

const ANY_PORT: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

struct Plant {
    address: SocketAddr,
    status: Status,
    refresh: Refresh,
    shutdown: Shutdown,
    serving: JoinHandle<()>,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Plant {
    async fn new() -> Self {
        Self::with(InMemoryStore::default()).await
    }

    async fn with(store: impl Store + 'static) -> Self {
        let status = Status::new(Arc::new(SystemClock));
        let (refresh, shutdown) = (Refresh::new(), Shutdown::new());
        let private = Private {
            status: status.clone(),
            metrics: Metrics::install(),
            store: Arc::new(store),
            refresh: refresh.clone(),
        };
        let listener = listen(ANY_PORT, "server.listen").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = shutdown.clone();
        let serving = tokio::spawn(async move { private.serve(listener, &stop).await });
        Self { address, status, refresh, shutdown, serving }
    }

    async fn ask(&self, method: &str, path: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let host = self.address;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path).await
    }
}

#[tokio::test]
async fn a_process_that_serves_is_alive_and_ready_while_its_store_answers() {
    let plant = Plant::new().await;
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(plant.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_process_without_its_store_is_alive_and_not_ready_and_says_why() {
    let mut store = MockStore::new();
    store.expect_check().returning(|| {
        let (location, source) = ("voice.db".to_owned(), "database is locked".into());
        Err(sync_store::Error::Busy { location, operation: "look into it", source })
    });
    let plant = Plant::with(store).await;
    assert_eq!(plant.get("/health/live").await.status, 200);
    let answer = plant.get("/health/ready").await;
    assert_eq!(answer.status, 503);
    assert_eq!(
        answer.body,
        "not ready: the store voice.db stayed locked by somebody else: could not look into it: \
         database is locked\n"
    );
}

#[tokio::test]
async fn the_status_is_json() {
    let plant = Plant::new().await;
    let job = plant.status.job(&TenantName::new("contoso"), &JobName::CALL_SYNC);
    job.pass_started().ended(PassEnd::default());
    let answer = plant.get("/status").await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
    let report: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(report["jobs"][0]["tenant"], "contoso");
    assert_eq!(report["jobs"][0]["last_pass"]["ok"], true);
    assert!(report["commit"].as_str().is_some_and(|commit| !commit.is_empty()));
}

#[tokio::test]
async fn the_metrics_hold_what_jobs_and_the_http_client_count() {
    let plant = Plant::new().await;
    let job = plant.status.job(&TenantName::new("counted"), &JobName::RETRO_SYNC);
    let client = http_kit::HttpClient::builder().user_agent("test/1").build().unwrap();
    let url = format!("http://{}/health/live", plant.address).parse().unwrap();
    let request = http_kit::Request::new(http::Method::GET, url, http_kit::Safety::Safe);
    client.send(request).await.unwrap();
    job.decided("Skipped", "TooShort", 3);
    job.decided("Skipped", "TooShort", 2);
    job.pass_started().ended(PassEnd::default());
    let waits_since = chrono::DateTime::UNIX_EPOCH;
    let error = PassError { class: ErrorClass::Auth, message: "refused".to_owned() };
    let oldest_unprocessed_at = Some(waits_since);
    job.pass_started().ended(PassEnd {
        oldest_unprocessed_at,
        error: Some(error),
        ..PassEnd::default()
    });

    let answer = plant.get("/metrics").await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("content-type: text/plain; version=0.0.4"), "{}", answer.head);
    let host = plant.address;
    let labels = r#"tenant="counted",job="retro-sync""#;
    for line in [
        format!(r#"voice_passes_total{{{labels},result="ok"}} 1"#),
        format!(r#"voice_passes_total{{{labels},result="Auth"}} 1"#),
        format!(r#"voice_pass_duration_seconds_bucket{{{labels},le="60"}} 2"#),
        format!(r#"voice_pass_duration_seconds_count{{{labels}}} 2"#),
        format!(r#"voice_decisions_total{{{labels},outcome="Skipped",reason="TooShort"}} 5"#),
        format!(r#"http_requests_total{{host="{host}",method="GET",status="200"}} 1"#),
        "# TYPE http_request_duration_seconds histogram".to_owned(),
        format!(
            r#"voice_build_info{{version="{}",commit="{}"}} 1"#,
            worker::VERSION,
            worker::COMMIT
        ),
    ] {
        assert!(answer.body.lines().any(|found| found == line), "{line} is not in {}", answer.body);
    }
    for (gauge, lowest) in [
        ("voice_oldest_unprocessed_age_seconds", 1_700_000_000.0),
        ("voice_last_good_pass_timestamp_seconds", 1_700_000_000.0),
    ] {
        let start = format!("{gauge}{{{labels}}} ");
        let value = answer.body.lines().find_map(|line| line.strip_prefix(&start));
        let value: f64 = value.unwrap_or_else(|| panic!("no {start}")).parse().unwrap();
        assert!(value > lowest, "{gauge} {value}");
    }
}

/// A job that only notes whether it was to read everything anew.
fn job(flag: RefreshFlag, wake_up: WakeUp) -> tokio::sync::mpsc::UnboundedReceiver<bool> {
    let (told, passes) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        let shutdown = Shutdown::new();
        run_every(worker::PAUSE, &wake_up, &shutdown, || async {
            if told.send(flag.take()).is_err() {
                shutdown.request();
            }
            None
        })
        .await;
    });
    passes
}

#[tokio::test]
async fn a_refresh_wakes_every_job_and_tells_each() {
    let plant = Plant::new().await;
    let mut jobs: Vec<_> = (0..3)
        .map(|_| {
            let wake_up = WakeUp::new();
            plant.refresh.wakes(&wake_up);
            job(plant.refresh.flag(), wake_up)
        })
        .collect();
    for passes in &mut jobs {
        assert_eq!(passes.recv().await, Some(false), "the first pass");
    }
    assert_eq!(plant.ask("POST", "/refresh").await.status, 202);
    for passes in &mut jobs {
        let pass = tokio::time::timeout(worker::PAUSE / 3, passes.recv()).await;
        assert_eq!(pass, Ok(Some(true)), "at once, not after the pause");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_hangup_is_a_refresh() {
    let refresh = Refresh::new();
    let flag = refresh.flag();
    refresh.on_hangup();
    let pid = std::process::id().to_string();
    let sent = tokio::task::spawn_blocking(move || {
        std::process::Command::new("kill").args(["-HUP", &pid]).status()
    });
    assert!(sent.await.unwrap().unwrap().success());
    until(|| async { flag.take() }).await;
}

#[tokio::test]
async fn what_is_not_there_or_not_so_asked_for_is_said() {
    let plant = Plant::new().await;
    for (method, path, status) in [
        ("GET", "/", 404),
        ("GET", "/health", 404),
        ("POST", "/nothing", 404),
        ("GET", "/refresh", 405),
        ("POST", "/status", 405),
        ("DELETE", "/metrics", 405),
        ("HEAD", "/health/live", 200),
    ] {
        assert_eq!(plant.ask(method, path).await.status, status, "{method} {path}");
    }
    let flag = plant.refresh.flag();
    plant.get("/refresh").await;
    assert!(!flag.take(), "a GET changes nothing");
}

#[tokio::test]
async fn serving_stops_with_shutdown() {
    let plant = Plant::new().await;
    // A connection that is kept open holds nothing up.
    let mut idle = TcpStream::connect(plant.address).await.unwrap();
    idle.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut begin = [0; 12];
    idle.read_exact(&mut begin).await.unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200");
    plant.shutdown.request();
    tokio::time::timeout(std::time::Duration::from_secs(20), plant.serving).await.unwrap().unwrap();
    assert!(TcpStream::connect(plant.address).await.is_err());
}

#[tokio::test]
async fn an_address_in_use_is_named_with_what_to_do() {
    let plant = Plant::new().await;
    let address = plant.address;
    let error = listen(address, "server.listen or --listen").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot listen on {address}: another program listens there; stop it, or set \
             server.listen or --listen to another port"
        )
    );
    let nobodys = "203.0.113.1:80".parse().unwrap();
    let error = listen(nobodys, "server.listen").await.unwrap_err().to_string();
    let expected = "cannot listen on 203.0.113.1:80: this machine does not have that address; set \
                    server.listen to one that it has";
    assert_eq!(error, expected);
}
