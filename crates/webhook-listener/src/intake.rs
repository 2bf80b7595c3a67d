//! From many requests to few commits.
//!
//! Requests offer their events and wait. One task takes what waits, stores it in one transaction and
//! tells all that were part of it; meanwhile the next ones gather. An offer that is dropped tells its
//! request that nothing was stored, whatever the reason: a failed commit, a panic, the end of the task.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use sync_store::{NewEvent, Store};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_util::task::AbortOnDropHandle;
use voice_model::{Clock, TenantName, error_chain, fail_point};

use crate::WebhookLimits;

/// Called with a tenant of which something new is in the store.
pub(crate) type Wake = Arc<dyn Fn(&TenantName) + Send + Sync>;

/// Why an event was not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotStored {
    /// Too much waits already.
    Full,
    /// The store failed, or nobody is left who stores.
    Failed,
}

/// The requests' end. Clones are one.
#[derive(Clone)]
pub(crate) struct Desk {
    offers: mpsc::Sender<Offer>,
    room: Arc<Semaphore>,
}

/// An event that waits to be stored.
struct Offer {
    event: NewEvent,
    stored: oneshot::Sender<()>,
    /// What it takes of the bytes that may wait.
    _room: OwnedSemaphorePermit,
}

impl Desk {
    /// Has an event stored, and returns when it is.
    pub(crate) async fn store(&self, event: NewEvent) -> Result<(), NotStored> {
        let bytes = u32::try_from(event.body.as_bytes().len()).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).try_acquire_many_owned(bytes);
        let _room = room.map_err(|_| NotStored::Full)?;
        let (stored, told) = oneshot::channel();
        self.offers.try_send(Offer { event, stored, _room }).map_err(|error| match error {
            TrySendError::Full(_) => NotStored::Full,
            TrySendError::Closed(_) => NotStored::Failed,
        })?;
        told.await.map_err(|_| NotStored::Failed)
    }
}

/// The task that stores. Dropped, it stops where it stands; what is not stored is not acknowledged.
#[derive(Debug)]
#[must_use = "dropped, it stores nothing any more"]
pub struct Intake(AbortOnDropHandle<()>);

impl Intake {
    /// Waits until everything that was offered is dealt with: the router must be gone by then.
    pub async fn finished(self) {
        // A panic was logged where it happened.
        let _ = self.0.await;
    }
}

/// Starts the task.
pub(crate) fn start(
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    wake: Wake,
    limits: &WebhookLimits,
) -> (Desk, Intake) {
    let (offers, waiting) = mpsc::channel(limits.waiting_events.max(1));
    let room = Semaphore::new(limits.waiting_bytes.min(Semaphore::MAX_PERMITS));
    let clerk = Clerk { store, clock, wake, events_per_commit: limits.events_per_commit.max(1) };
    let task = AbortOnDropHandle::new(tokio::spawn(clerk.work(waiting)));
    (Desk { offers, room: Arc::new(room) }, Intake(task))
}

struct Clerk {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    wake: Wake,
    events_per_commit: usize,
}

impl Clerk {
    async fn work(self, mut waiting: mpsc::Receiver<Offer>) {
        let mut offers = Vec::new();
        while waiting.recv_many(&mut offers, self.events_per_commit).await > 0 {
            let commit = self.commit(std::mem::take(&mut offers));
            // Nothing that a commit leaves half done is looked at by the next one.
            if AssertUnwindSafe(commit).catch_unwind().await.is_err() {
                tracing::error!("storing webhooks broke off; the next ones are stored again");
            }
        }
    }

