//! Callback requests that are dealt with.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};
use voice_model::{ActivityId, CallbackItemId, CallbackListId, TenantName};

use crate::sqlite::column::{activity, attempts, instant, json_list, unreadable};
use crate::sqlite::fault::{self, Outcome};
use crate::sqlite::inbox::sql_limit;
use crate::sqlite::tenants;
use crate::{CallbackOutcome, CallbackRecord, Close, Dealt};

/// Callbacks per statement.
const CHUNK_CALLBACKS: usize = 500;

pub(super) async fn record(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    now: DateTime<Utc>,
    callbacks: &[CallbackRecord],
) -> Outcome<()> {
    if callbacks.is_empty() {
        return Ok(());
    }
    let tenant = tenants::key(connection, tenant).await?;
    for callbacks in callbacks.chunks(CHUNK_CALLBACKS) {
        upsert(connection, tenant, now, callbacks).await?;
    }
    Ok(())
}

async fn upsert(
    connection: &mut SqliteConnection,
    tenant: i64,
    now: DateTime<Utc>,
    callbacks: &[CallbackRecord],
) -> Outcome<()> {
    let mut insert: QueryBuilder<Sqlite> = QueryBuilder::new(
        "INSERT INTO callbacks (tenant, item, list, recorded_at, outcome, activity, bundled_into,
             close, close_at, close_attempts) ",
    );
    insert.push_values(callbacks, |mut columns, callback| {
        let outcome = OutcomeColumns::from(callback.dealt.outcome);
        let close = CloseColumns::from(callback.dealt.close);
        columns
            .push_bind(tenant)
            .push_bind(callback.item.as_str())
            .push_bind(callback.list.as_str())
            .push_bind(now.timestamp_micros())
            .push_bind(outcome.name)
            .push_bind(outcome.activity.map(|id| id.0.into_bytes().to_vec()))
            .push_bind(outcome.bundled_into.map(|id| id.0.into_bytes().to_vec()))
            .push_bind(close.name)
            .push_bind(close.at)
            .push_bind(close.attempts);
    });
    insert.push(
        " ON CONFLICT (tenant, item) DO UPDATE SET
             list = excluded.list, recorded_at = excluded.recorded_at,
             outcome = excluded.outcome, activity = excluded.activity,
             bundled_into = excluded.bundled_into, close = excluded.close,
             close_at = excluded.close_at, close_attempts = excluded.close_attempts",
    );
    insert.build().execute(connection).await?;
    Ok(())
}

pub(super) async fn by_item(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    items: &[CallbackItemId],
) -> Outcome<HashMap<CallbackItemId, Dealt>> {
    let rows = sqlx::query(
        "SELECT item, outcome, activity, bundled_into, close, close_at, close_attempts
         FROM callbacks
         WHERE tenant = (SELECT id FROM tenants WHERE name = ?1)
           AND item IN (SELECT value FROM json_each(?2))",
    )
    .bind(tenant.as_str())
    .bind(json_list(items.iter().map(CallbackItemId::as_str)))
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| Ok((item(row)?, dealt(row)?))).collect()
}

pub(super) async fn to_close(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    now: DateTime<Utc>,
    limit: usize,
) -> Outcome<Vec<CallbackRecord>> {
    let rows = sqlx::query(
        "SELECT item, list, outcome, activity, bundled_into, close, close_at, close_attempts
         FROM callbacks INDEXED BY callbacks_to_close
         WHERE tenant = (SELECT id FROM tenants WHERE name = ?1) AND close_at <= ?2
         ORDER BY close_at, item LIMIT ?3",
    )
    .bind(tenant.as_str())
    .bind(now.timestamp_micros())
    .bind(sql_limit(limit))
    .fetch_all(connection)
    .await?;
    let records = rows.iter().map(|row| {
        let list = CallbackListId::new(row.try_get("list")?)
            .map_err(|error| unreadable("the id of a callback list", error))?;
        Ok(CallbackRecord { item: item(row)?, list, dealt: dealt(row)? })
    });
    records.collect()
}

pub(super) async fn record_closes(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    closes: &[(CallbackItemId, Close)],
) -> Outcome<()> {
    for (item, close) in closes {
        let close = CloseColumns::from(*close);
        sqlx::query(
            "UPDATE callbacks SET close = ?3, close_at = ?4, close_attempts = ?5
             WHERE tenant = (SELECT id FROM tenants WHERE name = ?1) AND item = ?2",
        )
        .bind(tenant.as_str())
        .bind(item.as_str())
        .bind(close.name)
        .bind(close.at)
        .bind(close.attempts)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

struct OutcomeColumns {
    name: &'static str,
    activity: Option<ActivityId>,
    bundled_into: Option<ActivityId>,
}

impl From<CallbackOutcome> for OutcomeColumns {
    fn from(outcome: CallbackOutcome) -> Self {
        match outcome {
            CallbackOutcome::Created { activity, bundled_into } => {
                Self { name: "Created", activity: Some(activity), bundled_into }
            }
            CallbackOutcome::Ignored { open } => {
                Self { name: "Ignored", activity: Some(open), bundled_into: None }
            }
            CallbackOutcome::ClosedElsewhere => {
                Self { name: "ClosedElsewhere", activity: None, bundled_into: None }
            }
        }
    }
}

struct CloseColumns {
    name: &'static str,
    at: Option<i64>,
    attempts: Option<i64>,
}

impl From<Close> for CloseColumns {
    fn from(close: Close) -> Self {
        let settled = |name| Self { name, at: None, attempts: None };
        match close {
            Close::NotNeeded => settled("NotNeeded"),
            Close::Due { at, attempts } => Self {
                name: "Due",
                at: Some(at.timestamp_micros()),
                attempts: Some(i64::from(attempts)),
            },
            Close::Done => settled("Done"),
            Close::GivenUp => settled("GivenUp"),
        }
    }
}

fn item(row: &SqliteRow) -> Outcome<CallbackItemId> {
    CallbackItemId::new(row.try_get("item")?)
        .map_err(|error| unreadable("the id of a callback", error))
}

fn dealt(row: &SqliteRow) -> Outcome<Dealt> {
    Ok(Dealt { outcome: outcome(row)?, close: close(row)? })
}

fn outcome(row: &SqliteRow) -> Outcome<CallbackOutcome> {
    let own = || -> fault::Outcome<ActivityId> {
        let activity = activity(row.try_get("activity")?)?;
        activity.ok_or_else(|| unreadable("a callback", "it has no activity"))
    };
    Ok(match row.try_get("outcome")? {
        "Created" => CallbackOutcome::Created {
            activity: own()?,
            bundled_into: activity(row.try_get("bundled_into")?)?,
        },
        "Ignored" => CallbackOutcome::Ignored { open: own()? },
        "ClosedElsewhere" => CallbackOutcome::ClosedElsewhere,
        other => return Err(unreadable("what became of a callback", other)),
    })
}

fn close(row: &SqliteRow) -> Outcome<Close> {
    Ok(match row.try_get("close")? {
        "NotNeeded" => Close::NotNeeded,
        "Due" => Close::Due {
            at: instant(row.try_get("close_at")?)?,
            attempts: attempts(row.try_get("close_attempts")?)?,
        },
        "Done" => Close::Done,
        "GivenUp" => Close::GivenUp,
        other => return Err(unreadable("whether a callback is closed", other)),
    })
}
