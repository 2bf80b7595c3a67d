//! Up to where jobs have got.

use chrono::{DateTime, Utc};
use sqlx::SqliteConnection;
use voice_model::TenantName;

use crate::JobName;
use crate::sqlite::column::{instant, optional_instant};
use crate::sqlite::fault::Outcome;
use crate::sqlite::tenants;

pub(super) async fn read(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    job: &JobName,
) -> Outcome<Option<DateTime<Utc>>> {
    let at: Option<(i64,)> = sqlx::query_as(
        "SELECT at FROM cursors
         WHERE tenant = (SELECT id FROM tenants WHERE name = ?1) AND job = ?2",
    )
    .bind(tenant.as_str())
    .bind(job.as_str())
    .fetch_optional(connection)
    .await?;
    optional_instant(at.map(|(at,)| at))
}

pub(super) async fn advance(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    job: &JobName,
    to: DateTime<Utc>,
) -> Outcome<DateTime<Utc>> {
    let tenant = tenants::key(connection, tenant).await?;
    let (at,): (i64,) = sqlx::query_as(
        "INSERT INTO cursors (tenant, job, at) VALUES (?1, ?2, ?3)
         ON CONFLICT (tenant, job) DO UPDATE SET at = max(at, excluded.at)
         RETURNING at",
    )
    .bind(tenant)
    .bind(job.as_str())
    .bind(to.timestamp_micros())
    .fetch_one(connection)
    .await?;
    instant(at)
}

pub(super) async fn reset(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    job: &JobName,
    to: Option<DateTime<Utc>>,
) -> Outcome<()> {
    let query = match to {
        Some(to) => {
            let tenant = tenants::key(connection, tenant).await?;
            sqlx::query("INSERT OR REPLACE INTO cursors (tenant, job, at) VALUES (?1, ?2, ?3)")
                .bind(tenant)
                .bind(job.as_str())
                .bind(to.timestamp_micros())
        }
        None => sqlx::query(
            "DELETE FROM cursors
             WHERE tenant = (SELECT id FROM tenants WHERE name = ?1) AND job = ?2",
        )
        .bind(tenant.as_str())
        .bind(job.as_str()),
    };
    query.execute(connection).await?;
    Ok(())
}
