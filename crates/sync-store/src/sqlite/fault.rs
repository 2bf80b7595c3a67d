//! From what SQLite says to what a caller can act on.

use voice_model::ErrorClass;

use crate::Error;

/// What went wrong, before it is known in which operation.
#[derive(Debug)]
pub(super) enum Fault {
    Sql(sqlx::Error),
    /// A value that this program cannot have written.
    Unreadable {
        what: &'static str,
        problem: String,
    },
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

pub(super) type Outcome<T> = Result<T, Fault>;

/// Primary result codes: <https://www.sqlite.org/rescode.html>.
mod code {
    pub(super) const PERMISSION: i32 = 3;
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const READ_ONLY: i32 = 8;
    pub(super) const IO: i32 = 10;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const CANNOT_OPEN: i32 = 14;
    pub(super) const NOT_A_DATABASE: i32 = 26;
}

/// Names the operation and the place.
pub(super) fn error(location: &str, operation: &'static str, fault: Fault) -> Error {
    let location = location.to_owned();
    let source = match fault {
        Fault::Unreadable { what, problem } => return Error::Unreadable { what, problem },
        Fault::Sql(source) => source,
    };
    match result_code(&source) {
        Some(code::FULL) => Error::Full { location, operation, source: source.into() },
        Some(code::BUSY | code::LOCKED) => {
            Error::Busy { location, operation, source: source.into() }
        }
        None if matches!(source, sqlx::Error::PoolTimedOut) => {
            Error::Busy { location, operation, source: source.into() }
        }
        Some(code::CANNOT_OPEN | code::PERMISSION | code::READ_ONLY) => {
            Error::Open { location, source: source.into() }
        }
        Some(code::NOT_A_DATABASE) => {
            Error::Foreign { location, problem: "it is not a SQLite database" }
        }
        primary => {
            let class = match primary {
                Some(code::IO) => ErrorClass::Transient,
                Some(code::CORRUPT) => ErrorClass::Rejected,
                _ => ErrorClass::Bug,
            };
            Error::Database { location, operation, class, source: source.into() }
        }
    }
}

/// SQLite's result code without its extension.
fn result_code(error: &sqlx::Error) -> Option<i32> {
    let code = error.as_database_error()?.code()?;
    code.parse::<i32>().ok().map(|code| code & 0xff)
}
