//! What Enreach rows mean, after reading: strict types for the engines.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use voice_model::{AgentId, CallId, OrganizationId, QueueId};

use crate::wire;

/// The readable rows of an answer, and what could not be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows<T> {
    /// The rows that could be read, in the order received.
    pub rows: Vec<T>,
    /// The rows that could not; they never hide the others.
    pub unreadable: Vec<UnreadableRow>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), unreadable: Vec::new() }
    }
}

/// A row of an answer that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableRow {
    /// Its place in the answer, from 0.
    pub index: usize,
    /// Its `Id`, if it has a readable one.
    pub id: Option<String>,
    /// What is wrong with it, naming the field.
    pub reason: String,
}

/// A field of a row that may be missing altogether, which can mean something else than null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reported<T> {
    /// The row does not have the key.
    #[default]
    Absent,
    /// The key is there, its value is null.
    Null,
    /// The key has a value.
    Value(T),
}

impl<T> Reported<T> {
    /// The value, if there is one.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }
}

/// The kind of a row, as the row itself says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RowKind {
    /// A call made by or to a person.
    Direct,
    /// A queue call.
    Service,
    /// Missing, or a value that we do not know.
    #[default]
    Unknown,
}

/// Which way a call went, seen from the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From outside to us.
    #[default]
    Incoming,
    /// From us to outside.
    Outgoing,
}

/// The privacy class of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Privacy {
    /// Business.
    Work,
    /// Private.
    Private,
    /// Not decided by the user yet, missing, or a value that we do not know.
    #[default]
    Undefined,
}

/// A row of `GET /calls` or `GET /servicecall`.
///
/// Everything but the call id may be missing (reference, sections 2.3 and 3).
#[derive(Clone, PartialEq)]
pub struct CallRow {
    /// Id of the call event; unique per row.
    pub id: Option<String>,
    /// Id of the call that the row is a part of (`CallId`, else `CallID`).
    pub call_id: CallId,
    /// When it started (`StartTime`, else `TimeStamp`).
    pub start: Option<DateTime<Utc>>,
    /// When it was answered.
    pub answer: Reported<DateTime<Utc>>,
    /// When it was disconnected.
    pub end: Reported<DateTime<Utc>>,
    /// When the row last changed.
    pub modified: Option<DateTime<Utc>>,
    /// Caller's number, as received: the plus sign may be missing.
    pub a_number: Option<String>,
    /// Called number, as received.
    pub b_number: Option<String>,
    /// Direct or service.
    pub kind: RowKind,
    /// Incoming unless the row says outgoing.
    pub direction: Direction,
    /// 0 = answered.
    pub end_result: Option<i64>,
    /// Talk, in seconds.
    pub duration_secs: Option<u64>,
    /// The user whose row it is, or who answered.
    pub agent: Option<AgentId>,
    /// Login of that user.
    pub agent_name: Option<String>,
    /// The queue where the call first arrived.
    pub queue: Option<QueueId>,
    /// Its name; a service row without one is traffic of a personal work number.
    pub queue_name: Option<String>,
    /// The queue that answered.
    pub answer_queue: Option<QueueId>,
    /// Its name.
    pub answer_queue_name: Option<String>,
    /// Work, private or undefined.
    pub privacy: Privacy,
    /// The row as received.
    pub raw: Map<String, Value>,
}

impl CallRow {
    /// Reads a row of `GET /calls` as it was received: how a row that was kept as JSON comes back.
    ///
    /// # Errors
    /// What is wrong with it: it has no call id.
    pub fn of_calls(raw: Map<String, Value>) -> Result<Self, String> {
        wire::calls::read(raw)
    }

    /// Reads a row of `GET /servicecall` as it was received.
    ///
    /// # Errors
    /// As [`CallRow::of_calls`].
    pub fn of_service_calls(raw: Map<String, Value>) -> Result<Self, String> {
        wire::service_calls::read(raw)
    }

    /// A row of which nothing but the call id is known.
    pub fn new(call_id: CallId) -> Self {
        Self {
            id: None,
            call_id,
            start: None,
            answer: Reported::Absent,
            end: Reported::Absent,
            modified: None,
            a_number: None,
            b_number: None,
            kind: RowKind::Unknown,
            direction: Direction::Incoming,
            end_result: None,
            duration_secs: None,
            agent: None,
            agent_name: None,
            queue: None,
            queue_name: None,
            answer_queue: None,
            answer_queue_name: None,
            privacy: Privacy::Undefined,
            raw: Map::new(),
        }
    }

    /// Whether it was answered: by `AnswerTime`; if the key is absent, by `EndResult` = 0
    /// (reference, section 3).
    pub fn answered(&self) -> bool {
        match self.answer {
            Reported::Value(_) => true,
            Reported::Null => false,
            Reported::Absent => self.end_result == Some(0),
        }
    }
}

/// Shows ids and times only: numbers and names of callers do not belong in a log.
impl fmt::Debug for CallRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallRow")
            .field("id", &self.id)
            .field("call_id", &self.call_id)
            .field("kind", &self.kind)
            .field("direction", &self.direction)
            .field("start", &self.start)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

/// An Enreach user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Id.
    pub id: AgentId,
    /// Login, an e-mail address.
    pub user_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// The organisation that the user belongs to.
    pub organization: Option<OrganizationId>,
    /// Fixed work number, as received.
    pub work_number: Option<String>,
    /// Mobile number, as received.
    pub mobile_number: Option<String>,
    /// Whether the user was deleted.
    pub deleted: bool,
}

/// An Enreach queue (service pool).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Id.
    pub id: QueueId,
    /// Name.
    pub name: Option<String>,
    /// 1 UserDirect, 2 PersonalWork, 4 ServiceQueue, 5 IvrQueue, 6 ShortNumber, 7 Technical.
    pub type_id: Option<i64>,
    /// Its numbers, as received.
    pub numbers: Vec<String>,
}
