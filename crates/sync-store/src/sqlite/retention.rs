//! Deleting by age and by number.

use chrono::{DateTime, Duration, Utc};
use sqlx::SqliteConnection;
use voice_model::TenantName;

use crate::retention::cut;
use crate::sqlite::column::{day, json_numbers};
use crate::sqlite::fault::Outcome;
use crate::{Erased, Purged, TOMBSTONE_LIFETIME};

pub(super) async fn purge(
    connection: &mut SqliteConnection,
    now: DateTime<Utc>,
    keep: Duration,
) -> Outcome<Purged> {
    let oldest = cut(now, keep);
    let decisions = sqlx::query(
        "DELETE FROM decisions WHERE call IN (SELECT id FROM calls WHERE seen_at < ?1)",
    )
    .bind(oldest.timestamp_micros())
    .execute(&mut *connection)
    .await?;
    let calls = sqlx::query("DELETE FROM calls WHERE seen_at < ?1")
        .bind(oldest.timestamp_micros())
        .execute(&mut *connection)
        .await?;
    let oldest_tombstone = cut(now, TOMBSTONE_LIFETIME).timestamp_micros();
    let tombstones = sqlx::query("DELETE FROM tombstones WHERE logged_at < ?1")
        .bind(oldest_tombstone)
        .execute(&mut *connection)
        .await?;
    let runs = sqlx::query("DELETE FROM runs WHERE date < ?1")
        .bind(day(oldest.date_naive()))
        .execute(&mut *connection)
        .await?;
    let events = sqlx::query("DELETE FROM events WHERE done_at < ?1")
        .bind(oldest.timestamp_micros())
        .execute(&mut *connection)
        .await?;
    let callbacks =
        sqlx::query("DELETE FROM callbacks WHERE close_at IS NULL AND recorded_at < ?1")
            .bind(oldest_tombstone)
            .execute(connection)
            .await?;
    Ok(Purged {
        calls: calls.rows_affected(),
        decisions: decisions.rows_affected(),
        tombstones: tombstones.rows_affected(),
        runs: runs.rows_affected(),
        events: events.rows_affected(),
        callbacks: callbacks.rows_affected(),
    })
}

pub(super) async fn erase(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    digits: &str,
) -> Outcome<Erased> {
    // The calls are listed before their decisions, by which they are found, go. The plus keeps
    // SQLite from going through all calls of the tenant.
    let ids: Vec<(i64,)> = sqlx::query_as(
        "SELECT id FROM calls
         WHERE +tenant = (SELECT id FROM tenants WHERE name = ?1)
           AND id IN (SELECT call FROM decisions WHERE digits = ?2)",
    )
    .bind(tenant.as_str())
    .bind(digits)
    .fetch_all(&mut *connection)
    .await?;
    let ids: Vec<i64> = ids.into_iter().map(|(id,)| id).collect();
    let ids = json_numbers(&ids);
    let decisions =
        sqlx::query("DELETE FROM decisions WHERE call IN (SELECT value FROM json_each(?1))")
            .bind(&ids)
            .execute(&mut *connection)
            .await?;
    let calls = sqlx::query("DELETE FROM calls WHERE id IN (SELECT value FROM json_each(?1))")
        .bind(&ids)
        .execute(&mut *connection)
        .await?;
    let events = sqlx::query(
        "DELETE FROM events
         WHERE tenant = (SELECT id FROM tenants WHERE name = ?1) AND digits = ?2",
    )
    .bind(tenant.as_str())
    .bind(digits)
    .execute(connection)
    .await?;
    Ok(Erased {
        calls: calls.rows_affected(),
        decisions: decisions.rows_affected(),
        events: events.rows_affected(),
    })
}
