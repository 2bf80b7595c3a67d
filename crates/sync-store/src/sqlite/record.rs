//! Recording decisions.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};
use voice_model::{CallId, TenantName};

use crate::fold::{Change, Known, fold};
use crate::instant::whole_micros;
use crate::sqlite::column::{
    Attempts, activity, call_id, fingerprint, instant, json_list, json_numbers, optional_instant,
    outcome,
};
use crate::sqlite::fault::{Fault, Outcome};
use crate::sqlite::{logged, tenants};
use crate::{CallDecision, CustomerNumber};

/// Calls per statement: many, since each statement goes to SQLite's thread and back; not all, since
/// their legs and evidence are in memory twice meanwhile.
const CHUNK_CALLS: usize = 100;

/// Records decisions; the number of calls of which something was new.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    now: DateTime<Utc>,
    decisions: &[CallDecision],
) -> Outcome<usize> {
    let tenant = tenants::key(connection, tenant).await?;
    let mut known = known(connection, tenant, decisions).await?;
    let mut pending = Pending { tenant, now: whole_micros(now), writes: Vec::new() };
    let (mut new, mut seen) = (HashSet::new(), Vec::new());
    for decision in decisions {
        let call = &decision.call;
        match fold(known.get(call), decision, now) {
            Change::Nothing => {}
            Change::Seen(at) => {
                seen.push(call.as_str());
                known.entry(call.clone()).and_modify(|known| known.seen_at = at);
            }
            Change::State { known: next, history, forget } => {
                if pending.writes.len() >= CHUNK_CALLS || pending.holds(call) {
                    pending.flush(connection).await?;
                }
                known.insert(call.clone(), next.clone());
                pending.writes.push(Write { decision, next, history, forget });
                new.insert(call);
            }
        }
    }
    pending.flush(connection).await?;
    pending.seen(connection, &seen).await?;
    Ok(new.len())
}

async fn known(
    connection: &mut SqliteConnection,
    tenant: i64,
    decisions: &[CallDecision],
) -> Outcome<HashMap<CallId, Known>> {
    let rows = sqlx::query(
        "SELECT call_id, modified, outcome, reason, logged_as, attempts, next_attempt_at,
                decided_at, seen_at, decision_fingerprint, details_fingerprint
         FROM calls WHERE tenant = ?1 AND call_id IN (SELECT value FROM json_each(?2))",
    )
    .bind(tenant)
    .bind(json_list(decisions.iter().map(|decision| decision.call.as_str())))
    .fetch_all(connection)
    .await?;
    rows.iter().map(known_call).collect()
}

fn known_call(row: &SqliteRow) -> Outcome<(CallId, Known)> {
    let logged_as = activity(row.try_get("logged_as")?)?;
    let details: Option<&[u8]> = row.try_get("details_fingerprint")?;
    let known = Known {
        modified: optional_instant(row.try_get("modified")?)?,
        outcome: outcome(row, logged_as)?,
        reason: row.try_get("reason")?,
        logged_as,
        decided_at: instant(row.try_get("decided_at")?)?,
        seen_at: instant(row.try_get("seen_at")?)?,
        decision: fingerprint(row.try_get("decision_fingerprint")?)?,
        details: details.map(fingerprint).transpose()?,
    };
    Ok((call_id(row.try_get("call_id")?)?, known))
}

/// One decision that changes what is known.
struct Write<'a> {
    decision: &'a CallDecision,
    next: Known,
    history: bool,
    forget: bool,
}

impl Write<'_> {
    fn number(&self) -> Option<&CustomerNumber> {
        self.decision.details.as_ref()?.number.as_ref()
    }
}

/// Changes that are still to be written, of different calls.
struct Pending<'a> {
    tenant: i64,
    now: DateTime<Utc>,
    writes: Vec<Write<'a>>,
}

