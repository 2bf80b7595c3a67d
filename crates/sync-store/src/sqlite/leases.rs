//! Leases.

use chrono::{DateTime, Utc};
use sqlx::SqliteConnection;
use voice_model::TenantName;

use crate::sqlite::column::instant;
use crate::sqlite::fault::Outcome;
use crate::sqlite::tenants;
use crate::{JobName, LeaseAnswer};

/// For how long a lease is asked.
#[derive(Clone, Copy)]
pub(super) struct Term {
    pub(super) now: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
}

pub(super) async fn acquire(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    job: &JobName,
    holder: &str,
    term: Term,
) -> Outcome<LeaseAnswer> {
    let tenant = tenants::key(connection, tenant).await?;
    let taken = sqlx::query(
        "INSERT INTO leases (tenant, job, holder, until) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (tenant, job) DO UPDATE SET holder = excluded.holder, until = excluded.until
         WHERE holder = excluded.holder OR until <= ?5",
    )
    .bind(tenant)
    .bind(job.as_str())
    .bind(holder)
    .bind(term.until.timestamp_micros())
    .bind(term.now.timestamp_micros())
    .execute(&mut *connection)
    .await?;
    if taken.rows_affected() > 0 {
        return Ok(LeaseAnswer::Granted);
    }
    let (holder, until): (String, i64) =
        sqlx::query_as("SELECT holder, until FROM leases WHERE tenant = ?1 AND job = ?2")
            .bind(tenant)
            .bind(job.as_str())
            .fetch_one(connection)
            .await?;
    Ok(LeaseAnswer::Refused { holder, until: instant(until)? })
}

pub(super) async fn renew(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    job: &JobName,
    holder: &str,
    until: DateTime<Utc>,
) -> Outcome<bool> {
    let renewed = sqlx::query(
        "UPDATE leases SET until = ?4
         WHERE tenant = (SELECT id FROM tenants WHERE name = ?1) AND job = ?2 AND holder = ?3",
    )
    .bind(tenant.as_str())
    .bind(job.as_str())
    .bind(holder)
    .bind(until.timestamp_micros())
    .execute(connection)
    .await?;
    Ok(renewed.rows_affected() > 0)
}

pub(super) async fn release(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    job: &JobName,
    holder: &str,
) -> Outcome<()> {
    sqlx::query(
        "DELETE FROM leases
         WHERE tenant = (SELECT id FROM tenants WHERE name = ?1) AND job = ?2 AND holder = ?3",
    )
    .bind(tenant.as_str())
    .bind(job.as_str())
    .bind(holder)
    .execute(connection)
    .await?;
    Ok(())
}
