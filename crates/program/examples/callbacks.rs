//! From webhook to phone call: 20 callback requests a second for 60 s, against a sandbox whose every
//! answer takes 50 ms, until somebody who looks into Dynamics sees the phone call. All workers run in
//! one process of their own, `voice run`.
//!
//! ```sh
//! cargo build --release --bin voice
//! cargo run --release -p program --example callbacks
//! ```
//!
//! Prints what was measured beside the goal, and fails if it is missed.

use std::collections::HashMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dataverse_client::{DataverseApi, Filter, Query, all_rows};
use sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};
use settings::ProcessConfig;
use voice_model::{Clock, SystemClock};

const PER_SECOND: u32 = 20;
const SECONDS: u32 = 60;
const REQUESTS: u32 = PER_SECOND * SECONDS;
const LATENCY: Duration = Duration::from_millis(50);
/// So many callers ask in turn, so that most requests are duplicates of an open one.
const CALLERS: u32 = 400;
/// The goal, for 95 of 100 requests.
const GOAL: Duration = Duration::from_secs(2);
/// A run in which so much time passes without a new phone call has failed.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    worker::log_to_stderr("warn");
    let sandbox =
        Sandbox::start(SandboxOptions { latency: LATENCY, ..SandboxOptions::default() }).await?;
    sandbox.load_world(&world())?;
    let folder = std::env::temp_dir().join(format!("voice-callbacks-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let config = folder.join("voice.toml");
    let (private, public) = (free_port()?, free_port()?);
    std::fs::write(&config, configuration(&sandbox, private, public))?;
    let mut workers = Workers::start(&config)?;
    let measured = measure(&sandbox, &config, public).await;
    workers.stop();
    sandbox.shutdown().await;
    std::fs::remove_dir_all(&folder)?;
    match measured? {
        true => Ok(()),
        false => Err("the goal was missed".into()),
    }
}

/// Sends the requests, watches Dynamics, prints what came out; whether that is good enough.
async fn measure(sandbox: &Sandbox, config: &Path, port: u16) -> Result<bool, Box<dyn Error>> {
    let public = format!("127.0.0.1:{port}");
    let begin = Instant::now();
    while tokio::net::TcpStream::connect(&public).await.is_err() {
        if begin.elapsed() > LONGEST_WAIT {
            return Err("the workers did not start".into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    sandbox.subscribe(&json!({
        "url": format!("http://{public}/webhooks/enreach/contoso"), "token": "measured",
        "events": ["CallbackCreated"]
    }))?;
    let config = ProcessConfig::load(Some(config))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let reader = connect::connect(&config.tenants[0], &clock)?.dataverse;
    // Settings, profiles, customers and tokens are read before the first request comes.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (sent, seen) = tokio::join!(send(sandbox), watch(&reader));
    let (sent, seen) = (sent?, seen?);
    let mut took: Vec<Duration> = sent
        .iter()
        .filter_map(|(item, at)| seen.get(item).map(|seen| seen.duration_since(*at)))
        .collect();
    if took.is_empty() {
        return Err("no phone call was seen".into());
    }
    took.sort_unstable();
    let at = |share: usize| took[(took.len() * share / 100).min(took.len() - 1)];
    let requests = sandbox.requests(0).into_iter();
    let dataverse = requests.filter(|request| request.system == "dataverse").count();
    println!(
        "{} callback requests, {PER_SECOND}/s, every answer after {} ms: {} phone calls",
        sent.len(),
        LATENCY.as_millis(),
        took.len()
    );
    println!("from event to phone call, p50        {:>6} ms", at(50).as_millis());
    println!(
        "                          p95        {:>6} ms   goal: under {} ms",
        at(95).as_millis(),
        GOAL.as_millis()
    );
    println!("                          p99        {:>6} ms", at(99).as_millis());
    println!("                          longest    {:>6} ms", at(100).as_millis());
    let ours = dataverse as u64 - reader.requests_sent().min(dataverse as u64);
    println!("requests to Dynamics, the watcher's not counted  {ours}");
    Ok(took.len() == sent.len() && at(95) < GOAL)
}

/// A request each 50 ms, whatever becomes of the ones before.
async fn send(sandbox: &Sandbox) -> Result<HashMap<String, Instant>, Box<dyn Error>> {
    let mut sent = HashMap::new();
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / PER_SECOND);
    for number in 0..REQUESTS {
        ticks.tick().await;
        let item = item(number);
        let id = item["Id"].as_str().unwrap_or_default().to_owned();
        sandbox.load_world(&json!({ "enreach": { "callback_items": [item] } }))?;
        sent.insert(id, Instant::now());
    }
    Ok(sent)
}

/// Looks for new phone calls, over and over, as an agent's queue would.
async fn watch(reader: &dyn DataverseApi) -> Result<HashMap<String, Instant>, Box<dyn Error>> {
    let mut seen = HashMap::new();
    let mut last_new = Instant::now();
    while seen.len() < REQUESTS as usize && last_new.elapsed() < LONGEST_WAIT {
        let since = SystemClock.now() - chrono::Duration::seconds(10);
        let query = Query::new("phonecalls").select(["ev_callbackid"]).filter(Filter::compare(
            "createdon",
            dataverse_client::Comparison::Ge,
            since,
        ));
        let rows = all_rows(reader, &query).await?;
        let now = Instant::now();
        for item in rows.iter().filter_map(|row| row.text("ev_callbackid")) {
            seen.entry(item.to_owned()).or_insert_with(|| {
                last_new = now;
                now
            });
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(seen)
}

/// `voice run`, ended with the measurement.
struct Workers(Child);

impl Workers {
    fn start(config: &Path) -> Result<Self, Box<dyn Error>> {
        let program = voice()?;
        let mut command = Command::new(&program);
        command.arg("--log").arg("warn").arg("run").arg("--config").arg(config);
        let child = command.stdout(Stdio::null()).spawn();
        let child = child.map_err(|error| {
            format!("{}: {error}; build it: cargo build --release --bin voice", program.display())
        })?;
        Ok(Self(child))
    }

    fn stop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The program beside this example.
fn voice() -> Result<PathBuf, Box<dyn Error>> {
    let here = std::env::current_exe()?;
    let folder = here.parent().and_then(Path::parent).ok_or("no folder of programs")?;
    Ok(folder.join("voice"))
}

fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn configuration(sandbox: &Sandbox, private: u16, public: u16) -> String {
    format!(
        "[store]\nurl = \"sqlite://voice.db\"\n[server]\nlisten = \"127.0.0.1:{private}\"\n\
         public_listen = \"127.0.0.1:{public}\"\n{}\n[tenants.contoso.webhook]\ntoken = \"measured\"\n",
        sandbox.tenant_configuration("contoso")
    )
}

/// A list that is told by webhook, backed with polling; every caller is a customer.
fn world() -> Value {
    let contacts: Vec<_> = (0..CALLERS)
        .map(|number| {
            json!({"contactid": guid(0xC, number), "lastname": format!("Customer {number}"),
                   "telephone1": caller(number)})
        })
        .collect();
    let agent = guid(0xA, 1);
    json!({
        "enreach": {
            "users": [{"Id": agent, "UserName": "agent@contoso.example",
                       "Email": "agent@contoso.example", "WorkNumber": "+358942450111",
                       "OrganizationID": sandbox::identity::ENREACH_ORGANIZATION_ID}],
            "callback_lists": [{"Id": guid(0xB, 1), "Name": "Callbacks", "ListType": "Callback",
                                "Deleted": false}]
        },
        "dataverse": {
            "contacts": contacts,
            "systemusers": [{"systemuserid": guid(0xD, 1), "fullname": "Agent",
                             "ev_clouduserid": agent, "isdisabled": false}],
            "queues": [{"queueid": guid(0x9, 1), "name": "Callbacks"}],
            "ev_settings": [{"ev_settingid": guid(0x8, 1), "ev_name": "DefaultRegion",
                             "ev_value": "FI"},
                            {"ev_settingid": guid(0x8, 2), "ev_name": "DefaultCrmAssignee",
                             "ev_value": agent}],
            "ev_callbackprofiles": [{
                "ev_callbackprofileid": guid(0x7, 1), "ev_name": "Callbacks",
                "ev_callbacklistid": guid(0xB, 1),
                "ev_queueid@odata.bind": format!("/queues({})", guid(0x9, 1)),
                "ev_ownershiprule": 451_000_000, "ev_duplicatehandlingrule": 451_000_000,
                "ev_syncmethod": 451_000_002, "ev_agetimeunit": 451_000_001, "ev_callbackage": 1
            }]
        }
    })
}

fn item(number: u32) -> Value {
    json!({
        "Id": guid(0xE, number), "CallbackListId": guid(0xB, 1), "CallbackListName": "Callbacks",
        "Number": caller(number % CALLERS), "State": "Open", "Created": "now-PT0S",
        "Modified": "now-PT0S"
    })
}

fn caller(number: u32) -> String {
    format!("+35850{:07}", 1_000_000 + number)
}

fn guid(kind: u32, number: u32) -> String {
    format!("{kind:08x}-0000-4000-8000-{number:012x}")
}
