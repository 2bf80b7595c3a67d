//! The loop of a worker: a pass, a pause, the next pass.

use std::future::Future;
use std::time::Duration;

use crate::Shutdown;

/// Runs passes until shutdown is requested. The pause is counted from the end of a pass, so that
/// passes never overlap; a pass in flight finishes unless the second stage of shutdown cuts it off.
pub async fn run_every<F: Future<Output = ()>>(
    pause: Duration,
    shutdown: &Shutdown,
    mut pass: impl FnMut() -> F,
) {
    while !shutdown.is_requested() {
        if shutdown.or_at_once(pass()).await.is_none() {
            return;
        }
        tokio::select! {
            () = shutdown.requested() => return,
            () = tokio::time::sleep(pause) => (),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_pause_starts_when_a_pass_ends() {
        let shutdown = Shutdown::new();
        let (work, pause) = (Duration::from_millis(10), Duration::from_millis(5));
        let mut starts = Vec::new();
        run_every(pause, &shutdown, || {
            starts.push(std::time::Instant::now());
            if starts.len() == 3 {
                shutdown.request();
            }
            tokio::time::sleep(work)
        })
        .await;
        assert_eq!(starts.len(), 3);
        assert!(starts.windows(2).all(|pair| pair[1] - pair[0] >= work + pause));
    }
}
