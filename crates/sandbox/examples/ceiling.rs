//! How many requests per second the sandbox answers at most, with client and sandbox in one process
//! on this machine's loopback. A benchmark that comes near these figures measures the sandbox.
//!
//! ```sh
//! cargo run --release -p sandbox --example ceiling
//! ```
//!
//! Takes about fifteen seconds.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use sandbox::{Sandbox, SandboxOptions, identity};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

type Failure = Box<dyn Error + Send + Sync>;

/// Connections, each with one request at a time.
const CONNECTIONS: usize = 16;
/// Time for each scenario.
const DURATION: Duration = Duration::from_secs(5);
/// Operations in a batch.
const BATCH: usize = 50;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let sandbox = Sandbox::start(SandboxOptions::default()).await?;
    let host = sandbox.base_url().trim_start_matches("http://").to_owned();
    let token = token(&host, sandbox.base_url()).await?;
    println!("{CONNECTIONS} connections, {} s each", DURATION.as_secs());
    println!(
        "{:<28} {:>10} {:>12} {:>8} {:>8}",
        "", "requests/s", "operations/s", "p50 ms", "p99 ms"
    );
    for scenario in scenarios() {
        measure(scenario, &host, &token).await?;
    }
    sandbox.shutdown().await;
    Ok(())
}

/// A request that is sent again and again.
struct Scenario {
    name: &'static str,
    method: Method,
    path: &'static str,
    content_type: &'static str,
    body: Bytes,
    operations: usize,
    expected: StatusCode,
}

fn scenarios() -> [Scenario; 3] {
    let call = r#"{"subject":"Call from +358501231234","directioncode":false,"phonenumber":"+358501231234","phonecall_activity_parties":[{"participationtypemask":1,"addressused":"+358501231234"}]}"#;
    let part = format!(
        "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n\
         POST /api/data/v9.2/phonecalls HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{call}\r\n"
    );
    let json = "application/json";
    [
        Scenario {
            name: "GET WhoAmI",
            method: Method::GET,
            path: "WhoAmI",
            content_type: json,
            body: Bytes::new(),
            operations: 1,
            expected: StatusCode::OK,
        },
        Scenario {
            name: "POST phonecalls",
            method: Method::POST,
            path: "phonecalls",
            content_type: json,
            body: Bytes::from(call),
            operations: 1,
            expected: StatusCode::NO_CONTENT,
        },
        Scenario {
            name: "POST $batch, 50 phone calls",
            method: Method::POST,
            path: "$batch",
            content_type: "multipart/mixed; boundary=b",
            body: Bytes::from(format!("{}--b--\r\n", part.repeat(BATCH))),
            operations: BATCH,
            expected: StatusCode::OK,
        },
    ]
}

async fn measure(scenario: Scenario, host: &str, token: &str) -> Result<(), Failure> {
    let scenario = Arc::new(scenario);
    let start = Instant::now();
    let mut workers = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (scenario, host, token) = (scenario.clone(), host.to_owned(), token.to_owned());
        workers.spawn(async move { repeat(&scenario, &host, &token, start + DURATION).await });
    }
    let mut times = Vec::new();
    while let Some(worker) = workers.join_next().await {
        times.extend(worker??);
    }
    let elapsed = start.elapsed().as_secs_f64();
    times.sort_unstable();
    let rate = times.len() as f64 / elapsed;
    let at = |share: f64| {
        let place = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
    };
    println!(
        "{:<28} {rate:>10.0} {:>12.0} {:>8.2} {:>8.2}",
        scenario.name,
        rate * scenario.operations as f64,
        at(0.5),
        at(0.99)
    );
    Ok(())
}

/// The times that requests took on one connection until the end.
async fn repeat(
    scenario: &Scenario,
    host: &str,
    token: &str,
    end: Instant,
) -> Result<Vec<Duration>, Failure> {
    let mut sender = connect(host).await?;
    let mut times = Vec::new();
    while Instant::now() < end {
        let request = Request::builder()
            .method(&scenario.method)
            .uri(format!("/api/data/v9.2/{}", scenario.path))
            .header(HOST, host)
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .header(CONTENT_TYPE, scenario.content_type)
            .body(Full::new(scenario.body.clone()))?;
        let start = Instant::now();
        let (status, body) = send(&mut sender, request).await?;
        times.push(start.elapsed());
        let is_refused = scenario.operations > 1 && !body.starts_with(b"--batchresponse");
        if status != scenario.expected || is_refused {
            return Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into());
        }
    }
    Ok(times)
}

async fn token(host: &str, resource: &str) -> Result<String, Failure> {
    let scope = format!("{resource}/.default").replace(':', "%3A").replace('/', "%2F");
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope={scope}",
        identity::ENTRA_CLIENT_ID,
        identity::ENTRA_CLIENT_SECRET
    );
    let request = Request::post(format!("/entra/{}/oauth2/v2.0/token", identity::ENTRA_TENANT_ID))
        .header(HOST, host)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Full::new(Bytes::from(form)))?;
    let (_, body) = send(&mut connect(host).await?, request).await?;
    let mut answer: HashMap<String, serde_json::Value> = serde_json::from_slice(&body)?;
    let token = answer.remove("access_token").ok_or("no access token")?;
    Ok(token.as_str().unwrap_or_default().to_owned())
}

async fn connect(host: &str) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let socket = TcpStream::connect(host).await?;
    socket.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(socket)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn send(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Bytes), Failure> {
    sender.ready().await?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    Ok((status, response.into_body().collect().await?.to_bytes()))
}
