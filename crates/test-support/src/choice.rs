//! Values of the choice columns of our own solution (design, section 6): written here once more, so
//! that a change of them shows.

/// The first value of every choice; the others follow in the order of the design.
const FIRST: i32 = 451_000_000;

/// Who owns the phone calls of a callback profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnershipRule {
    /// The application user.
    ApiUser,
    /// The owner of the queue.
    OwnerOfQueue,
}

/// What becomes of further requests of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuplicateRule {
    /// They are bundled.
    Bundle,
    /// They are ignored.
    Ignore,
}

/// How requests come to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncMethod {
    /// We ask.
    Polling,
    /// We are told.
    Webhook,
    /// We are told, and ask as well.
    WebhookBackedWithPolling,
}

/// The unit of a profile's age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgeUnit {
    /// Days.
    Days,
    /// Hours.
    Hours,
    /// Minutes.
    Minutes,
}

/// The value of the choice at this place of the list, counted from 0.
pub(crate) fn value(place: i32) -> i32 {
    FIRST + place
}