    async fn commit(&self, mut offers: Vec<Offer>) {
        // Those whose request has been given up are sent again anyway.
        offers.retain(|offer| !offer.stored.is_closed());
        if offers.is_empty() {
            return;
        }
        let (events, (told, _room)): (Vec<_>, (Vec<_>, Vec<_>)) = offers
            .into_iter()
            .map(|Offer { event, stored, _room }| (event, (stored, _room)))
            .unzip();
        fail_point::reach("before-store");
        match self.store.take_in(self.clock.now(), &events).await {
            Ok(new) => {
                fail_point::reach("after-store");
                for stored in told {
                    // Who has gone meanwhile sends it again, and it is known then.
                    let _ = stored.send(());
                }
                if new > 0 {
                    let tenants: HashSet<_> = events.iter().map(|event| &event.tenant).collect();
                    tenants.into_iter().for_each(|tenant| (self.wake)(tenant));
                }
            }
            Err(error) => {
                let (count, error) = (events.len(), error_chain(&error));
                tracing::error!(count, error, "webhooks are not stored; senders are to try again");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use chrono::{DateTime, Duration, Utc};
    use futures::future::join_all;
    use sync_store::{EventKey, EventSource, MockStore, Opaque};
    use voice_model::ManualClock;

    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn event(number: usize) -> NewEvent {
        NewEvent {
            tenant: TenantName::new(["contoso", "fabrikam"][number % 2]),
            key: EventKey::new(number.to_string()),
            source: EventSource::Webhook,
            due_at: NOW,
            number: None,
            body: Opaque::new("{}"),
        }
    }

    /// A desk whose commits, by their sizes, and woken tenants are noted.
    fn desk(limits: &WebhookLimits, new: bool) -> (Desk, Intake, Arc<Mutex<Vec<String>>>) {
        let noted: Arc<Mutex<Vec<String>>> = Arc::default();
        let (commits, wakes) = (Arc::clone(&noted), Arc::clone(&noted));
        let mut store = MockStore::new();
        store.expect_take_in().returning(move |now, events| {
            assert_eq!(now, NOW + Duration::seconds(1));
            commits.lock().unwrap().push(events.len().to_string());
            Ok(if new { events.len() } else { 0 })
        });
        let clock = Arc::new(ManualClock::new(NOW + Duration::seconds(1)));
        let wake = Arc::new(move |tenant: &TenantName| {
            wakes.lock().unwrap().push(tenant.to_string());
        });
        let (desk, intake) = start(Arc::new(store), clock, wake, limits);
        (desk, intake, noted)
    }

    fn noted(noted: &Mutex<Vec<String>>) -> Vec<String> {
        let mut noted = noted.lock().unwrap().clone();
        noted.sort_unstable();
        noted
    }

    #[tokio::test]
    async fn what_waits_is_stored_together() {
        let limits = WebhookLimits { events_per_commit: 4, ..WebhookLimits::default() };
        let (desk, intake, notes) = desk(&limits, true);
        // All have offered before the task first runs.
        let stored = join_all((0..10).map(|number| desk.store(event(number)))).await;
        assert!(stored.iter().all(Result::is_ok), "{stored:?}");
        drop(desk);
        intake.finished().await;
        let each = ["contoso", "contoso", "contoso", "fabrikam", "fabrikam", "fabrikam"];
        assert_eq!(noted(&notes), [&["2", "4", "4"][..], &each].concat());
    }

    #[tokio::test]
    async fn what_is_not_new_wakes_nobody() {
        let (desk, intake, notes) = desk(&WebhookLimits::default(), false);
        assert_eq!(desk.store(event(0)).await, Ok(()));
        drop(desk);
        intake.finished().await;
        assert_eq!(noted(&notes), ["1"]);
    }

    #[tokio::test]
    async fn what_its_request_has_given_up_is_not_stored() {
        let (desk, intake, notes) = desk(&WebhookLimits::default(), true);
        assert!(desk.store(event(0)).now_or_never().is_none());
        assert_eq!(desk.store(event(1)).await, Ok(()));
        drop(desk);
        intake.finished().await;
        assert_eq!(noted(&notes), ["1", "fabrikam"]);
    }

    #[tokio::test]
    async fn without_the_task_nothing_hangs() {
        let (desk, intake, _) = desk(&WebhookLimits::default(), true);
        let waits = tokio::spawn({
            let desk = desk.clone();
            async move { desk.store(event(0)).await }
        });
        drop(intake);
        assert_eq!(waits.await.unwrap(), Err(NotStored::Failed));
        assert_eq!(desk.store(event(1)).await, Err(NotStored::Failed));
    }

    #[tokio::test]
    async fn a_panic_in_a_wake_up_stops_nothing() {
        let mut store = MockStore::new();
        store.expect_take_in().returning(|_, events| Ok(events.len()));
        let clock = Arc::new(ManualClock::new(NOW));
        let (desk, _intake) =
            start(Arc::new(store), clock, Arc::new(|_| panic!("a bug")), &WebhookLimits::default());
        for number in 0..3 {
            assert_eq!(desk.store(event(number)).await, Ok(()));
        }
    }
}
