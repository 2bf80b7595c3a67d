//! A backlog of ten thousand calls, as after a long outage.

use std::time::{Duration, Instant};

use sync_store::{CallDecision, InMemoryStore, Opaque, SqliteStore, Store};
use voice_model::CallId;

use crate::fixtures::*;

const CALLS: usize = 10_000;

/// Ample for a slow machine that builds other things at the same time.
const SANE: Duration = Duration::from_secs(10);

async fn check(store: &dyn Store) {
    let tenant = tenant();
    let decisions: Vec<CallDecision> = (0..CALLS)
        .map(|n| {
            let name = format!("call-{n}");
            let mut decision = if n % 2 == 0 { logged(&name) } else { deferred(&name) };
            decision.details.as_mut().unwrap().legs = Opaque::new(vec![b'x'; 500]);
            decision
        })
        .collect();
    let calls: Vec<CallId> = decisions.iter().map(|decision| decision.call.clone()).collect();

    let started = Instant::now();
    assert_eq!(store.record(&tenant, at(0), &decisions).await.unwrap(), CALLS);
    assert_eq!(store.record(&tenant, at(60), &decisions).await.unwrap(), 0);
    assert_eq!(store.calls(&tenant, &calls).await.unwrap().len(), CALLS);
    assert_eq!(store.was_ever_logged(&tenant, &calls).await.unwrap().len(), CALLS / 2);
    assert_eq!(store.deferred_since(&tenant, at(0)).await.unwrap().len(), CALLS / 2);
    let elapsed = started.elapsed();
    assert!(elapsed < SANE, "{elapsed:?}");
}

#[tokio::test]
async fn ten_thousand_calls_fit_in_memory() {
    check(&InMemoryStore::default()).await;
}

#[tokio::test]
async fn ten_thousand_calls_fit_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    check(&SqliteStore::open(folder.path().join("voice.db")).await.unwrap()).await;
}
