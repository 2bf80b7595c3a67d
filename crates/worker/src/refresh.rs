//! The wish that settings and directory are read anew, by `POST /refresh` or SIGHUP.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::WakeUp;

/// No number of wishes ever gets here: a flag that has seen this many is up.
const NONE_SEEN: u64 = u64::MAX;

/// Where a refresh is asked for. Clones are one.
#[derive(Debug, Clone, Default)]
pub struct Refresh(Arc<Wishes>);

#[derive(Debug, Default)]
struct Wishes {
    count: AtomicU64,
    wake_ups: Mutex<Vec<WakeUp>>,
}

impl Refresh {
    /// Nothing was asked for yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Has each refresh wake a job as well.
    pub fn wakes(&self, job: &WakeUp) {
        self.0.wake_ups.lock().unwrap_or_else(PoisonError::into_inner).push(job.clone());
    }

    /// A flag for one job, which goes up with each refresh from now on.
    pub fn flag(&self) -> RefreshFlag {
        let seen = self.0.count.load(Ordering::Acquire);
        RefreshFlag { wishes: Arc::clone(&self.0), seen: AtomicU64::new(seen) }
    }

    /// Raises every flag, then wakes every job.
    pub fn request(&self) {
        self.0.count.fetch_add(1, Ordering::Release);
        for job in self.0.wake_ups.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            job.wake();
        }
    }

    /// Takes SIGHUP for a refresh from now on, where that signal exists. Without this it ends the
    /// process.
    pub fn on_hangup(&self) {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let refresh = self.clone();
            match signal(SignalKind::hangup()) {
                Ok(mut hangups) => drop(tokio::spawn(async move {
                    while hangups.recv().await.is_some() {
                        tracing::info!("SIGHUP: settings and directory are read anew");
                        refresh.request();
                    }
                })),
                Err(error) => tracing::warn!(%error, "SIGHUP cannot be heard"),
            }
        }
    }
}

/// Whether a job still has to read settings and directory anew.
#[derive(Debug)]
pub struct RefreshFlag {
    wishes: Arc<Wishes>,
    seen: AtomicU64,
}

impl RefreshFlag {
    /// Takes the flag down; whether it was up. Ask before reading, so that a wish during the reading
    /// raises it again.
    pub fn take(&self) -> bool {
        let asked = self.wishes.count.load(Ordering::Acquire);
        self.seen.swap(asked, Ordering::AcqRel) != asked
    }

    /// Puts the flag up again: the reading failed.
    pub fn put_back(&self) {
        self.seen.store(NONE_SEEN, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_job_takes_its_own_flag_down() {
        let refresh = Refresh::new();
        let (one, other) = (refresh.flag(), refresh.flag());
        assert!(!one.take());
        refresh.request();
        refresh.request();
        assert_eq!((one.take(), one.take()), (true, false));
        assert!(other.take());
        assert!(!refresh.flag().take(), "a job that starts now reads everything anyway");
    }

    #[test]
    fn a_reading_that_failed_is_done_again() {
        let refresh = Refresh::new();
        let flag = refresh.flag();
        refresh.request();
        assert!(flag.take());
        flag.put_back();
        assert_eq!((flag.take(), flag.take()), (true, false));
    }
}
