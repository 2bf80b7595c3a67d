//! Scheduled runs.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::SqliteConnection;
use voice_model::TenantName;

use crate::sqlite::column::{date as read_date, day, instant, optional_instant};
use crate::sqlite::fault::Outcome;
use crate::sqlite::tenants;
use crate::{JobName, ScheduledRun};

type Columns = (i64, i64, Option<i64>);

fn run((date, at, done_at): Columns) -> Outcome<ScheduledRun> {
    Ok(ScheduledRun {
        date: read_date(date)?,
        at: instant(at)?,
        done_at: optional_instant(done_at)?,
    })
}

pub(super) async fn schedule(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    job: &JobName,
    date: NaiveDate,
    at: DateTime<Utc>,
) -> Outcome<ScheduledRun> {
    let tenant = tenants::key(connection, tenant).await?;
    let kept: Columns = sqlx::query_as(
        "INSERT INTO runs (tenant, job, date, at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (tenant, job, date) DO UPDATE SET at = at
         RETURNING date, at, done_at",
    )
    .bind(tenant)
    .bind(job.as_str())
    .bind(day(date))
    .bind(at.timestamp_micros())
    .fetch_one(connection)
    .await?;
    run(kept)
}

pub(super) async fn finish(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    job: &JobName,
    date: NaiveDate,
    done_at: DateTime<Utc>,
) -> Outcome<()> {
    let tenant = tenants::key(connection, tenant).await?;
    sqlx::query(
        "INSERT INTO runs (tenant, job, date, at, done_at) VALUES (?1, ?2, ?3, ?4, ?4)
         ON CONFLICT (tenant, job, date)
         DO UPDATE SET done_at = max(coalesce(done_at, excluded.done_at), excluded.done_at)",
    )
    .bind(tenant)
    .bind(job.as_str())
    .bind(day(date))
    .bind(done_at.timestamp_micros())
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn since(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    job: &JobName,
    date: NaiveDate,
) -> Outcome<Vec<ScheduledRun>> {
    let runs: Vec<Columns> = sqlx::query_as(
        "SELECT date, at, done_at FROM runs
         WHERE tenant = (SELECT id FROM tenants WHERE name = ?1) AND job = ?2 AND date >= ?3
         ORDER BY date",
    )
    .bind(tenant.as_str())
    .bind(job.as_str())
    .bind(day(date))
    .fetch_all(connection)
    .await?;
    runs.into_iter().map(run).collect()
}
