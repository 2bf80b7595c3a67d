//! The inbox.
//!
//! Statements that work events off name their index: the planner cannot know that few of millions
//! of events are not done.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};
use voice_model::TenantName;

use crate::sqlite::column::{attempts, instant, json_list, optional_instant, unreadable};
use crate::sqlite::fault::Outcome;
use crate::sqlite::tenants;
use crate::{
    CustomerNumber, DoneEvent, EventKey, EventSource, EventState, InboxDepth, InboxEvent, NewEvent,
    Opaque, PutOff,
};

/// Events per statement.
const CHUNK_EVENTS: usize = 500;

/// The outcome of an event that a person has dropped.
const DROPPED: &str = "Dropped";

/// Who claims events, and for how long.
#[derive(Clone, Copy)]
pub(super) struct Claim<'a> {
    pub(super) holder: &'a str,
    pub(super) now: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
}

pub(super) async fn take_in(
    connection: &mut SqliteConnection,
    now: DateTime<Utc>,
    events: &[NewEvent],
) -> Outcome<usize> {
    let mut keys: HashMap<&TenantName, i64> = HashMap::new();
    for event in events {
        if !keys.contains_key(&event.tenant) {
            keys.insert(&event.tenant, tenants::key(connection, &event.tenant).await?);
        }
    }
    let mut new = 0;
    for events in events.chunks(CHUNK_EVENTS) {
        new += insert(connection, &keys, now, events).await?;
    }
    Ok(count(new))
}

async fn insert(
    connection: &mut SqliteConnection,
    tenants: &HashMap<&TenantName, i64>,
    now: DateTime<Utc>,
    events: &[NewEvent],
) -> Outcome<u64> {
    let mut insert: QueryBuilder<Sqlite> = QueryBuilder::new(
        "INSERT INTO events (tenant, key, received_at, source, due_at, digits, body) ",
    );
    insert.push_values(events, |mut columns, event| {
        columns
            .push_bind(tenants.get(&event.tenant))
            .push_bind(event.key.as_str())
            .push_bind(now.timestamp_micros())
            .push_bind(event.source.name())
            .push_bind(event.due_at.timestamp_micros())
            .push_bind(event.number.as_ref().and_then(CustomerNumber::digits))
            .push_bind(event.body.as_bytes());
    });
    insert.push(" ON CONFLICT (tenant, key) DO NOTHING");
    Ok(insert.build().execute(connection).await?.rows_affected())
}

pub(super) async fn known(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    keys: &[EventKey],
) -> Outcome<HashSet<EventKey>> {
    let known: Vec<(String,)> = sqlx::query_as(
        "SELECT key FROM events
         WHERE tenant = (SELECT id FROM tenants WHERE name = ?1)
           AND key IN (SELECT value FROM json_each(?2))",
    )
    .bind(tenant.as_str())
    .bind(json_list(keys.iter().map(EventKey::as_str)))
    .fetch_all(connection)
    .await?;
    Ok(known.into_iter().map(|(key,)| EventKey::new(key)).collect())
}

/// The tenants with events or callbacks to work on: one look into each index per tenant.
pub(super) async fn tenants_with_work(
    connection: &mut SqliteConnection,
    now: DateTime<Utc>,
) -> Outcome<Vec<TenantName>> {
    let names: Vec<(String,)> = sqlx::query_as(
        "SELECT name FROM tenants
         WHERE EXISTS (
             SELECT 1 FROM events INDEXED BY events_available
             WHERE events.tenant = tenants.id AND available_at <= ?1
         ) OR EXISTS (
             SELECT 1 FROM callbacks INDEXED BY callbacks_to_close
             WHERE callbacks.tenant = tenants.id AND close_at <= ?1
         )
         ORDER BY name",
    )
    .bind(now.timestamp_micros())
    .fetch_all(connection)
    .await?;
    Ok(names.into_iter().map(|(name,)| TenantName::new(name)).collect())
}

