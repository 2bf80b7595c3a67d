//! The limit governor: every attempt to Dataverse asks it for a pass, so that one refusal holds all
//! of them back (reference, section 7.1).
//!
//! * While a hold lasts, nothing is sent, whatever its kind: a 429, also one inside a batch answer,
//!   shuts all requests out until the longest `Retry-After` seen has passed. A request that cannot
//!   wait so long fails at once. Time is monotonic; no clock that may jump is asked.
//! * No more are in flight than the server advises, and fewer when little is left of its limits or
//!   when it has just let us in again.
//! * Live work goes before backlog, and in each of the two, whoever called first. A request that is
//!   sent again keeps its place. Live work is bounded, so backlog has its turn.
//!
//! Token requests go to another server and do not come here. One governor serves one client; it
//! knows nothing of other processes that use up the same limits, except by what the answers say.

mod batch_size;
mod hold;
mod reading;
mod state;
mod telemetry;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use http_kit::{Closed, End, Entrant, Gate, Pass};
use tokio::sync::Notify;
use tokio::time::Instant;

use self::reading::Reading;
use self::state::{Ruling, State};
use crate::Advice;

/// How urgent a request is. Ordered: the first goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Lane {
    /// Somebody may be waiting for it.
    #[default]
    Live,
    /// It can wait until nothing else does.
    Backlog,
}

/// The place of a call in the queue: by lane, then by when it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    lane: Lane,
    number: u64,
}

/// The governor of one client.
pub(crate) struct Governor {
    /// Host and port, for metrics and logs.
    host: String,
    state: Mutex<State>,
    /// Tells all who wait that they should look again.
    changed: Notify,
}

impl Governor {
    /// A governor that knows nothing yet. `seed` fixes the jitter of pauses.
    pub(crate) fn new(host: String, seed: Option<u64>) -> Arc<Self> {
        let state = Mutex::new(State::new(seed));
        Arc::new(Self { host, state, changed: Notify::new() })
    }

    /// The gate for the attempts of one call; a batch of so many operations, or 0 for any other.
    pub(crate) fn gate(self: &Arc<Self>, lane: Lane, operations: usize) -> CallGate {
        let place = Place { lane, number: self.lock().next_number() };
        CallGate { governor: Arc::clone(self), place, operations }
    }

    /// How much to ask at once.
    pub(crate) fn advice(&self) -> Advice {
        self.lock().advice()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, tells the metrics and wakes whoever waits.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let (limit, waiting) = {
            let mut state = self.lock();
            change(&mut state);
            (state.limit(), state.waiting())
        };
        telemetry::load(&self.host, limit, waiting);
        self.changed.notify_waiters();
    }
}

impl fmt::Debug for Governor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Governor").field("host", &self.host).finish_non_exhaustive()
    }
}

/// What the attempts of one call pass through.
pub(crate) struct CallGate {
    governor: Arc<Governor>,
    place: Place,
    operations: usize,
}

#[async_trait]
impl Gate for CallGate {
    async fn enter(&self, entrant: &Entrant<'_>) -> Result<Box<dyn Pass>, Closed> {
        let queued = Queued::new(&self.governor, self.place);
        loop {
            // Made before looking, so that no change between looking and waiting is missed.
            let changed = self.governor.changed.notified();
            let now = Instant::now();
            let ruling = self.governor.lock().ask(self.place, entrant, now);
            match ruling {
                Ruling::Enter { epoch } => {
                    let governor = Arc::clone(&self.governor);
                    let operations = self.operations;
                    let flight = Flight { governor, epoch, started: now, operations };
                    // The next one may have room too.
                    drop(queued);
                    return Ok(Box::new(flight));
                }
                Ruling::Closed { opens_in } => return Err(Closed { opens_in }),
                Ruling::WaitForChange => changed.await,
                Ruling::WaitUntil(opens_at) => {
                    // Whichever comes first: the end of the hold, or news of a longer one.
                    let _ = tokio::time::timeout_at(opens_at, changed).await;
                }
            }
        }
    }
}

/// A call in the queue, until it is dropped.
struct Queued<'g> {
    governor: &'g Governor,
    place: Place,
}

impl<'g> Queued<'g> {
    fn new(governor: &'g Governor, place: Place) -> Self {
        governor.change(|state| state.queue(place));
        Self { governor, place }
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.governor.change(|state| state.leave(self.place));
    }
}

/// An attempt in flight, until it is dropped.
struct Flight {
    governor: Arc<Governor>,
    /// The number of refusals before it.
    epoch: u64,
    started: Instant,
    operations: usize,
}

impl Pass for Flight {
    fn end(self: Box<Self>, end: &End<'_>) -> Option<Duration> {
        let reading = Reading::of(end);
        let now = Instant::now();
        // Before the pass is given back: whoever comes next has to see the hold.
        let hold = {
            let mut state = self.governor.lock();
            state.learn(&reading, self.operations, now.saturating_duration_since(self.started));
            state.heed(&reading, self.epoch, now)
        };
        if let (Some(hold), Some(refusal)) = (hold, &reading.refusal) {
            telemetry::hold(&self.governor.host, refusal, hold);
        }
        hold
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.governor.change(State::land);
    }
}

#[cfg(test)]
mod tests;
