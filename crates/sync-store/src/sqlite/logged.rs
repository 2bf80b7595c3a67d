//! Tombstones: which calls were ever logged.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::{Row, SqliteConnection};
use voice_model::{CallId, TenantName};

use crate::sqlite::column::{fingerprint, hex, json_list};
use crate::sqlite::fault::Outcome;
use crate::tombstone::tombstone;

pub(super) async fn among(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    calls: &[CallId],
) -> Outcome<HashSet<CallId>> {
    let by_hash: HashMap<[u8; 32], &CallId> =
        calls.iter().map(|call| (tombstone(call), call)).collect();
    let hashes: Vec<String> = by_hash.keys().map(|hash| hex(hash)).collect();
    let rows = sqlx::query(
        "SELECT hash FROM tombstones
         WHERE tenant = (SELECT id FROM tenants WHERE name = ?1)
           AND hash IN (SELECT unhex(value) FROM json_each(?2))",
    )
    .bind(tenant.as_str())
    .bind(json_list(hashes.iter().map(String::as_str)))
    .fetch_all(connection)
    .await?;
    let mut logged = HashSet::new();
    for row in rows {
        let hash = fingerprint(row.try_get("hash")?)?;
        logged.extend(by_hash.get(&hash).map(|call| (*call).clone()));
    }
    Ok(logged)
}

/// Leaves tombstones; older ones stay.
pub(super) async fn bury(
    connection: &mut SqliteConnection,
    tenant: i64,
    calls: &[&CallId],
    logged_at: DateTime<Utc>,
) -> Outcome<()> {
    if calls.is_empty() {
        return Ok(());
    }
    let hashes: Vec<String> = calls.iter().map(|call| hex(&tombstone(call))).collect();
    sqlx::query(
        "INSERT OR IGNORE INTO tombstones (tenant, hash, logged_at)
         SELECT ?1, unhex(value), ?3 FROM json_each(?2)",
    )
    .bind(tenant)
    .bind(json_list(hashes.iter().map(String::as_str)))
    .bind(logged_at.timestamp_micros())
    .execute(connection)
    .await?;
    Ok(())
}
