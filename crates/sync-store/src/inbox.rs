//! The inbox: what was heard of callback requests and is not yet worked off.
//!
//! An event waits until it is due, is claimed by one worker for a while, and ends as done or as a
//! dead letter. It is never lost on the way: a claim that is neither renewed nor given back ends by
//! itself, and what is given up stays until a person decides.

use std::fmt;

use chrono::{DateTime, Utc};
use voice_model::TenantName;

use crate::{CustomerNumber, Opaque};

/// The key of an event within its tenant: the sender's id of the event, or what stands for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey(String);

impl EventKey {
    /// Takes a text as a key.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How an event came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventSource {
    /// Enreach sent it.
    Webhook,
    /// Polling found it, and it could not be finished there and then.
    Polling,
}

impl EventSource {
    /// Its name, as stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Webhook => "Webhook",
            Self::Polling => "Polling",
        }
    }
}

/// An event to take in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Whose it is.
    pub tenant: TenantName,
    /// Its key; an event with a known key is not taken in again.
    pub key: EventKey,
    /// How it came.
    pub source: EventSource,
    /// When it is to be worked on; the time of arrival for most.
    pub due_at: DateTime<Utc>,
    /// The customer's number in it, by which it can be erased.
    pub number: Option<CustomerNumber>,
    /// What came.
    pub body: Opaque,
}

/// Where an event that is not done stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventState {
    /// It waits for its time.
    Waiting {
        /// When that is.
        due_at: DateTime<Utc>,
    },
    /// Somebody works on it.
    Claimed {
        /// Who.
        holder: String,
        /// When the claim ends unless it is renewed.
        until: DateTime<Utc>,
    },
    /// It was given up; a person decides.
    DeadLetter,
}

/// An event of the inbox that is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxEvent {
    /// Its key.
    pub key: EventKey,
    /// How it came.
    pub source: EventSource,
    /// When it was taken in.
    pub received_at: DateTime<Utc>,
    /// How often it was claimed, this time included, since it came or was replayed. What puts an
    /// event off may take a claim back that was no attempt.
    pub attempts: u32,
    /// What went wrong last.
    pub problem: Option<String>,
    /// Where it stands.
    pub state: EventState,
    /// What came.
    pub body: Opaque,
}

/// What becomes of a claimed event that could not be finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutOff {
    /// Which event.
    pub key: EventKey,
    /// When it is due again; `None` = never: a dead letter.
    pub due_at: Option<DateTime<Utc>>,
    /// How many attempts it has had.
    pub attempts: u32,
    /// What went wrong, without secrets and phone numbers. `None` keeps what was said before.
    pub problem: Option<String>,
}

/// An event that is done, with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoneEvent {
    /// Which event.
    pub key: EventKey,
    /// A stable word such as `Created`: it names no person and no number.
    pub outcome: &'static str,
}

/// How full the inbox of a tenant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InboxDepth {
    /// Events that wait or are claimed.
    pub open: u64,
    /// Events that were given up.
    pub dead_letters: u64,
    /// When the oldest open one was taken in.
    pub oldest_received_at: Option<DateTime<Utc>>,
}
