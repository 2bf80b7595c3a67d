//! A backlog of ten thousand calls, as after a long outage, and an inbox that has long been in use.

use std::time::{Duration, Instant};

use sqlx::ConnectOptions;
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

/// Asked about once a second by each worker process, for years.
#[tokio::test]
async fn events_that_are_done_cost_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("voice.db");
    let (store, tenant) = (SqliteStore::open(&path).await.unwrap(), tenant());
    store.take_in(at(0), &[event("waits")]).await.unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 100000)
         INSERT INTO events (tenant, key, received_at, done_at, outcome)
         SELECT 1, 'done-' || n, 0, n, 'Created' FROM n;
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 100000)
         INSERT INTO callbacks (tenant, item, list, recorded_at, outcome, close)
         SELECT 1, 'item-' || n, 'list', n, 'ClosedElsewhere', 'Done' FROM n",
    )
    .execute(&mut connection)
    .await
    .unwrap();

    let started = Instant::now();
    for _ in 0..500 {
        assert!(store.tenants_with_work(at(-1)).await.unwrap().is_empty());
        assert!(store.claim_events(&tenant, "one", at(-1), at(9), 9).await.unwrap().is_empty());
        assert!(store.callbacks_to_close(&tenant, at(9), 9).await.unwrap().is_empty());
        assert_eq!(store.inbox(&tenant, 9).await.unwrap().len(), 1);
        assert_eq!(store.inbox_depth(&tenant).await.unwrap().open, 1);
        assert_eq!(store.replay_dead_letters(&tenant, None, at(0)).await.unwrap(), 0);
        assert!(store.claim_holders(&tenant).await.unwrap().is_empty());
    }
    let elapsed = started.elapsed();
    assert!(elapsed < SANE, "{elapsed:?}");
}
