use std::process::Child;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::plant::{CALLBACKS, Plant};

/// `voice run`, ended when it goes out of scope.
struct Workers(Child);

impl Workers {
    fn start(plant: &Plant) -> Self {
        let ports = ["--listen", "127.0.0.1:0", "--public-listen", "127.0.0.1:0"];
        Self(plant.start_logging(&[&["run"], &ports[..]].concat()))
    }

    fn signal(&self, name: &str) {
        let pid = self.0.id().to_string();
        let killed = std::process::Command::new("kill").args([name, &pid]).status();
        assert!(killed.unwrap().success());
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits for something.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "still no {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The address after some words in the log.
async fn address(plant: &Plant, after: &str) -> String {
    until(after, async || {
        let log = plant.log();
        let rest = log.split(after).nth(1)?.split_whitespace().next()?.to_owned();
        Some(rest)
    })
    .await
}

/// The items whose phone calls are in Dynamics.
async fn items(plant: &Plant) -> Vec<String> {
    let rows = plant.read("phonecalls?$filter=ev_callbackid ne null&$orderby=ev_callbackid").await;
    let short = |row: &Value| row["ev_callbackid"].as_str().unwrap()[4..8].to_owned();
    rows["value"].as_array().unwrap().iter().map(short).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn callback_requests_arrive_by_polling_and_by_webhook() {
    let plant = Plant::empty().await;
    let webhook = "[tenants.contoso.webhook]\ntoken = \"the-token\"\n";
    plant.configure(&format!("{}\n{webhook}", plant.tenant("contoso")));
    plant.load(&serde_json::from_str(CALLBACKS).unwrap());
    let mut workers = Workers::start(&plant);
    let private = address(&plant, "health, status and metrics at ").await;
    let public = address(&plant, "webhooks at ").await.replace("<tenant>", "contoso");

    let polled = ["5101", "5102", "5103", "5104", "5105", "5201", "5205"];
    until("polled callbacks", async || (items(&plant).await == polled).then_some(())).await;

    plant
        .sandbox
        .subscribe(&json!({"url": public, "token": "the-token", "events": ["CallbackCreated"]}))
        .unwrap();
    let asked = Instant::now();
    plant.load(&json!({"enreach": {"callback_items": [{
        "Id": "00005302-0000-4000-8000-000000000000", "Number": "+358405550199",
        "CallbackListId": "000000c3-0000-4000-8000-000000000000", "State": "Open",
        "Created": "now-PT0S"
    }]}}));
    until("callback by webhook", async || {
        items(&plant).await.contains(&"5302".to_owned()).then_some(())
    })
    .await;
    let took = asked.elapsed();
    assert!(took < Duration::from_secs(10), "a wake-up starts a pass: {took:?}");

    let status = plant.get(&format!("{private}/status")).await;
    let jobs: Vec<_> =
        status["jobs"].as_array().unwrap().iter().map(|job| job["job"].clone()).collect();
    assert_eq!(jobs, ["call-sync", "callback-sync", "retro-sync"]);

    workers.signal("-TERM");
    let ended = until("end", async || workers.0.try_wait().unwrap()).await;
    assert_eq!(ended.code(), Some(0), "{}", plant.log());
}
