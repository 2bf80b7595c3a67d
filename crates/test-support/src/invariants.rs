//! What must hold whatever went wrong: every call that is to be logged has one phone call row, nothing
//! that a person did is undone, and the decisions say so.

use std::collections::BTreeMap;

use call_sync::{CallHistory, explain_call};
use serde_json::Value;
use uuid::Uuid;

use crate::{Agent, Call, TestPlant};

/// What must have become of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// A row of ours, owned by this user, for the customer of the call.
    LoggedFor(Agent),
    /// No row of ours; the row with this key stands for it.
    Adopted(Uuid),
    /// No row, for this reason.
    Skipped(&'static str),
    /// No row yet, for this reason.
    Deferred(&'static str),
    /// No row, because it could not be written so far.
    Failed,
    /// Its row was there and a person has deleted it.
    Deleted,
}

/// What must be found in the end.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    calls: Vec<(Call, Fate)>,
    /// Rows that must be as they were, to the last version.
    untouched: Vec<Value>,
    /// Rows of which every value must still be there; empty columns may have been filled in.
    kept: Vec<Value>,
}

/// Columns that move with every change of a row.
const MOVING: [&str; 5] =
    ["@odata.etag", "versionnumber", "modifiedon", "_modifiedby_value", "@odata.context"];

impl Expected {
    /// Every call is logged, owned by its agent.
    pub fn logged(calls: impl IntoIterator<Item = Call>) -> Self {
        let fate = |call: Call| {
            let agent = call.agent();
            (call, Fate::LoggedFor(agent))
        };
        Self { calls: calls.into_iter().map(fate).collect(), ..Self::default() }
    }

    /// Nothing is to be there.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// The fate of one more call, or another fate of one that was named.
    #[must_use]
    pub fn and(mut self, call: &Call, fate: Fate) -> Self {
        self.calls.retain(|(other, _)| other.id() != call.id());
        self.calls.push((call.clone(), fate));
        self
    }

    /// These rows were edited by a person, and nobody touched them after that.
    #[must_use]
    pub fn untouched(mut self, rows: impl IntoIterator<Item = Value>) -> Self {
        self.untouched.extend(rows);
        self
    }

    /// What these rows said they still say. Rows by others that stand for no call belong here, too.
    #[must_use]
    pub fn kept(mut self, rows: impl IntoIterator<Item = Value>) -> Self {
        self.kept.extend(rows);
        self
    }
}

/// Compares what Dynamics and the store hold with what is expected. Takes all faults away first.
///
/// # Panics
/// With everything that differs.
pub async fn assert_invariants(plant: &TestPlant, expected: &Expected) {
    plant.calm();
    let rows = plant.outsider().phone_calls().await;
    let mut wrong = wrong_rows(&rows, expected);
    let store = plant.store().await;
    for (call, fate) in &expected.calls {
        let history = explain_call(&store, &plant.tenant(), &call.id()).await.unwrap();
        wrong.extend(wrong_decisions(call, *fate, history.as_ref()));
    }
    store.close().await;
    assert!(wrong.is_empty(), "{} invariants are broken:\n{}", wrong.len(), wrong.join("\n"));
}

fn wrong_rows(rows: &[Value], expected: &Expected) -> Vec<String> {
    let by_key: BTreeMap<Uuid, &Value> = rows.iter().map(|row| (key(row), row)).collect();
    let mut wrong = Vec::new();
    let mut accounted: Vec<Uuid> =
        expected.untouched.iter().chain(&expected.kept).map(key).collect();
    for (call, fate) in &expected.calls {
        let id = call.id();
        let rows: Vec<_> =
            rows.iter().filter(|row| text(row, "ev_callid") == id.as_str()).collect();
        let keys: Vec<_> = rows.iter().map(|row| key(row)).collect();
        let wanted = match fate {
            Fate::LoggedFor(_) => vec![call.activity_id()],
            Fate::Adopted(key) => vec![*key],
            _ => Vec::new(),
        };
        if keys != wanted {
            wrong.push(format!("{id} ({fate:?}) has the rows {keys:?}, not {wanted:?}"));
        }
        if let (Fate::LoggedFor(owner), [row]) = (fate, &rows[..])
            && !expected.untouched.iter().any(|edited| key(edited) == key(row))
        {
            wrong.extend(wrong_columns(call, *owner, row));
        }
        accounted.extend(wanted);
    }
    for (key, row) in &by_key {
        if !accounted.contains(key) {
            wrong.push(format!("nobody expects the row {key}: {row}"));
        }
    }
    for before in &expected.untouched {
        if by_key.get(&key(before)) != Some(&before) {
            let now = by_key.get(&key(before));
            wrong.push(format!("a row was touched.\n  before: {before}\n  now: {now:?}"));
        }
    }
    for before in &expected.kept {
        let now = by_key.get(&key(before)).copied().unwrap_or(&Value::Null);
        let said = before.as_object().into_iter().flatten();
        for (name, value) in said.filter(|(name, value)| !value.is_null() && !is_moving(name)) {
            if now[name] != *value {
                wrong.push(format!("{} said {name} = {value}, not {}", key(before), now[name]));
            }
        }
    }
    wrong
}