pub(super) async fn claim(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    claim: Claim<'_>,
    limit: usize,
) -> Outcome<Vec<InboxEvent>> {
    let rows = sqlx::query(
        "UPDATE events SET holder = ?2, claimed_until = ?3, attempts = attempts + 1
         WHERE id IN (
             SELECT id FROM events INDEXED BY events_open
             WHERE tenant = (SELECT id FROM tenants WHERE name = ?1)
               AND done_at IS NULL AND available_at <= ?4
             ORDER BY id LIMIT ?5
         )
         RETURNING id, key, received_at, source, due_at, holder, claimed_until, attempts, problem,
                   body",
    )
    .bind(tenant.as_str())
    .bind(claim.holder)
    .bind(claim.until.timestamp_micros())
    .bind(claim.now.timestamp_micros())
    .bind(sql_limit(limit))
    .fetch_all(connection)
    .await?;
    let claimed = rows.iter().map(|row| Ok((row.try_get::<i64, _>("id")?, event(row)?)));
    let mut claimed: Vec<_> = claimed.collect::<Outcome<_>>()?;
    // SQLite does not say in which order it answers.
    claimed.sort_by_key(|(id, _)| *id);
    Ok(claimed.into_iter().map(|(_, event)| event).collect())
}

pub(super) async fn renew(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    holder: &str,
    until: DateTime<Utc>,
) -> Outcome<u64> {
    let renewed = sqlx::query(
        "UPDATE events INDEXED BY events_claimed SET claimed_until = ?3
         WHERE tenant = (SELECT id FROM tenants WHERE name = ?1) AND holder = ?2",
    )
    .bind(tenant.as_str())
    .bind(holder)
    .bind(until.timestamp_micros())
    .execute(connection)
    .await?;
    Ok(renewed.rows_affected())
}

pub(super) async fn release(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    holder: &str,
) -> Outcome<u64> {
    let released = sqlx::query(
        "UPDATE events INDEXED BY events_claimed SET holder = NULL, claimed_until = NULL
         WHERE tenant = (SELECT id FROM tenants WHERE name = ?1) AND holder = ?2",
    )
    .bind(tenant.as_str())
    .bind(holder)
    .execute(connection)
    .await?;
    Ok(released.rows_affected())
}

pub(super) async fn holders(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
) -> Outcome<Vec<String>> {
    let holders: Vec<(String,)> = sqlx::query_as(
        "SELECT DISTINCT holder FROM events INDEXED BY events_claimed
         WHERE tenant = (SELECT id FROM tenants WHERE name = ?1) AND holder IS NOT NULL
         ORDER BY holder",
    )
    .bind(tenant.as_str())
    .fetch_all(connection)
    .await?;
    Ok(holders.into_iter().map(|(holder,)| holder).collect())
}

