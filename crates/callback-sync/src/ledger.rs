//! The store, for one tenant and one holder of claims: what is kept of requests and events.

use chrono::{DateTime, Duration, Utc};
use sync_store::{
    CallbackOutcome, CallbackRecord, Close, Dealt, DoneEvent, EventKey, EventSource, InboxEvent,
    NewEvent, Opaque, PutOff, Store,
};
use voice_model::{CallbackItemId, CallbackListId, TenantName, mask_numbers};

use crate::Result;
use crate::claims::Claimed;

/// How long after a failed attempt the next one is due, by the number of attempts; the last one is
/// repeated if more attempts are allowed.
const PAUSES: [Duration; 7] = [
    Duration::seconds(5),
    Duration::seconds(30),
    Duration::minutes(2),
    Duration::minutes(10),
    Duration::minutes(30),
    Duration::hours(2),
    Duration::hours(8),
];

/// How long an event waits that could not even be tried.
pub(crate) const UNTRIED_PAUSE: Duration = Duration::seconds(15);

/// The store, for one tenant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ledger<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) tenant: &'a TenantName,
    pub(crate) holder: &'a str,
    /// How often an event or a close is tried.
    pub(crate) attempts: u32,
    pub(crate) now: DateTime<Utc>,
}

/// When the next attempt is due after so many.
pub(crate) fn pause_after(attempts: u32) -> Duration {
    let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    PAUSES[index.min(PAUSES.len() - 1)]
}

/// The key in the inbox of a request that polling has found.
pub(crate) fn key_of_item(item: &CallbackItemId) -> EventKey {
    EventKey::new(format!("item:{item}"))
}

/// The event that stands for a request which polling has found and which cannot be finished now. It
/// has the shape of the platform's own, so that it is read alike.
pub(crate) fn event_of_item(
    tenant: &TenantName,
    item: &CallbackItemId,
    list: &CallbackListId,
    due_at: DateTime<Utc>,
) -> NewEvent {
    let body = serde_json::json!({
        "EventType": "CallbackPolled", "CallbackListId": list, "CallbackListItemId": item
    });
    NewEvent {
        tenant: tenant.clone(),
        key: key_of_item(item),
        source: EventSource::Polling,
        due_at,
        number: None,
        body: Opaque::new(body.to_string()),
    }
}

impl Ledger<'_> {
    /// What becomes of an event after an attempt: later, or never.
    pub(crate) fn failed(&self, event: &Claimed, problem: &str) -> PutOff {
        let due = event.attempts < self.attempts;
        PutOff {
            key: event.key.clone(),
            due_at: due.then(|| self.now + pause_after(event.attempts)),
            attempts: event.attempts,
            problem: Some(mask_numbers(problem)),
        }
    }

    /// What becomes of an event that was no attempt.
    pub(crate) fn untried(&self, event: &Claimed, pause: Duration, why: Option<&str>) -> PutOff {
        PutOff {
            key: event.key.clone(),
            due_at: Some(self.now + pause),
            attempts: event.attempts.saturating_sub(1),
            problem: why.map(mask_numbers),
        }
    }

    /// What becomes of an event that was claimed too often: nobody lived to say why.
    pub(crate) fn exhausted(&self, event: &InboxEvent) -> PutOff {
        let attempts = event.attempts.saturating_sub(1);
        let unknown = format!("was claimed {attempts} times, and its work never came to an end");
        PutOff {
            key: event.key.clone(),
            due_at: None,
            attempts,
            problem: event.problem.is_none().then_some(unknown),
        }
    }

    /// Puts events off.
    pub(crate) async fn put_off(&self, events: &[PutOff]) -> Result<()> {
        if !events.is_empty() {
            self.store.put_off(self.tenant, self.holder, events).await?;
        }
        Ok(())
    }

    /// Keeps what became of requests, and marks events as done.
    pub(crate) async fn record(
        &self,
        callbacks: &[CallbackRecord],
        done: &[DoneEvent],
    ) -> Result<()> {
        if !(callbacks.is_empty() && done.is_empty()) {
            self.store.record_callbacks(self.tenant, self.now, callbacks, done).await?;
        }
        Ok(())
    }

    /// Takes requests into the inbox that polling has found and that must wait.
    pub(crate) async fn remember(&self, events: &[NewEvent]) -> Result<()> {
        if !events.is_empty() {
            self.store.take_in(self.now, events).await?;
        }
        Ok(())
    }
}

/// Events that are done with one outcome.
pub(crate) fn done<'e>(
    events: impl IntoIterator<Item = &'e Claimed>,
    outcome: &'static str,
) -> impl Iterator<Item = DoneEvent> {
    events.into_iter().map(move |event| DoneEvent { key: event.key.clone(), outcome })
}

/// The record of a request that is dealt with.
pub(crate) fn record(
    item: &CallbackItemId,
    list: &CallbackListId,
    outcome: CallbackOutcome,
    close: Close,
) -> CallbackRecord {
    let dealt = Dealt { outcome, close };
    CallbackRecord { item: item.clone(), list: list.clone(), dealt }
}
