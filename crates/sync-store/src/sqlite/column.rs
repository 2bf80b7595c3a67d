//! How values look in columns, and back.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;
use voice_model::{ActivityId, CallId};

use crate::Outcome;
use crate::sqlite::fault::{self, Fault};

pub(super) fn instant(micros: i64) -> fault::Outcome<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| unreadable("a time", micros))
}

pub(super) fn optional_instant(micros: Option<i64>) -> fault::Outcome<Option<DateTime<Utc>>> {
    micros.map(instant).transpose()
}

pub(super) fn day(date: NaiveDate) -> i64 {
    use chrono::Datelike;
    i64::from(date.num_days_from_ce())
}

pub(super) fn date(day: i64) -> fault::Outcome<NaiveDate> {
    let days = i32::try_from(day).ok();
    days.and_then(NaiveDate::from_num_days_from_ce_opt).ok_or_else(|| unreadable("a date", day))
}

pub(super) fn call_id(text: &str) -> fault::Outcome<CallId> {
    CallId::new(text).map_err(|error| unreadable("the id of a call", error))
}

pub(super) fn key(bytes: &[u8]) -> fault::Outcome<Uuid> {
    Uuid::from_slice(bytes).map_err(|error| unreadable("a key", error))
}

pub(super) fn fingerprint(bytes: &[u8]) -> fault::Outcome<[u8; 32]> {
    bytes.try_into().map_err(|error| unreadable("a fingerprint", error))
}

pub(super) fn attempts(count: i64) -> fault::Outcome<u32> {
    u32::try_from(count).map_err(|_| unreadable("a number of attempts", count))
}

pub(super) fn activity(bytes: Option<&[u8]>) -> fault::Outcome<Option<ActivityId>> {
    Ok(bytes.map(key).transpose()?.map(ActivityId))
}

/// The columns of an outcome beside its activity.
pub(super) struct Attempts {
    pub(super) count: Option<i64>,
    pub(super) next_at: Option<i64>,
}

impl From<Outcome> for Attempts {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Failed { attempts, next_attempt } => Self {
                count: Some(i64::from(attempts)),
                next_at: next_attempt.map(|at| at.timestamp_micros()),
            },
            _ => Self { count: None, next_at: None },
        }
    }
}

/// Reads the columns `outcome`, `attempts` and `next_attempt_at` with an activity read before.
pub(super) fn outcome(row: &SqliteRow, activity: Option<ActivityId>) -> fault::Outcome<Outcome> {
    let name: &str = row.try_get("outcome")?;
    let activity = || activity.ok_or_else(|| unreadable("a logged call", "it has no activity"));
    Ok(match name {
        "Logged" => Outcome::Logged { activity: activity()? },
        "AlreadyLogged" => Outcome::AlreadyLogged { activity: activity()? },
        "Skipped" => Outcome::Skipped,
        "Deferred" => Outcome::Deferred,
        "Failed" => Outcome::Failed {
            attempts: attempts(row.try_get("attempts")?)?,
            next_attempt: optional_instant(row.try_get("next_attempt_at")?)?,
        },
        other => return Err(unreadable("an outcome", other)),
    })
}

/// A JSON array of texts, for `json_each`: a list of any length in one parameter.
pub(super) fn json_list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    serde_json::Value::from_iter(texts).to_string()
}

/// What to say of a value that this program cannot have written.
pub(super) fn unreadable(what: &'static str, problem: impl std::fmt::Display) -> Fault {
    Fault::Unreadable { what, problem: problem.to_string() }
}

/// The same for numbers.
pub(super) fn json_numbers(numbers: &[i64]) -> String {
    serde_json::Value::from_iter(numbers.iter().copied()).to_string()
}

/// Bytes as SQLite's `unhex` reads them.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
