//! Serving on the public address, where anyone may come.
//!
//! Whoever sends slowly, says nothing or comes too often holds a connection for a short while and
//! nothing else; how long, [`PublicLimits`] says. What is served, and to whom, is the router's
//! business.

mod body;
mod connection;
mod phase;
mod rate;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Shutdown;
use crate::public::rate::Buckets;

pub use rate::Rate;

/// Pause after the operating system would not give a connection: it has no file handles left.
const ACCEPT_AGAIN: Duration = Duration::from_millis(200);

/// What those who come to the public address may take.
#[derive(Debug, Clone)]
pub struct PublicLimits {
    /// Connections at the same time. Further ones wait in the operating system's queue; when all
    /// are taken, those that are idle are closed to make room. Default 1,024.
    pub connections: usize,
    /// Time for the head of a request, from its first byte, and for a new connection to send one.
    /// Default 5 s.
    pub header_read_timeout: Duration,
    /// Time for the body of a request, whole. Default 10 s.
    pub body_read_timeout: Duration,
    /// How long a connection is kept for a further request, and how long a reader may take in
    /// nothing of its answer. Default 60 s.
    pub idle_timeout: Duration,
    /// Requests from one address, or from one /64 of IPv6; more are answered 429. Default 5,000 a
    /// second, 10,000 at once: more than any sender needs, since behind a reverse proxy all come
    /// from one address. `None` = no limit.
    pub rate_by_source: Option<Rate>,
}

impl Default for PublicLimits {
    fn default() -> Self {
        Self {
            connections: 1_024,
            header_read_timeout: Duration::from_secs(5),
            body_read_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            rate_by_source: Some(Rate { per_second: 5_000, burst: 10_000 }),
        }
    }
}

/// Serves HTTP/1.1 until shutdown is requested. Then no connection is accepted any more, idle ones are
/// closed and requests under way are answered, unless the second stage cuts them off.
pub async fn serve_public(
    listener: TcpListener,
    router: Router,
    limits: PublicLimits,
    shutdown: &Shutdown,
) {
    let host = Arc::new(Host::new(router, limits));
    let mut connections = JoinSet::new();
    let serving = async {
        loop {
            tokio::select! {
                biased;
                () = shutdown.requested() => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => (),
                (stream, peer, room) = host.accept(&listener) => {
                    let (host, shutdown) = (Arc::clone(&host), shutdown.clone());
                    connections.spawn(async move {
                        connection::run(stream, peer.ip(), &host, &shutdown).await;
                        drop(room);
                    });
                }
            }
        }
        drop(listener);
        while connections.join_next().await.is_some() {}
    };
    shutdown.or_at_once(serving).await;
}

/// What all connections share.
struct Host {
    router: Router,
    limits: PublicLimits,
    buckets: Option<Mutex<Buckets>>,
    places: Arc<Semaphore>,
    /// Wakes one idle connection, which then ends.
    crowded: Notify,
}

impl Host {
    fn new(router: Router, limits: PublicLimits) -> Self {
        Self {
            router,
            buckets: limits.rate_by_source.map(|rate| Mutex::new(Buckets::new(rate))),
            places: Arc::new(Semaphore::new(limits.connections.clamp(1, Semaphore::MAX_PERMITS))),
            crowded: Notify::new(),
            limits,
        }
    }

    /// The next connection, with its place.
    async fn accept(
        &self,
        listener: &TcpListener,
    ) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
        if self.places.available_permits() == 0 {
            self.crowded.notify_one();
        }
        // The semaphore is never closed.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return (stream, peer, place),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                }
            }
        }
    }

    /// Whether one more request of a source is within its limit.
    fn admits(&self, source: std::net::IpAddr) -> bool {
        self.buckets.as_ref().is_none_or(|buckets| {
            buckets.lock().unwrap_or_else(PoisonError::into_inner).take(source, Instant::now())
        })
    }
}