pub(super) async fn put_off(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    holder: &str,
    events: &[PutOff],
) -> Outcome<()> {
    for event in events {
        sqlx::query(
            "UPDATE events SET due_at = ?4, attempts = ?5, problem = coalesce(?6, problem),
                               holder = NULL, claimed_until = NULL
             WHERE tenant = (SELECT id FROM tenants WHERE name = ?1) AND key = ?2 AND holder = ?3",
        )
        .bind(tenant.as_str())
        .bind(event.key.as_str())
        .bind(holder)
        .bind(event.due_at.map(|at| at.timestamp_micros()))
        .bind(i64::from(event.attempts))
        .bind(event.problem.as_deref())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Marks events as done, and keeps nothing of them that is not needed any more.
pub(super) async fn finish(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    now: DateTime<Utc>,
    done: &[DoneEvent],
) -> Outcome<u64> {
    let mut finished = 0;
    for DoneEvent { key, outcome } in done {
        let answer = sqlx::query(
            "UPDATE events SET done_at = ?3, outcome = ?4, attempts = 0, source = NULL,
                               due_at = NULL, holder = NULL, claimed_until = NULL,
                               problem = NULL, digits = NULL, body = NULL
             WHERE tenant = (SELECT id FROM tenants WHERE name = ?1) AND key = ?2
               AND done_at IS NULL",
        )
        .bind(tenant.as_str())
        .bind(key.as_str())
        .bind(now.timestamp_micros())
        .bind(*outcome)
        .execute(&mut *connection)
        .await?;
        finished += answer.rows_affected();
    }
    Ok(finished)
}

pub(super) async fn drop_event(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    key: &EventKey,
    now: DateTime<Utc>,
) -> Outcome<bool> {
    let dropped = DoneEvent { key: key.clone(), outcome: DROPPED };
    Ok(finish(connection, tenant, now, &[dropped]).await? > 0)
}

pub(super) async fn list(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    limit: usize,
) -> Outcome<Vec<InboxEvent>> {
    let rows = sqlx::query(
        "SELECT key, received_at, source, due_at, holder, claimed_until, attempts, problem, body
         FROM events INDEXED BY events_open
         WHERE tenant = (SELECT id FROM tenants WHERE name = ?1) AND done_at IS NULL
         ORDER BY id LIMIT ?2",
    )
    .bind(tenant.as_str())
    .bind(sql_limit(limit))
    .fetch_all(connection)
    .await?;
    rows.iter().map(event).collect()
}

pub(super) async fn depth(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
) -> Outcome<InboxDepth> {
    let (open, all, oldest): (i64, i64, Option<i64>) = sqlx::query_as(
        "WITH open AS NOT MATERIALIZED (
             SELECT id, available_at FROM events INDEXED BY events_open
             WHERE tenant = (SELECT id FROM tenants WHERE name = ?1) AND done_at IS NULL
         )
         SELECT (SELECT count(available_at) FROM open), (SELECT count(*) FROM open),
                (SELECT received_at FROM events WHERE id = (
                     SELECT id FROM open WHERE available_at IS NOT NULL ORDER BY id LIMIT 1
                 ))",
    )
    .bind(tenant.as_str())
    .fetch_one(connection)
    .await?;
    Ok(InboxDepth {
        open: open.unsigned_abs(),
        dead_letters: (all - open).unsigned_abs(),
        oldest_received_at: optional_instant(oldest)?,
    })
}

/// Has dead letters worked on again: one event, or all.
pub(super) async fn replay(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    key: Option<&EventKey>,
    now: DateTime<Utc>,
) -> Outcome<usize> {
    let replayed = sqlx::query(
        "UPDATE events INDEXED BY events_open SET due_at = ?2, attempts = 0
         WHERE tenant = (SELECT id FROM tenants WHERE name = ?1)
           AND done_at IS NULL AND available_at IS NULL AND (?3 IS NULL OR key = ?3)",
    )
    .bind(tenant.as_str())
    .bind(now.timestamp_micros())
    .bind(key.map(EventKey::as_str))
    .execute(connection)
    .await?;
    Ok(count(replayed.rows_affected()))
}

fn event(row: &SqliteRow) -> Outcome<InboxEvent> {
    Ok(InboxEvent {
        key: EventKey::new(row.try_get::<String, _>("key")?),
        source: source(row.try_get("source")?)?,
        received_at: instant(row.try_get("received_at")?)?,
        attempts: attempts(row.try_get("attempts")?)?,
        problem: row.try_get("problem")?,
        state: state(row)?,
        body: Opaque::new(row.try_get::<Vec<u8>, _>("body")?),
    })
}

fn state(row: &SqliteRow) -> Outcome<EventState> {
    let holder: Option<String> = row.try_get("holder")?;
    if let Some(holder) = holder {
        return Ok(EventState::Claimed { holder, until: instant(row.try_get("claimed_until")?)? });
    }
    let due_at = optional_instant(row.try_get("due_at")?)?;
    Ok(due_at.map_or(EventState::DeadLetter, |due_at| EventState::Waiting { due_at }))
}

fn source(name: &str) -> Outcome<EventSource> {
    let all = [EventSource::Webhook, EventSource::Polling];
    let found = all.into_iter().find(|source| source.name() == name);
    found.ok_or_else(|| unreadable("the source of an event", name))
}

fn count(rows: u64) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}

/// A limit as SQLite takes it.
pub(super) fn sql_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
