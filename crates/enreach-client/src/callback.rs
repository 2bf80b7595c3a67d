//! Callback lists and the requests on them, after reading (reference, section 4).

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use voice_model::{CallId, CallbackItemId, CallbackListId, QueueId};

/// A list that callback requests are put on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackList {
    /// Id.
    pub id: CallbackListId,
    /// Name.
    pub name: Option<String>,
    /// Whether the list was deleted.
    pub deleted: bool,
    /// The queue whose callers come onto it.
    pub queue: Option<QueueId>,
}

/// Where a callback request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CallbackState {
    /// Waits for somebody.
    Open,
    /// Somebody has taken it; it still waits for the call.
    Reserved,
    /// Done.
    Closed,
    /// Its time has passed.
    Expired,
    /// Missing, or a value that we do not know. To be treated as waiting: a request that is handled
    /// twice is noticed, one that is never handled is not.
    #[default]
    Unknown,
}

impl CallbackState {
    /// Whether somebody is still to be called.
    pub fn is_waiting(self) -> bool {
        match self {
            Self::Open | Self::Reserved | Self::Unknown => true,
            Self::Closed | Self::Expired => false,
        }
    }
}

/// A callback request: an item of a callback list.
///
/// Everything but the id may be missing (reference, section 4.2).
#[derive(Clone, PartialEq, Eq)]
pub struct CallbackItem {
    /// Id.
    pub id: CallbackItemId,
    /// The list that it is on.
    pub list: Option<CallbackListId>,
    /// The list's name.
    pub list_name: Option<String>,
    /// Whom to call, as received: the plus sign may be missing, and a withheld number may be a word
    /// such as `anonymous`.
    pub number: Option<String>,
    /// The caller's name.
    pub name: Option<String>,
    /// What it came from, such as `MissedServiceCall` or `Voicemail`.
    pub source: Option<String>,
    /// The name of the queue that was called.
    pub queue_name: Option<String>,
    /// The call that it came from.
    pub call: Option<CallId>,
    /// Where it stands.
    pub state: CallbackState,
    /// When it came.
    pub created: Option<DateTime<Utc>>,
    /// When it last changed.
    pub modified: Option<DateTime<Utc>>,
    /// When the caller should have been called at the latest.
    pub due: Option<DateTime<Utc>>,
    /// What was noted about it.
    pub note: Option<String>,
    /// The item as received.
    pub raw: Map<String, Value>,
}

impl CallbackItem {
    /// An item of which nothing but the id is known.
    pub fn new(id: CallbackItemId) -> Self {
        Self {
            id,
            list: None,
            list_name: None,
            number: None,
            name: None,
            source: None,
            queue_name: None,
            call: None,
            state: CallbackState::Unknown,
            created: None,
            modified: None,
            due: None,
            note: None,
            raw: Map::new(),
        }
    }
}

/// Shows ids, state and times only: who wants to be called, and why, does not belong in a log.
impl fmt::Debug for CallbackItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackItem")
            .field("id", &self.id)
            .field("list", &self.list)
            .field("call", &self.call)
            .field("state", &self.state)
            .field("created", &self.created)
            .field("modified", &self.modified)
            .field("due", &self.due)
            .finish_non_exhaustive()
    }
}

/// What Enreach said to closing a callback request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloseAnswer {
    /// It is closed, now or already before.
    Closed,
    /// There is no such item any more: HTTP 404 or 410.
    Gone,
    /// It was not closed, for a reason that lies in the item.
    Refused {
        /// HTTP status; 200 when the answer was a success and yet shows the item in another state.
        status: u16,
        /// What Enreach said, shortened.
        message: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_caller() {
        let item = CallbackItem {
            number: Some("+358409998877".to_owned()),
            name: Some("Aino Caller".to_owned()),
            note: Some("about her divorce".to_owned()),
            ..CallbackItem::new(CallbackItemId::new("i-1").unwrap())
        };
        let shown = format!("{item:?}");
        assert!(shown.contains("i-1"), "{shown}");
        for secret in ["8409998877", "Aino", "divorce"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    #[test]
    fn what_is_neither_closed_nor_expired_waits() {
        use CallbackState::{Closed, Expired, Open, Reserved, Unknown};
        assert!([Open, Reserved, Unknown].into_iter().all(CallbackState::is_waiting));
        assert!(![Closed, Expired].into_iter().any(CallbackState::is_waiting));
    }
}