impl Pending<'_> {
    fn holds(&self, call: &CallId) -> bool {
        self.writes.iter().any(|write| write.decision.call == *call)
    }

    async fn flush(&mut self, connection: &mut SqliteConnection) -> Outcome<()> {
        if self.writes.is_empty() {
            return Ok(());
        }
        let keys = self.states(connection).await?;
        self.forget(connection, &keys).await?;
        self.history(connection, &keys).await?;
        let is_logged = |write: &&Write<'_>| write.next.outcome.activity().is_some();
        let calls: Vec<_> =
            self.writes.iter().filter(is_logged).map(|write| &write.decision.call).collect();
        logged::bury(connection, self.tenant, &calls, self.now).await?;
        self.writes.clear();
        Ok(())
    }

    /// Writes the states; the keys of the calls in the order of the changes.
    async fn states(&self, connection: &mut SqliteConnection) -> Outcome<Vec<i64>> {
        let mut insert: QueryBuilder<Sqlite> = QueryBuilder::new(
            "INSERT INTO calls (tenant, call_id, modified, outcome, reason, logged_as, attempts,
                 next_attempt_at, first_seen_at, decided_at, seen_at, number,
                 decision_fingerprint, details_fingerprint, legs) ",
        );
        insert.push_values(&self.writes, |mut columns, write| {
            let Write { decision, next, .. } = write;
            let attempts = Attempts::from(next.outcome);
            let details = decision.details.as_ref();
            columns
                .push_bind(self.tenant)
                .push_bind(decision.call.as_str().to_owned())
                .push_bind(next.modified.map(|at| at.timestamp_micros()))
                .push_bind(next.outcome.name())
                .push_bind(next.reason.clone())
                .push_bind(next.logged_as.map(|id| id.0.into_bytes().to_vec()))
                .push_bind(attempts.count)
                .push_bind(attempts.next_at)
                .push_bind(self.now.timestamp_micros())
                .push_bind(next.decided_at.timestamp_micros())
                .push_bind(next.seen_at.timestamp_micros())
                .push_bind(write.number().map(|number| number.as_str().to_owned()))
                .push_bind(next.decision.to_vec())
                .push_bind(next.details.map(|fingerprint| fingerprint.to_vec()))
                .push_bind(details.map(|details| details.legs.as_bytes().to_vec()));
        });
        insert.push(
            " ON CONFLICT (tenant, call_id) DO UPDATE SET
                 modified = excluded.modified, outcome = excluded.outcome,
                 reason = excluded.reason, logged_as = excluded.logged_as,
                 attempts = excluded.attempts, next_attempt_at = excluded.next_attempt_at,
                 decided_at = excluded.decided_at, seen_at = excluded.seen_at,
                 number = excluded.number, decision_fingerprint = excluded.decision_fingerprint,
                 details_fingerprint = excluded.details_fingerprint, legs = excluded.legs
             RETURNING id, call_id",
        );
        // SQLite does not say in which order it answers.
        let answers: Vec<(i64, String)> = insert.build_query_as().fetch_all(connection).await?;
        let keys: HashMap<_, _> = answers.iter().map(|(key, call)| (call.as_str(), *key)).collect();
        let key = |write: &Write<'_>| keys.get(write.decision.call.as_str()).copied();
        let keys: Option<Vec<i64>> = self.writes.iter().map(key).collect();
        keys.ok_or(Fault::Sql(sqlx::Error::RowNotFound))
    }

    /// Adds the decisions to the history.
    async fn history(&self, connection: &mut SqliteConnection, keys: &[i64]) -> Outcome<()> {
        let lines: Vec<_> =
            self.writes.iter().zip(keys).filter(|(write, _)| write.history).collect();
        if lines.is_empty() {
            return Ok(());
        }
        let mut insert: QueryBuilder<Sqlite> = QueryBuilder::new(
            "INSERT INTO decisions (call, at, outcome, reason, activity, attempts,
                 next_attempt_at, number, digits, evidence) ",
        );
        insert.push_values(lines, |mut columns, (write, key)| {
            let Write { decision, next, .. } = write;
            let attempts = Attempts::from(next.outcome);
            let details = decision.details.as_ref();
            columns
                .push_bind(*key)
                .push_bind(self.now.timestamp_micros())
                .push_bind(next.outcome.name())
                .push_bind(next.reason.clone())
                .push_bind(next.outcome.activity().map(|id| id.0.into_bytes().to_vec()))
                .push_bind(attempts.count)
                .push_bind(attempts.next_at)
                .push_bind(write.number().map(|number| number.as_str().to_owned()))
                .push_bind(write.number().and_then(CustomerNumber::digits))
                .push_bind(details.map(|details| details.evidence.as_bytes().to_vec()));
        });
        insert.build().execute(connection).await?;
        Ok(())
    }

    /// Deletes what earlier lines of history hold of calls of which nothing may be kept any more.
    async fn forget(&self, connection: &mut SqliteConnection, keys: &[i64]) -> Outcome<()> {
        let forgotten = self.writes.iter().zip(keys).filter(|(write, _)| write.forget);
        let keys: Vec<i64> = forgotten.map(|(_, key)| *key).collect();
        if keys.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "UPDATE decisions SET number = NULL, digits = NULL, evidence = NULL
             WHERE call IN (SELECT value FROM json_each(?1))",
        )
        .bind(json_numbers(&keys))
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Notes that calls of which nothing is new were seen.
    async fn seen(&self, connection: &mut SqliteConnection, calls: &[&str]) -> Outcome<()> {
        if calls.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "UPDATE calls SET seen_at = ?3
             WHERE tenant = ?1 AND call_id IN (SELECT value FROM json_each(?2)) AND seen_at < ?3",
        )
        .bind(self.tenant)
        .bind(json_list(calls.iter().copied()))
        .bind(self.now.timestamp_micros())
        .execute(connection)
        .await?;
        Ok(())
    }
}
