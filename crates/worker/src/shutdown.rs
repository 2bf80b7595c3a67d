//! Shutdown in two stages: the first signal lets finish what is in flight, the second stops at once.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// How long work in flight may go on after the first signal (design, section 8).
const GRACE: Duration = Duration::from_secs(30);

/// The wish to stop, shared by everything that runs. Clones are one.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    requested: CancellationToken,
    now: CancellationToken,
}

impl Shutdown {
    /// Nobody wishes to stop yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Listens for SIGINT and SIGTERM from now on. A signal is never lost: both stages are heard by
    /// the same ears, which are there when this returns.
    pub fn on_signals() -> Self {
        let shutdown = Self::new();
        let listener = shutdown.clone();
        match Signals::listen() {
            Ok(signals) => drop(tokio::spawn(listener.obey(signals))),
            Err(error) => {
                tracing::error!(%error, "signals cannot be heard; only a kill stops this process");
            }
        }
        shutdown
    }

    async fn obey(self, mut signals: Signals) {
        signals.next().await;
        tracing::info!("stopping: what is in flight may finish, {} s at most", GRACE.as_secs());
        self.request();
        tokio::select! {
            () = signals.next() => tracing::warn!("stopping at once"),
            () = tokio::time::sleep(GRACE) => tracing::warn!("the time to finish is over"),
        }
        self.now.cancel();
    }

    /// Asks for the first stage.
    pub fn request(&self) {
        self.requested.cancel();
    }

    /// Whether the first stage was asked for.
    pub fn is_requested(&self) -> bool {
        self.requested.is_cancelled()
    }

    /// Waits for the first stage.
    pub async fn requested(&self) {
        self.requested.cancelled().await;
    }

    /// Runs work to its end, or until the second stage: then it is dropped where it stands.
    pub async fn or_at_once<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.now.cancelled() => None,
        }
    }
}

/// The wishes of whoever runs the process.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => (),
            _ = self.terminate.recv() => (),
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_stage_lets_work_finish_and_the_second_does_not() {
        let shutdown = Shutdown::new();
        shutdown.request();
        assert!(shutdown.is_requested());
        assert_eq!(shutdown.or_at_once(async { 7 }).await, Some(7));
        shutdown.now.cancel();
        assert_eq!(shutdown.or_at_once(std::future::pending::<()>()).await, None);
    }
}
