//! A wish that the next pass starts now. It lowers latency and nothing more: a pass comes anyway.

use tokio::sync::watch;

/// Ends the pause of a run loop. Clones are one.
#[derive(Debug, Clone, Default)]
pub struct WakeUp(watch::Sender<()>);

impl WakeUp {
    /// Nobody was woken yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Has the next pass start at once. During a pass this is kept for the pass after it, which is
    /// one, however often it was wished for.
    pub fn wake(&self) {
        self.0.send_replace(());
    }

    /// Listens from now on.
    pub(crate) fn listen(&self) -> Woken {
        Woken(self.0.subscribe())
    }
}

/// The loop's end of a [`WakeUp`].
pub(crate) struct Woken(watch::Receiver<()>);

impl Woken {
    /// Waits for a wish; several since the last one that was heard are one.
    pub(crate) async fn heard(&mut self) {
        if self.0.changed().await.is_err() {
            // Nobody is left who could wake.
            std::future::pending().await
        }
    }
}
