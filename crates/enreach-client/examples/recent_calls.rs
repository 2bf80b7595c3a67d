//! Reads the calls of the last hour. Runs against a sandbox of its own:
//! `cargo run -p enreach-client --example recent_calls`

use std::error::Error;

use chrono::Duration;
use enreach_client::{EnreachApi, EnreachClient, WindowBasis};
use http_kit::{HttpClient, Tls};
use sandbox::{Sandbox, SandboxOptions, identity};
use voice_model::{Clock, SystemClock, TimeWindow};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::start(SandboxOptions::default()).await?;
    sandbox.load_world(&serde_json::json!({"enreach": {"calls": [{
        "Id": "8fc8fdf3-c724-eb11-b821-0050569e6df2",
        "CallId": "46475ea5-4523-eb11-b821-0050569e6df2",
        "StartTime": "now-PT9M", "AnswerTime": "now-PT9M", "EndTime": "now-PT5M",
        "ANum": "+358405550123", "BNum": "+358942450100", "CallType": 1, "Direction": 0,
        "EndResult": 0, "Duration": 240, "Privacy": "Work"
    }]}}))?;

    // The sandbox speaks plain http, so no certificates are needed; elsewhere leave `tls` out.
    let http = HttpClient::builder().tls(Tls::NotNeeded).build()?;
    let secret = identity::ENREACH_SECRET_KEY.into();
    let client = EnreachClient::builder(http, identity::ENREACH_USER_NAME, secret)
        .discovery_url(sandbox.base_url().parse()?)
        .build()?;

    let window = TimeWindow::ending_at(SystemClock.now(), Duration::hours(1))?;
    let calls = client.calls(WindowBasis::Modified, window).await?;
    for call in &calls.rows {
        println!("{}: {:?}, {:?} s of talk", call.call_id, call.direction, call.duration_secs);
    }
    println!("{} rows, {} requests", calls.rows.len(), client.requests_sent());
    sandbox.shutdown().await;
    Ok(())
}