/// What of a row of ours is not as the call has it.
fn wrong_columns(call: &Call, owner: Agent, row: &Value) -> Vec<String> {
    let outgoing = call.is_outgoing();
    let customer = call.customer().map_or(Value::Null, |id| id.to_string().into());
    let owner: Value = owner.user_id().to_string().into();
    let parties = row["phonecall_activity_parties"].as_array().cloned().unwrap_or_default();
    let party = |role: i64| {
        let found = parties.iter().find(|party| party["participationtypemask"] == role);
        found.map_or(Value::Null, |party| party["_partyid_value"].clone())
    };
    let (of_customer, of_agent) =
        if outgoing { (party(2), party(1)) } else { (party(1), party(2)) };
    let columns = [
        ("statecode", row["statecode"].clone(), 1.into()),
        ("statuscode", row["statuscode"].clone(), if outgoing { 2 } else { 4 }.into()),
        ("directioncode", row["directioncode"].clone(), outgoing.into()),
        ("phonenumber", row["phonenumber"].clone(), call.phone().into()),
        ("owner", row["_ownerid_value"].clone(), owner.clone()),
        ("regarding", row["_regardingobjectid_value"].clone(), customer.clone()),
        ("party of the customer", of_customer, customer),
        ("party of the agent", of_agent, owner),
    ];
    let differing = columns.into_iter().filter(|(_, found, wanted)| found != wanted);
    differing
        .map(|(name, found, wanted)| format!("{}: {name} is {found}, not {wanted}", call.id()))
        .collect()
}

fn wrong_decisions(call: &Call, fate: Fate, history: Option<&CallHistory>) -> Vec<String> {
    let id = call.id();
    let Some(history) = history else {
        return vec![format!("{id} ({fate:?}): the store never heard of it")];
    };
    let said: Vec<_> =
        history.decisions.iter().map(|it| (it.outcome, it.reason.as_str())).collect();
    let mut wrong = Vec::new();
    let Some(last) = history.decisions.last() else { return vec![format!("{id}: no decision")] };
    let row = match fate {
        Fate::LoggedFor(_) | Fate::Deleted => Some(call.activity_id()),
        Fate::Adopted(key) => Some(key),
        _ => None,
    };
    let as_expected = match fate {
        Fate::LoggedFor(_) | Fate::Deleted => ["Logged", "AlreadyLogged"].contains(&last.outcome),
        Fate::Adopted(_) => last.outcome == "AlreadyLogged",
        Fate::Skipped(reason) => last.outcome == "Skipped" && last.reason == reason,
        Fate::Deferred(reason) => last.outcome == "Deferred" && last.reason == reason,
        Fate::Failed => last.outcome == "Failed",
    };
    if !as_expected {
        wrong.push(format!("{id} ({fate:?}) was decided {said:?}"));
    }
    if last.activity.map(|activity| activity.0) != row {
        wrong.push(format!("{id} ({fate:?}): the decision names {:?}, not {row:?}", last.activity));
    }
    if said.iter().filter(|(outcome, _)| *outcome == "Logged").count() > 1 {
        wrong.push(format!("{id} was logged more than once: {said:?}"));
    }
    wrong
}

fn is_moving(name: &str) -> bool {
    MOVING.contains(&name)
}

fn key(row: &Value) -> Uuid {
    text(row, "activityid").parse().unwrap_or_default()
}

fn text<'r>(row: &'r Value, name: &str) -> &'r str {
    row[name].as_str().unwrap_or_default()
}
