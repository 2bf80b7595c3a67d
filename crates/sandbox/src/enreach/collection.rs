//! The collections of an Enreach world and how their rows look.

/// A collection of rows, in the order in which a world names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Collection {
    Users,
    Queues,
    Calls,
    ServiceCalls,
    CallbackLists,
    CallbackItems,
}

impl Collection {
    const ALL: [Self; 6] = [
        Self::Users,
        Self::Queues,
        Self::Calls,
        Self::ServiceCalls,
        Self::CallbackLists,
        Self::CallbackItems,
    ];

    /// Its name in a world.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Queues => "queues",
            Self::Calls => "calls",
            Self::ServiceCalls => "servicecalls",
            Self::CallbackLists => "callback_lists",
            Self::CallbackItems => "callback_items",
        }
    }

    /// The collection of that name.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|collection| collection.name() == name)
    }

    /// All names, in order.
    pub(crate) fn names() -> [&'static str; 6] {
        Self::ALL.map(Self::name)
    }

    /// One row in words, for messages.
    pub(super) fn row_name(self) -> &'static str {
        match self {
            Self::Users => "User",
            Self::Queues => "Queue",
            Self::Calls => "Call",
            Self::ServiceCalls => "Service call",
            Self::CallbackLists => "Callback list",
            Self::CallbackItems => "Callback item",
        }
    }

    /// The fields that hold instants.
    pub(super) fn instants(self) -> &'static [&'static str] {
        match self {
            Self::Users | Self::Queues => &[],
            Self::Calls | Self::ServiceCalls => {
                &["StartTime", "TimeStamp", "AnswerTime", "EndTime", "Modified"]
            }
            Self::CallbackLists => &["Modified"],
            Self::CallbackItems => {
                &["Created", "Modified", "DueTime", "ExpirationTime", "ClosedTime"]
            }
        }
    }

    /// The fields that a client can do without: they repeat others, or carry what the product does
    /// not use. Leaving them out or null changes no decision about a call.
    pub(super) fn optional(self) -> &'static [&'static str] {
        match self {
            Self::Users => &["FirstName", "LastName", "Deleted"],
            Self::Queues => &["Status"],
            Self::Calls => &[
                "CallLegId",
                "TimeStamp",
                "CallTypeString",
                "UserName",
                "RecordingIds",
                "TranscriptIds",
            ],
            Self::ServiceCalls => &[
                "TimeStamp",
                "Direction",
                "AnswerQueueName",
                "WaitTime",
                "UserName",
                "RecordingIds",
                "TranscriptIds",
            ],
            Self::CallbackLists => &["ListType", "RequestTypes", "OpenItemCount", "QueueId"],
            Self::CallbackItems => &[
                "CallbackListName",
                "RequestTypeId",
                "Name",
                "Source",
                "QueueId",
                "QueueName",
                "Result",
                "ExpirationTime",
                "AssignedUserName",
                "RequestCount",
                "Attempts",
                "LinkedItemIds",
                "RecordingIds",
                "Note",
            ],
        }
    }
}
