//! The Enreach API and its discovery (Enreach reference, sections 1 to 7).
//!
//! Rows are served as the world gave them, rendered for the serializer that the client asks for
//! and for the modes in force. Nothing is paged, as in the original. What clients write (callback
//! items, availability, classifications) is kept until the next reset.

mod availability;
mod body;
mod call_filter;
mod callback_event;
mod callback_filter;
mod callback_state;
mod callback_write;
mod classification;
mod collection;
mod credentials;
mod directory;
mod discovery;
mod failure;
mod instant;
mod number;
mod outgoing;
mod realtime;
mod recordings;
mod render;
mod routes;
mod rows;
mod transcripts;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chrono::{DateTime, Utc};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use uuid::Uuid;

pub(crate) use callback_event::CallbackEvent;
pub(crate) use collection::Collection;
pub use rows::EnreachLoadError;

use availability::Availability;
use classification::Classifications;
use failure::Failure;
use routes::Request;
use rows::{Prepared, Rows};
use transcripts::Transcripts;

use crate::identity::ENREACH_ORGANIZATION_ID;
use crate::modes::Modes;
use crate::server::{Answer, ENREACH_PREFIX, Received, below};

/// One Enreach organisation.
#[derive(Debug)]
pub(crate) struct Enreach {
    rows: RwLock<Rows>,
    availability: Availability,
    transcripts: Transcripts,
    classifications: Classifications,
    ids: AtomicU64,
    events: Mutex<Vec<CallbackEvent>>,
}

impl Enreach {
    pub(crate) fn new() -> Self {
        Self {
            rows: RwLock::new(Rows::fixed()),
            availability: Availability::default(),
            transcripts: Transcripts::default(),
            classifications: Classifications::default(),
            ids: AtomicU64::new(0),
            events: Mutex::default(),
        }
    }

    /// Back to the API user alone.
    pub(crate) fn reset(&self) {
        *self.write() = Rows::fixed();
        self.availability.clear();
        self.transcripts.clear();
        self.classifications.clear();
        self.ids.store(0, Ordering::Relaxed);
        self.take_events();
    }

    /// Checks the rows of a world and completes them, without loading them yet.
    pub(crate) fn prepare(
        &self,
        world: BTreeMap<Collection, Vec<Value>>,
        now: DateTime<Utc>,
    ) -> Result<Prepared, EnreachLoadError> {
        Prepared::read(world, now)
    }

    /// Loads checked rows. Callback items that are new and open are told to whoever takes events.
    pub(crate) fn merge(&self, prepared: Prepared, now: DateTime<Utc>) {
        let mut rows = self.write();
        let new = rows.merge(prepared);
        let created = new.into_iter().filter_map(|id| rows.item(id));
        for item in created.filter(|item| item.is_waiting(now)) {
            self.tell(CallbackEvent::created(item, self.next_id(), now));
        }
    }

    /// What happened to callback items since the last time, oldest first.
    pub(crate) fn take_events(&self) -> Vec<CallbackEvent> {
        std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Answers a request to discovery or to the API.
    pub(crate) fn answer(&self, received: &Received, now: DateTime<Utc>, modes: &Modes) -> Answer {
        let Some(path) = below(&received.path, ENREACH_PREFIX) else {
            return discovery::answer(received, &self.read()).unwrap_or_else(Failure::into_answer);
        };
        let segments: Vec<_> = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        let segments: Vec<_> = segments.iter().map(String::as_str).collect();
        let request = Request { enreach: self, received, now, modes };
        request.answer(&segments).unwrap_or_else(Failure::into_answer)
    }

    fn tell(&self, event: CallbackEvent) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    /// A new id: the same ones in the same order after every reset.
    fn next_id(&self) -> Uuid {
        let number = self.ids.fetch_add(1, Ordering::Relaxed);
        Uuid::new_v5(&ENREACH_ORGANIZATION_ID, format!("row|{number}").as_bytes())
    }

    fn read(&self) -> RwLockReadGuard<'_, Rows> {
        self.rows.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Rows> {
        self.rows.write().unwrap_or_else(PoisonError::into_inner)
    }
}
