#![doc = include_str!("../README.md")]

mod call;
mod decision;
mod directory;
mod error;
mod fold;
mod history;
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
pub use decision::{CallDecision, CallDetails, Outcome};
pub use directory::{DirectoryChanges, DirectoryPage, DirectoryRow, directory_rows};
pub use error::{Error, Result};
pub use history::PastDecision;
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
