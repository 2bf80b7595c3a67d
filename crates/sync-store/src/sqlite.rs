//! The store in a SQLite file.
//!
//! * One connection writes and some read; writing transactions take the write lock at once
//!   (`BEGIN IMMEDIATE`), so that none fails half way because another process wrote meanwhile.
//! * Write-ahead log with `synchronous = FULL`: what was committed survives a loss of power. Less
//!   would be faster and could lose the last commits, and with them the tombstone of a call that
//!   Dynamics has already logged. A pass commits a handful of times; the price is small.
//! * Deleted contents are overwritten with zeros (`secure_delete`): what is erased is gone.
//! * Several processes may use one file, on one machine: not on a network drive.

mod callbacks;
mod calls;
mod column;
mod cursors;
mod directory;
mod fault;
mod history;
mod inbox;
mod leases;
mod logged;
mod migrate;
mod open;
mod record;
mod retention;
mod runs;
mod session;
mod store;
mod tenants;

use std::path::Path;

use sqlx::SqlitePool;

pub use crate::sqlite::open::SqliteOptions;

use crate::Result;

/// The store in a SQLite file. Clones share their connections.
#[derive(Clone)]
pub struct SqliteStore {
    /// As errors name it: the path of the file.
    location: String,
    writer: SqlitePool,
    readers: SqlitePool,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("location", &self.location).finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens a file, which is created if it does not exist, with the usual options.
    ///
    /// # Errors
    /// As [`SqliteOptions::open`].
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        SqliteOptions::default().open(path).await
    }

    /// A database of its own in memory: for tests. It ends with the last clone.
    ///
    /// # Errors
    /// As [`SqliteOptions::open`].
    pub async fn in_memory() -> Result<Self> {
        SqliteOptions::default().open_in_memory().await
    }

    /// Closes the connections, after work in progress. The file is then whole without its log.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}
