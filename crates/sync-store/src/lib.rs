#![doc = include_str!("../README.md")]

mod call;
mod callback;
mod decision;
mod directory;
mod error;
mod fold;
mod history;
mod inbox;
mod instant;
mod job;
mod lease;
mod memory;
mod number;
mod opaque;
mod retention;
mod schedule;
mod sqlite;
mod store;
mod tombstone;

pub use call::CallState;
pub use callback::{CallbackOutcome, CallbackRecord, Close, Dealt};
pub use decision::{CallDecision, CallDetails, Outcome};
pub use directory::{DirectoryChanges, DirectoryLoad, DirectoryPage, DirectoryRow, directory_rows};
pub use error::{Error, Result};
pub use history::PastDecision;
pub use inbox::{
    DoneEvent, EventKey, EventSource, EventState, InboxDepth, InboxEvent, NewEvent, PutOff,
};
pub use job::JobName;
pub use lease::LeaseAnswer;
pub use memory::InMemoryStore;
pub use number::CustomerNumber;
pub use opaque::Opaque;
pub use retention::{Erased, Purged, TOMBSTONE_LIFETIME};
pub use schedule::ScheduledRun;
pub use sqlite::{SqliteOptions, SqliteStore};
#[cfg(any(test, feature = "mock"))]
pub use store::MockStore;
pub use store::Store;
