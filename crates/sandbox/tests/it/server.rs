//! Starting, stopping, and the port as a whole.

use std::time::{Duration, Instant};

use reqwest::Method;
use sandbox::{Error, Sandbox, SandboxOptions};

use crate::plant::{Plant, answer};

#[tokio::test]
async fn an_address_in_use_is_told() {
    let first = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let listen = first.base_url().trim_start_matches("http://").parse().unwrap();
    let error = Sandbox::start(SandboxOptions { listen, ..SandboxOptions::default() }).await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Listen { address, .. } if address == listen));
    assert!(error.to_string().contains("choose a free port"), "{error}");
}

#[tokio::test]
async fn a_stopped_sandbox_frees_its_port() {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let listen = sandbox.base_url().trim_start_matches("http://").parse().unwrap();
    sandbox.shutdown().await;
    Sandbox::start(SandboxOptions { listen, ..SandboxOptions::default() }).await.unwrap();
}

#[tokio::test]
async fn paths_that_nothing_serves_list_those_that_something_does() {
    let plant = Plant::start().await;
    let (status, body) = answer(plant.plain(Method::GET, "/api/data/v8.0/contacts")).await;
    assert_eq!(status, 404);
    assert!(body["error"].as_str().unwrap().contains("/api/data/v8.0/contacts"));
    assert!(body["paths"].to_string().contains("/api/data/v9.2/"));
}

#[tokio::test]
async fn latency_holds_answers_back_and_leaves_control_alone() {
    let latency = Duration::from_millis(40);
    let plant = Plant::with(SandboxOptions { latency, ..SandboxOptions::default() }).await;
    let start = Instant::now();
    plant.asked("/users/me").await;
    assert!(start.elapsed() >= latency / 2);
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let plant = Plant::start().await;
    let asked = "GET /nowhere HTTP/1.1\r\nHost: sandbox\r\n\r\n";
    let last = "GET /nowhere HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n\r\n";
    let answers = plant.raw_answer(&format!("{asked}{asked}{last}")).await.unwrap();
    assert_eq!(answers.matches("HTTP/1.1 404").count(), 3);
}
