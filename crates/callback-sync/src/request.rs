//! A callback request that is to be dealt with, and what becomes of it.

use std::sync::Arc;

use call_matching::CallerNumber;
use enreach_client::CallbackItem;
use sync_store::EventSource;
use voice_model::{ActivityId, CallbackListId, ErrorClass};

use crate::claims::Claimed;
use crate::profile::CallbackProfile;

/// An open item of a callback list with all that is known before Dynamics is asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    /// The item as Enreach has it now.
    pub(crate) item: CallbackItem,
    /// Its list.
    pub(crate) list: CallbackListId,
    /// The profile of its list.
    pub(crate) profile: Arc<CallbackProfile>,
    /// The customer's number.
    pub(crate) number: CallerNumber,
    /// The events of the inbox that speak of it; none if polling found it.
    pub(crate) events: Vec<Claimed>,
    /// How often it had to be decided once more, because what Dynamics had told was out of date.
    pub(crate) put_backs: u32,
}

impl Request {
    /// How the request came to us first of all.
    pub(crate) fn source(&self) -> EventSource {
        let by_webhook = self.events.iter().any(|event| event.source == EventSource::Webhook);
        if by_webhook { EventSource::Webhook } else { EventSource::Polling }
    }
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It has a phone call now.
    Created {
        /// Its key.
        activity: ActivityId,
        /// The oldest open one of the same number that it points to.
        bundled_into: Option<ActivityId>,
    },
    /// It has no phone call, because one of the same number is open.
    Ignored {
        /// The open one.
        open: ActivityId,
    },
    /// An earlier pass, or somebody else, has dealt with it.
    AlreadyDone,
    /// It was closed in Enreach, or expired there, before we came to it.
    ClosedElsewhere,
    /// Somebody in Enreach has reserved it: it is looked at again later.
    Waiting,
    /// It could not be dealt with.
    Failed(Failure),
}

impl Outcome {
    /// The kind of outcome, as kept and shown.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Created { bundled_into: None, .. } => "Created",
            Self::Created { .. } => "Bundled",
            Self::Ignored { .. } => "Ignored",
            Self::AlreadyDone => "AlreadyDone",
            Self::ClosedElsewhere => "ClosedElsewhere",
            Self::Waiting => "Waiting",
            Self::Failed(_) => "Failed",
        }
    }
}

/// Why a request could not be dealt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What it means.
    pub class: ErrorClass,
    /// The whole chain, in words.
    pub message: String,
    /// Whether it was an attempt: this request is likely to be the reason.
    pub tried: bool,
}
