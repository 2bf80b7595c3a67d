//! Many senders at once, a crash, and the end.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use sync_store::{SqliteStore, Store};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use worker::PublicLimits;

use crate::plant::*;

const EVENTS: usize = 5_000;
const CONNECTIONS: usize = 250;

/// Sends events over one connection that is kept, each after the answer to the one before; the ids of
/// those that were acknowledged.
async fn sender(address: std::net::SocketAddr, ids: Vec<String>) -> Vec<String> {
    let mut acknowledged = Vec::new();
    let Ok(mut stream) = TcpStream::connect(address).await else { return acknowledged };
    for id in ids {
        let request = request(&[("X-Benemen-Token", TOKEN)], event(&id).as_bytes());
        if stream.write_all(&request).await.is_err() {
            break;
        }
        match Answer::read(&mut stream).await.status {
            200 => acknowledged.push(id),
            status => panic!("{status}"),
        }
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_at_once_are_acknowledged_and_survive_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("voice.db");
    let plant = Plant::with(SqliteStore::open(&path).await.unwrap()).await;
    let senders = (0..CONNECTIONS).map(|sender_number| {
        let ids = (0..EVENTS / CONNECTIONS).map(|n| format!("{sender_number}-{n}")).collect();
        tokio::spawn(sender(plant.address, ids))
    });
    let mut acknowledged = HashSet::new();
    for sender in senders.collect::<Vec<_>>() {
        acknowledged.extend(sender.await.unwrap());
    }
    assert_eq!(acknowledged.len(), EVENTS);
    assert_eq!(plant.keys().await.len(), EVENTS);

    // What a crash at this moment would leave: the files as they are.
    let crashed = tempfile::tempdir().unwrap();
    for name in ["voice.db", "voice.db-wal"] {
        std::fs::copy(folder.path().join(name), crashed.path().join(name)).unwrap();
    }
    let reopened = SqliteStore::open(crashed.path().join("voice.db")).await.unwrap();
    let found = reopened.inbox(&contoso(), 2 * EVENTS).await.unwrap();
    let found: HashSet<_> = found.into_iter().map(|event| event.key.as_str().to_owned()).collect();
    assert_eq!(found, acknowledged);
}

#[tokio::test]
async fn shutdown_acknowledges_what_is_under_way_and_stores_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("voice.db");
    let plant = Plant::with(SqliteStore::open(&path).await.unwrap()).await;
    let mut idle = TcpStream::connect(plant.address).await.unwrap();
    idle.write_all(&request(&[("X-Benemen-Token", TOKEN)], event("a").as_bytes())).await.unwrap();
    assert_eq!(Answer::read(&mut idle).await.status, 200);
    // Half of it is there when shutdown is requested.
    let mut slow = TcpStream::connect(plant.address).await.unwrap();
    let whole = request(&[("X-Benemen-Token", TOKEN)], event("b").as_bytes());
    let (start, end) = whole.split_at(whole.len() - 9);
    slow.write_all(start).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;

    plant.shutdown.request();
    let mut rest = Vec::new();
    let closed = tokio::io::AsyncReadExt::read_to_end(&mut idle, &mut rest);
    timeout(LONG, closed).await.unwrap().unwrap();
    assert!(!plant.serving.is_finished());
    slow.write_all(end).await.unwrap();
    assert_eq!(Answer::read(&mut slow).await.status, 200);
    drop((idle, slow));
    timeout(LONG, plant.serving).await.unwrap().unwrap();
    let stored = plant.store.inbox(&contoso(), 9).await.unwrap();
    assert_eq!(stored.len(), 2);
}

#[tokio::test]
async fn senders_beyond_the_limit_wait_for_their_turn() {
    let public = PublicLimits { connections: 4, ..PublicLimits::default() };
    let plant = Plant::limited(sync_store::InMemoryStore::default(), Default::default(), public);
    let plant = Arc::new(plant.await);
    let senders = (0..40).map(|n| {
        let plant = Arc::clone(&plant);
        tokio::spawn(async move { plant.post(&event(&n.to_string())).await.status })
    });
    for sender in senders.collect::<Vec<_>>() {
        assert_eq!(timeout(LONG, sender).await.unwrap().unwrap(), 200);
    }
    assert_eq!(plant.inbox().await.len(), 40);
}
