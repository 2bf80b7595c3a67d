//! Reading the states of calls, and trying dead letters again.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use voice_model::{CallId, TenantName};

use crate::sqlite::column::{activity, call_id, instant, json_list, optional_instant, outcome};
use crate::sqlite::fault::Outcome;
use crate::{CallState, CustomerNumber, Opaque};

/// A query for states: `?1` is the tenant's name.
macro_rules! states {
    ($rest:literal) => {
        sqlx::query(concat!(
            "SELECT call_id, modified, outcome, reason, logged_as, attempts, next_attempt_at,
                    first_seen_at, decided_at, seen_at, number, legs
             FROM calls WHERE tenant = (SELECT id FROM tenants WHERE name = ?1) AND ",
            $rest
        ))
    };
}

pub(super) async fn by_id(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    calls: &[CallId],
) -> Outcome<HashMap<CallId, CallState>> {
    let rows = states!("call_id IN (SELECT value FROM json_each(?2))")
        .bind(tenant.as_str())
        .bind(json_list(calls.iter().map(CallId::as_str)))
        .fetch_all(connection)
        .await?;
    let states = rows.iter().map(|row| state(row).map(|state| (state.call.clone(), state)));
    states.collect()
}

pub(super) async fn deferred_since(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    since: DateTime<Utc>,
) -> Outcome<Vec<CallState>> {
    let query =
        states!("outcome = 'Deferred' AND first_seen_at >= ?2 ORDER BY first_seen_at, call_id");
    let query = query.bind(tenant.as_str()).bind(since.timestamp_micros());
    query.fetch_all(connection).await?.iter().map(state).collect()
}

pub(super) async fn failed_due(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    now: DateTime<Utc>,
) -> Outcome<Vec<CallState>> {
    let query =
        states!("outcome = 'Failed' AND next_attempt_at <= ?2 ORDER BY next_attempt_at, call_id");
    let query = query.bind(tenant.as_str()).bind(now.timestamp_micros());
    query.fetch_all(connection).await?.iter().map(state).collect()
}

pub(super) async fn dead_letters(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
) -> Outcome<Vec<CallState>> {
    let query =
        states!("outcome = 'Failed' AND next_attempt_at IS NULL ORDER BY first_seen_at, call_id");
    query.bind(tenant.as_str()).fetch_all(connection).await?.iter().map(state).collect()
}

/// Has dead letters tried again: one call, or all.
pub(super) async fn retry(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    call: Option<&CallId>,
    now: DateTime<Utc>,
) -> Outcome<usize> {
    let retried = sqlx::query(
        "UPDATE calls SET attempts = 0, next_attempt_at = ?2
         WHERE tenant = (SELECT id FROM tenants WHERE name = ?1)
           AND outcome = 'Failed' AND next_attempt_at IS NULL
           AND (?3 IS NULL OR call_id = ?3)",
    )
    .bind(tenant.as_str())
    .bind(now.timestamp_micros())
    .bind(call.map(CallId::as_str))
    .execute(connection)
    .await?;
    Ok(usize::try_from(retried.rows_affected()).unwrap_or(usize::MAX))
}

fn state(row: &SqliteRow) -> Outcome<CallState> {
    let logged_as = activity(row.try_get("logged_as")?)?;
    Ok(CallState {
        call: call_id(row.try_get("call_id")?)?,
        modified: optional_instant(row.try_get("modified")?)?,
        outcome: outcome(row, logged_as)?,
        reason: row.try_get("reason")?,
        logged_as,
        number: row.try_get::<Option<String>, _>("number")?.map(CustomerNumber::new),
        legs: row.try_get::<Option<Vec<u8>>, _>("legs")?.map(Opaque::new),
        first_seen_at: instant(row.try_get("first_seen_at")?)?,
        decided_at: instant(row.try_get("decided_at")?)?,
        seen_at: instant(row.try_get("seen_at")?)?,
    })
}
