//! The schema and its versions, forward only.
//!
//! sqlx has a migrator of its own; on SQLite it takes no lock, so that two processes that start
//! together would get into each other's way. Here the version is read and raised inside one
//! transaction that holds the write lock.

use sqlx::{SqliteConnection, SqlitePool};

use crate::sqlite::fault::{self, Fault};
use crate::{Error, Result};

/// The steps from each version to the next; the first creates version 1.
const STEPS: [&str; 2] =
    [include_str!("schema/0001_initial.sql"), include_str!("schema/0002_inbox.sql")];

/// The version that this program reads and writes.
const KNOWN: i64 = STEPS.len() as i64;

/// Marks our files: "VD36" as a number, in SQLite's `application_id`.
const APPLICATION: i64 = 0x5644_3336;

const OPERATION: &str = "bring its schema up to date";

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Empty: to be filled.
    Blank,
    /// Ours, of a version that is known.
    Ours(usize),
}

/// Reads what a file is.
pub(super) async fn state(connection: &mut SqliteConnection, location: &str) -> Result<State> {
    let (application, version, tables) = marks(connection)
        .await
        .map_err(|error| fault::error(location, "see what it is", error.into()))?;
    let location = || location.to_owned();
    match (application, version) {
        (0, 0) if tables == 0 => Ok(State::Blank),
        (APPLICATION, found) if found > KNOWN => {
            Err(Error::NewerSchema { location: location(), found, known: KNOWN })
        }
        (APPLICATION, found) if found > 0 => Ok(State::Ours(usize::try_from(found).unwrap_or(0))),
        _ => Err(Error::Foreign {
            location: location(),
            problem: "it is a SQLite database of another program",
        }),
    }
}

async fn marks(connection: &mut SqliteConnection) -> sqlx::Result<(i64, i64, i64)> {
    sqlx::query_as(
        "SELECT (SELECT application_id FROM pragma_application_id),
                (SELECT user_version FROM pragma_user_version),
                (SELECT count(*) FROM sqlite_schema)",
    )
    .fetch_one(connection)
    .await
}

/// Brings a file to the known version. Nothing is written if it is there.
pub(super) async fn migrate(writer: &SqlitePool, location: &str) -> Result<()> {
    let failed = |fault: Fault| fault::error(location, OPERATION, fault);
    let mut transaction =
        writer.begin_with("BEGIN IMMEDIATE").await.map_err(|error| failed(error.into()))?;
    let done = match state(&mut transaction, location).await? {
        State::Blank => 0,
        State::Ours(version) => version,
    };
    for (step, sql) in STEPS.iter().enumerate().skip(done) {
        apply(&mut transaction, step, sql).await.map_err(|error| failed(error.into()))?;
    }
    transaction.commit().await.map_err(|error| failed(error.into()))
}

async fn apply(
    connection: &mut SqliteConnection,
    step: usize,
    sql: &'static str,
) -> sqlx::Result<()> {
    sqlx::raw_sql(sql).execute(&mut *connection).await?;
    // A pragma takes no parameters.
    let marks =
        format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {}", step + 1);
    sqlx::raw_sql(sqlx::AssertSqlSafe(marks)).execute(connection).await?;
    Ok(())
}
