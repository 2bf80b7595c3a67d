//! The service protection limits of Dataverse (Dataverse reference, section 7.1): per user, in
//! sliding windows of 300 s, on requests and on execution time, and on requests at the same time.
//!
//! Execution time is accounted by a table of costs, not slept: a request takes up its share of the
//! window although it was answered at once. The window slides by the sandbox's clock, so that a test
//! with a clock of its own need not wait. One web server is simulated; the real ones count each for
//! itself. What is refused takes up nothing.

mod admission;
mod bounds;
mod cost;
mod operation;
mod refusal;
mod window;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

pub(crate) use admission::Admission;
pub(crate) use cost::execution_time;
pub(crate) use operation::Operation;
pub(crate) use refusal::Refused;

use crate::options::Limits;
use bounds::Bounds;
use refusal::Exceeded;
use window::Window;

/// What each request that ignores a wait adds to it.
const IGNORED_WAIT: Duration = Duration::seconds(1);
/// Longest wait: after a whole window nothing of the past counts any more.
const LONGEST_WAIT: Duration = window::LENGTH;

/// The limits of one environment with what its users have used up.
#[derive(Debug)]
pub(crate) struct ServiceProtection {
    bounds: Option<Bounds>,
    users: Mutex<HashMap<Uuid, Usage>>,
}

/// What one user has used up.
#[derive(Debug, Default)]
struct Usage {
    window: Window,
    running: usize,
    /// Until when the user was told to wait, and for which limit.
    shut: Option<(DateTime<Utc>, Exceeded)>,
    /// The same for too many requests at a time, which shuts nobody out.
    crowded_until: Option<DateTime<Utc>>,
}

impl ServiceProtection {
    pub(crate) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self { bounds: Bounds::of(limits), users: Mutex::default() })
    }

    /// Lets a request of a user in, or tells it to wait. `None` when nothing is limited.
    ///
    /// # Errors
    /// [`Refused`] with the limit that is exceeded and the time to wait.
    pub(crate) fn admit(
        self: &Arc<Self>,
        user: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<Admission>, Refused> {
        let Some(bounds) = self.bounds else { return Ok(None) };
        let mut users = self.lock();
        users.entry(user).or_default().enter(bounds, now)?;
        drop(users);
        Ok(Some(Admission::new(self.clone(), user, bounds)))
    }

    /// Forgets what was used up. Requests that are running go on.
    pub(crate) fn reset(&self) {
        for usage in self.lock().values_mut() {
            *usage = Usage { running: usage.running, ..Usage::default() };
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Usage>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Usage {
    fn enter(&mut self, bounds: Bounds, now: DateTime<Utc>) -> Result<(), Refused> {
        self.window.slide(now);
        if let Some((until, exceeded)) = self.shut
            && now < until
        {
            return Err(self.shut_out(bounds, exceeded, until + IGNORED_WAIT, now));
        }
        if let Some(opens) = self.window.requests_open(bounds.requests) {
            return Err(self.shut_out(bounds, Exceeded::Requests, opens, now));
        }
        if let Some(opens) = self.window.execution_opens(bounds.execution_micros) {
            return Err(self.shut_out(bounds, Exceeded::ExecutionTime, opens, now));
        }
        if self.running >= bounds.concurrent {
            return Err(self.crowded_out(bounds, now));
        }
        self.shut = None;
        self.window.add_request(now);
        self.running += 1;
        Ok(())
    }

    fn shut_out(
        &mut self,
        bounds: Bounds,
        exceeded: Exceeded,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Refused {
        let until = until.min(now + LONGEST_WAIT);
        self.shut = Some((until, exceeded));
        Refused::new(exceeded, bounds, until - now)
    }

    /// Others of the user's requests may still find room, so that only the announced wait grows.
    fn crowded_out(&mut self, bounds: Bounds, now: DateTime<Utc>) -> Refused {
        let from = self.crowded_until.map_or(now, |until| until.max(now));
        let until = (from + IGNORED_WAIT).min(now + LONGEST_WAIT);
        self.crowded_until = Some(until);
        Refused::new(Exceeded::Concurrency, bounds, until - now)
    }
}

#[cfg(test)]
mod tests;
