//! Reading the history of decisions.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use voice_model::{CallId, TenantName};

use crate::sqlite::column::{activity, call_id, instant, outcome};
use crate::sqlite::fault::Outcome;
use crate::{CustomerNumber, Opaque, PastDecision};

pub(super) async fn of_call(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    call: &CallId,
) -> Outcome<Vec<PastDecision>> {
    let rows = sqlx::query(
        "SELECT calls.call_id, decisions.at, decisions.outcome, decisions.reason,
                decisions.activity, decisions.attempts, decisions.next_attempt_at,
                decisions.number, decisions.evidence
         FROM calls JOIN decisions ON decisions.call = calls.id
         WHERE calls.tenant = (SELECT id FROM tenants WHERE name = ?1) AND calls.call_id = ?2
         ORDER BY decisions.id",
    )
    .bind(tenant.as_str())
    .bind(call.as_str())
    .fetch_all(connection)
    .await?;
    rows.iter().map(past_decision).collect()
}

pub(super) async fn of_digits(
    connection: &mut SqliteConnection,
    tenant: &TenantName,
    digits: &str,
) -> Outcome<Vec<PastDecision>> {
    // The plus keeps SQLite from going through all calls of the tenant: those of a number are few.
    let rows = sqlx::query(
        "SELECT calls.call_id, decisions.at, decisions.outcome, decisions.reason,
                decisions.activity, decisions.attempts, decisions.next_attempt_at,
                decisions.number, decisions.evidence
         FROM calls JOIN decisions ON decisions.call = calls.id
         WHERE +calls.tenant = (SELECT id FROM tenants WHERE name = ?1)
           AND calls.id IN (SELECT call FROM decisions WHERE digits = ?2)
         ORDER BY decisions.id",
    )
    .bind(tenant.as_str())
    .bind(digits)
    .fetch_all(connection)
    .await?;
    rows.iter().map(past_decision).collect()
}

fn past_decision(row: &SqliteRow) -> Outcome<PastDecision> {
    Ok(PastDecision {
        call: call_id(row.try_get("call_id")?)?,
        at: instant(row.try_get("at")?)?,
        outcome: outcome(row, activity(row.try_get("activity")?)?)?,
        reason: row.try_get("reason")?,
        number: row.try_get::<Option<String>, _>("number")?.map(CustomerNumber::new),
        evidence: row.try_get::<Option<Vec<u8>>, _>("evidence")?.map(Opaque::new),
    })
}
