//! One use of the database: a reading connection, or a writing transaction.

use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqliteConnection, Transaction};

use crate::Result;
use crate::sqlite::SqliteStore;
use crate::sqlite::fault::{self, Fault};

/// A connection to read with.
pub(super) struct Reading<'a> {
    location: &'a str,
    operation: &'static str,
    connection: PoolConnection<Sqlite>,
}

/// A transaction that holds the write lock. Dropped without [`Writing::finish`], it is rolled back.
pub(super) struct Writing<'a> {
    location: &'a str,
    operation: &'static str,
    transaction: Transaction<'static, Sqlite>,
}

impl SqliteStore {
    /// Begins to read. `operation` completes the sentence "could not …".
    pub(super) async fn reading(&self, operation: &'static str) -> Result<Reading<'_>> {
        let location = &self.location;
        let connection = self.readers.acquire().await;
        let connection =
            connection.map_err(|error| fault::error(location, operation, error.into()))?;
        Ok(Reading { location, operation, connection })
    }

    /// Begins to write. `operation` completes the sentence "could not …".
    pub(super) async fn writing(&self, operation: &'static str) -> Result<Writing<'_>> {
        let location = &self.location;
        let transaction = self.writer.begin_with("BEGIN IMMEDIATE").await;
        let transaction =
            transaction.map_err(|error| fault::error(location, operation, error.into()))?;
        Ok(Writing { location, operation, transaction })
    }

    /// Moves the write-ahead log into the file and empties it, so that what was deleted is not left
    /// in the log. As far as possible: readers of other processes may hold on to it, and then a later
    /// checkpoint does it.
    pub(super) async fn shorten_log(&self) {
        let shortened =
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_all(&self.writer).await;
        // The deletion itself is committed: this must not make it look like a failure.
        drop(shortened);
    }
}

impl Reading<'_> {
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// Names the operation in what went wrong.
    pub(super) fn answer<T>(self, answer: Result<T, Fault>) -> Result<T> {
        answer.map_err(|fault| fault::error(self.location, self.operation, fault))
    }
}

impl Writing<'_> {
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }

    /// Commits if all went well, else rolls back.
    pub(super) async fn finish<T>(self, done: Result<T, Fault>) -> Result<T> {
        let Self { location, operation, transaction } = self;
        let value = match done {
            Ok(value) => transaction.commit().await.map(|()| value).map_err(Fault::from),
            Err(fault) => {
                // SQLite rolls back by itself after some errors, and then this is refused. A
                // connection that does not come out of its transaction is closed by the pool.
                drop(transaction.rollback().await);
                Err(fault)
            }
        };
        value.map_err(|fault| fault::error(location, operation, fault))
    }
}
