//! A backlog of 3,000 calls against a simulated Dynamics 365 that enforces a tenth of the service
//! protection limits: 600 requests and 120 s of execution per 300 s. Real time, about eleven minutes.
//!
//! ```sh
//! cargo run --release -p program --example backlog
//! ```
//!
//! Prints what was measured beside the goals, and fails if one is missed.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use call_sync::{CallSync, Freshness};
use chrono::{DateTime, Utc};
use program::{TenantParts, compose_call_sync};
use sandbox::{Limits, LoggedRequest, Sandbox, SandboxOptions};
use serde_json::{Value, json};
use settings::ProcessConfig;
use voice_model::{Clock, SystemClock};
use worker::{PAUSE, Shutdown, WakeUp, run_every};

const CALLS: u32 = 3_000;
const CUSTOMERS: u32 = 600;
/// What one logged call takes of execution time by the simulator's table: create and update.
const EXECUTION_PER_CALL_SECS: f64 = 0.1;
/// Scale of the limits.
const SCALE: f64 = 0.1;
/// Seconds of execution that are granted in a window of so many seconds.
const GRANTED_SECS: f64 = 1_200.0 * SCALE;
const WINDOW_SECS: f64 = 300.0;

/// The goals.
const REQUESTS_PER_CALL: f64 = 0.06;
const SHARE_OF_PACE: f64 = 0.8;
/// A run that takes longer has failed.
const LONGEST: Duration = Duration::from_secs(30 * 60);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    worker::log_to_stderr("warn");
    let limits = Limits::Scaled(SCALE);
    let sandbox = Sandbox::start(SandboxOptions { limits, ..SandboxOptions::default() }).await?;
    sandbox.load_world(&world())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let config = ProcessConfig::from_sources(&configuration(&sandbox), None, Vec::new())?;
    let parts = TenantParts {
        inbox: config.inbox,
        store: connect::open_store(&config.store).await?,
        config: Arc::new(config.tenants.into_iter().next().ok_or("no tenant")?),
        clock,
    };
    let call_sync = compose_call_sync(&parts, false).map_err(|stopped| stopped.message)?;
    let call_sync = CallSync::new(call_sync);

    let started = Instant::now();
    let shutdown = Shutdown::new();
    run_every(PAUSE, &WakeUp::new(), &shutdown, || async {
        let report = call_sync.pass(Freshness::Cached).await;
        let summary = report.summary(&parts.config.name);
        let done = summary.logged + summary.already_logged;
        println!("{:>5} s  {}", started.elapsed().as_secs(), program::line_of_calls(&summary));
        if report.error.is_none() && done >= CALLS as usize || started.elapsed() > LONGEST {
            shutdown.request();
        }
        None
    })
    .await;
    let requests = sandbox.requests(0);
    sandbox.shutdown().await;
    match judge(&requests) {
        true => Ok(()),
        false => Err("a goal was missed".into()),
    }
}

/// Prints what was measured; whether it is good enough.
fn judge(requests: &[LoggedRequest]) -> bool {
    let dataverse: Vec<_> = requests.iter().filter(|it| it.system == "dataverse").collect();
    let Some(first) = dataverse.first().map(|request| request.time) else { return false };
    let logged: Vec<(DateTime<Utc>, usize)> = dataverse
        .iter()
        .map(|request| {
            let created = |inner: &&sandbox::InnerOperation| {
                inner.method == "POST" && (200..300).contains(&inner.status)
            };
            (request.time, request.inner.iter().filter(created).count())
        })
        .filter(|(_, count)| *count > 0)
        .collect();
    let seconds = |at: DateTime<Utc>| (at - first).as_seconds_f64();
    let all: usize = logged.iter().map(|(_, count)| count).sum();
    let last = logged.last().map_or(0.0, |(at, _)| seconds(*at));
    let later: usize =
        logged.iter().filter(|(at, _)| seconds(*at) >= WINDOW_SECS).map(|(_, count)| count).sum();
    let refused = dataverse.iter().filter(|request| request.status == Some(429)).count();
    // A request that is sent while a wait lasts is refused again, and the wait grows: after each
    // refusal the next request must be let in.
    let early = dataverse
        .windows(2)
        .filter(|pair| pair.iter().all(|request| request.status == Some(429)))
        .count();
    let per_call = dataverse.len() as f64 / f64::from(CALLS);
    let possible = GRANTED_SECS / WINDOW_SECS / EXECUTION_PER_CALL_SECS;
    let pace = later as f64 / (last - WINDOW_SECS).max(1.0);
    println!(
        "\n{all} phone calls in {last:.0} s, {} requests to Dynamics, {refused} refused",
        dataverse.len()
    );
    println!("requests during a Retry-After        {early:>8}      goal: 0");
    println!(
        "requests per call                    {per_call:>8.4}      goal: at most {REQUESTS_PER_CALL}"
    );
    println!(
        "calls/s after the first window       {pace:>8.2}      goal: at least {:.2} ({SHARE_OF_PACE} x {possible:.1})",
        SHARE_OF_PACE * possible
    );
    all == CALLS as usize
        && early == 0
        && per_call <= REQUESTS_PER_CALL
        && pace >= SHARE_OF_PACE * possible
}

/// A company whose agent has talked all day while Dynamics was not to be had.
fn world() -> Value {
    let agent = guid(0xA, 1);
    let contacts: Vec<_> = (0..CUSTOMERS)
        .map(|number| {
            json!({"contactid": guid(0xC, number), "lastname": format!("Customer {number}"),
                   "telephone1": customer_number(number)})
        })
        .collect();
    let calls: Vec<_> = (0..CALLS)
        .map(|number| {
            // A call every ten seconds, the last one just now.
            let start = u64::from(CALLS - number) * 10 + 30;
            json!({
                "Id": guid(0xE, number), "CallId": guid(0xF, number),
                "StartTime": format!("now-PT{}S", start),
                "AnswerTime": format!("now-PT{}S", start - 5),
                "EndTime": format!("now-PT{}S", start - 25),
                "Modified": format!("now-PT{}S", start - 26),
                "ANum": customer_number(number % CUSTOMERS), "BNum": "+358942450111",
                "CallType": 1, "Direction": 0, "EndResult": 0, "Duration": 20,
                "UserId": agent, "Privacy": "Work"
            })
        })
        .collect();
    json!({
        "enreach": {
            "users": [{"Id": agent, "UserName": "anna@contoso.example", "Email": "anna@contoso.example",
                       "WorkNumber": "+358942450111", "Deleted": false}],
            "queues": [], "calls": calls
        },
        "dataverse": {
            "systemusers": [{"systemuserid": guid(0xD, 1), "fullname": "Anna Agent",
                             "ev_clouduserid": agent, "isdisabled": false}],
            "contacts": contacts
        }
    })
}

fn guid(kind: u32, number: u32) -> String {
    format!("{kind:08x}-0000-4000-8000-{number:012x}")
}

fn customer_number(number: u32) -> String {
    format!("+35840555{number:04}")
}

fn configuration(sandbox: &Sandbox) -> String {
    format!(
        r#"
[store]
url = "memory://"
{tenant}
[tenants.contoso.settings]
ExecutionInterval = 1440
DefaultCrmAssignee = "{agent}"
"#,
        tenant = sandbox.tenant_configuration("contoso"),
        agent = guid(0xA, 1),
    )
}
