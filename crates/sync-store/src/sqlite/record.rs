//! Recording decisions.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use voice_model::{CallId, TenantName};

use crate::fold::{Change, Known, fold};
use crate::instant::whole_micros;
use crate::sqlite::column::{
    Attempts, activity, call_id, fingerprint, instant, json_list, optional_instant, outcome,
};
use crate::sqlite::fault::Outcome;
use crate::sqlite::{logged, tenants};
use crate::{CallDecision, CustomerNumber};

/// Records decisions; the number of calls of which something was new.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    now: DateTime<Utc>,
    decisions: &[CallDecision],
) -> Outcome<usize> {
    let now = whole_micros(now);
    let tenant = tenants::key(connection, tenant).await?;
    let mut known = known(connection, tenant, decisions).await?;
    let mut new = HashSet::new();
    for decision in decisions {
        match fold(known.get(&decision.call), decision, now) {
            Change::Nothing => {}
            Change::Seen(at) => {
                seen(connection, tenant, &decision.call, at).await?;
                if let Some(known) = known.get_mut(&decision.call) {
                    known.seen_at = at;
                }
            }
            Change::State { known: next, history, forget } => {
                let change = Write { tenant, now, decision, next: &next };
                let call = change.state(connection, history).await?;
                if forget {
                    change.forget(connection, call).await?;
                }
                if history {
                    change.history(connection, call).await?;
                }
                if next.outcome.activity().is_some() {
                    logged::bury(connection, tenant, &decision.call, now).await?;
                }
                known.insert(decision.call.clone(), next);
                new.insert(&decision.call);
            }
        }
    }
    Ok(new.len())
}

async fn known(
    connection: &mut SqliteConnection,
    tenant: i64,
    decisions: &[CallDecision],
) -> Outcome<HashMap<CallId, Known>> {
    let rows = sqlx::query(
        "SELECT call_id, modified, outcome, reason, logged_as, attempts, next_attempt_at, seen_at,
                decision_fingerprint, details_fingerprint
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
        seen_at: instant(row.try_get("seen_at")?)?,
        decision: fingerprint(row.try_get("decision_fingerprint")?)?,
        details: details.map(fingerprint).transpose()?,
    };
    Ok((call_id(row.try_get("call_id")?)?, known))
}

async fn seen(
    connection: &mut SqliteConnection,
    tenant: i64,
    call: &CallId,
    at: DateTime<Utc>,
) -> Outcome<()> {
    sqlx::query("UPDATE calls SET seen_at = ?3 WHERE tenant = ?1 AND call_id = ?2")
        .bind(tenant)
        .bind(call.as_str())
        .bind(at.timestamp_micros())
        .execute(connection)
        .await?;
    Ok(())
}

/// One decision that changes what is known.
struct Write<'a> {
    tenant: i64,
    now: DateTime<Utc>,
    decision: &'a CallDecision,
    next: &'a Known,
}

impl Write<'_> {
    fn number(&self) -> Option<&CustomerNumber> {
        self.decision.details.as_ref()?.number.as_ref()
    }

    /// Writes the state; the key of the call.
    async fn state(&self, connection: &mut SqliteConnection, decided: bool) -> Outcome<i64> {
        let Self { next, decision, .. } = self;
        let attempts = Attempts::from(next.outcome);
        let (call,): (i64,) = sqlx::query_as(
            "INSERT INTO calls (tenant, call_id, modified, outcome, reason, logged_as, attempts,
                 next_attempt_at, first_seen_at, decided_at, seen_at, number,
                 decision_fingerprint, details_fingerprint, legs)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11, ?12, ?13, ?14)
             ON CONFLICT (tenant, call_id) DO UPDATE SET
                 modified = excluded.modified, outcome = excluded.outcome,
                 reason = excluded.reason, logged_as = excluded.logged_as,
                 attempts = excluded.attempts, next_attempt_at = excluded.next_attempt_at,
                 decided_at = iif(?15, excluded.decided_at, decided_at),
                 seen_at = excluded.seen_at, number = excluded.number,
                 decision_fingerprint = excluded.decision_fingerprint,
                 details_fingerprint = excluded.details_fingerprint, legs = excluded.legs
             RETURNING id",
        )
        .bind(self.tenant)
        .bind(decision.call.as_str())
        .bind(next.modified.map(|at| at.timestamp_micros()))
        .bind(next.outcome.name())
        .bind(&*next.reason)
        .bind(next.logged_as.map(|id| id.0.into_bytes().to_vec()))
        .bind(attempts.count)
        .bind(attempts.next_at)
        .bind(self.now.timestamp_micros())
        .bind(next.seen_at.timestamp_micros())
        .bind(self.number().map(CustomerNumber::as_str))
        .bind(&next.decision[..])
        .bind(next.details.as_ref().map(|fingerprint| &fingerprint[..]))
        .bind(decision.details.as_ref().map(|details| details.legs.as_bytes()))
        .bind(decided)
        .fetch_one(connection)
        .await?;
        Ok(call)
    }

    /// Adds the decision to the history.
    async fn history(&self, connection: &mut SqliteConnection, call: i64) -> Outcome<()> {
        let Self { next, decision, .. } = self;
        let attempts = Attempts::from(next.outcome);
        sqlx::query(
            "INSERT INTO decisions (call, at, outcome, reason, activity, attempts,
                 next_attempt_at, number, digits, evidence)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )
        .bind(call)
        .bind(self.now.timestamp_micros())
        .bind(next.outcome.name())
        .bind(&*next.reason)
        .bind(next.outcome.activity().map(|id| id.0.into_bytes().to_vec()))
        .bind(attempts.count)
        .bind(attempts.next_at)
        .bind(self.number().map(CustomerNumber::as_str))
        .bind(self.number().and_then(CustomerNumber::digits))
        .bind(decision.details.as_ref().map(|details| details.evidence.as_bytes()))
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Deletes what earlier lines of history hold of a call of which nothing may be kept any more.
    async fn forget(&self, connection: &mut SqliteConnection, call: i64) -> Outcome<()> {
        sqlx::query(
            "UPDATE decisions SET number = NULL, digits = NULL, evidence = NULL WHERE call = ?1",
        )
        .bind(call)
        .execute(connection)
        .await?;
        Ok(())
    }
}
