//! The phone call row: from a planned call to the writes that make it.
//!
//! Column names and rules are those of the Dataverse reference, section 2; the `ev_…` columns those
//! of the design, section 6. A row cannot be created completed, so that creation and completion are
//! two writes, in one change set.

use call_matching::{Candidate, CustomerRef, CustomerTable};
use chrono::{DateTime, Duration, Utc};
use dataverse_client::{Columns, Precondition, Write, cut_text};
use directory::entity_set;
use enreach_client::Direction;
use serde_json::Value;
use settings::{Names, TenantSettings};
use uuid::Uuid;

use crate::legs::{CallKind, Conversation};
use crate::plan::PlannedCall;

/// Entity set of phone calls.
pub(crate) const PHONE_CALLS: &str = "phonecalls";
/// Key column of phone calls.
pub(crate) const ACTIVITY_ID: &str = "activityid";

/// Lengths of the columns, in UTF-16 code units (reference, sections 2.1 and 10).
const SHORT_TEXT: usize = 200;
const DESCRIPTION: usize = 2_000;
const QUEUE_NUMBER: usize = 50;
const AUDIT: usize = 100_000;

/// How many of several customers are named in the description.
const NAMED_CUSTOMERS: usize = 10;

/// Participation types of activity parties (reference, section 2.4).
const SENDER: i64 = 1;
const RECIPIENT: i64 = 2;

/// How rows are written for one tenant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowStyle<'a> {
    /// Logical names of our columns.
    pub(crate) names: &'a Names,
    /// The tenant's settings.
    pub(crate) settings: &'a TenantSettings,
    /// `ev_syncsource` (design, section 6).
    pub(crate) sync_source: i64,
}

impl RowStyle<'_> {
    /// The writes that make the row of a call, to be carried out together. Texts that had to be cut
    /// are named in `remarks`.
    pub(crate) fn writes(&self, plan: &PlannedCall, remarks: &mut Vec<String>) -> Vec<Write> {
        let id = plan.activity.0;
        let mut columns = self.own_columns(plan, remarks);
        for (name, value) in self.call_columns(plan, remarks) {
            columns = columns.set(name, value);
        }
        columns = columns.bind("ownerid", "systemusers", plan.owner.id.0);
        if let Some(customer) = &plan.customer {
            let regarding = format!("regardingobjectid_{}_phonecall", table(customer.customer));
            columns = bind_customer(columns, &regarding, customer.customer);
        }
        columns = columns.children("phonecall_activity_parties", parties(plan));
        let create = |columns| Write::Create {
            entity_set: PHONE_CALLS.to_owned(),
            key_column: ACTIVITY_ID.to_owned(),
            id,
            columns,
        };
        if plan.status.state == 0 {
            return vec![create(columns.set_some("statuscode", plan.status.status))];
        }
        let closing = Columns::new()
            .set("statecode", plan.status.state)
            .set_some("statuscode", plan.status.status);
        vec![create(columns), update(id, closing, Precondition::Exists)]
    }

    /// The write that takes over a row made by someone else: only our own columns that are empty.
    /// `None` if there is nothing to fill in.
    pub(crate) fn adoption(
        &self,
        plan: &PlannedCall,
        row: Uuid,
        version: Option<&str>,
        is_empty: impl Fn(&str) -> bool,
        remarks: &mut Vec<String>,
    ) -> Option<Write> {
        let columns = self
            .call_columns(plan, remarks)
            .into_iter()
            .filter(|(name, _)| is_empty(name))
            .fold(Columns::new(), |columns, (name, value)| columns.set(name, value));
        let precondition = match version {
            Some(version) => Precondition::Version(version.to_owned()),
            None => Precondition::Exists,
        };
        (!columns.is_empty()).then(|| update(row, columns, precondition))
    }

    /// The columns that every phone call has.
    fn own_columns(&self, plan: &PlannedCall, remarks: &mut Vec<String>) -> Columns {
        let call = &plan.call;
        let number =
            plan.number.text().map(|text| fit(text.to_owned(), SHORT_TEXT, "phonenumber", remarks));
        let mut columns = Columns::new()
            .set("subject", self.subject(call))
            .set_some("phonenumber", number)
            .set("directioncode", call.direction == Direction::Outgoing)
            .set("actualdurationminutes", minutes(call));
        for (column, instant) in
            [("actualstart", call.start), ("actualend", call.end), ("scheduledend", call.end)]
        {
            if let Some(instant) = instant {
                columns = columns.instant(column, instant);
            }
        }
        let several = plan.customer.is_none().then(|| several_customers(&plan.candidates));
        columns.set_some(
            "description",
            several.map(|text| fit(text, DESCRIPTION, "description", remarks)),
        )
    }

    /// Our own columns with their values; those without a value are left out.
    fn call_columns(&self, plan: &PlannedCall, remarks: &mut Vec<String>) -> Vec<(String, Value)> {
        let call = &plan.call;
        let names = self.names;
        let queue_name =
            call.queue_name.clone().map(|name| fit(name, SHORT_TEXT, &names.queue_name, remarks));
        let queue_number = (call.kind == CallKind::Service)
            .then(|| call.our_number.clone())
            .flatten()
            .map(|number| fit(number, QUEUE_NUMBER, &names.queue_number, remarks));
        let instant = |at: Option<DateTime<Utc>>| {
            at.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true).into())
        };
        let columns: [(&String, Option<Value>); 10] = [
            (&names.call_id, Some(call.call.as_str().into())),
            (&names.call_type, Some(call_type(call).into())),
            (&names.call_start, instant(call.start)),
            (&names.call_end, instant(call.end)),
            (&names.duration_seconds, Some(round(call.talk, Duration::seconds(1)).into())),
            (&names.queue_name, queue_name.map(Value::from)),
            (&names.queue_number, queue_number.map(Value::from)),
            (&names.audit, Some(fit(self.audit(call), AUDIT, &names.audit, remarks).into())),
            (&names.match_count, Some(plan.candidates.len().into())),
            (&names.sync_source, Some(self.sync_source.into())),
        ];
        columns.into_iter().filter_map(|(name, value)| Some((name.clone(), value?))).collect()
    }

    fn subject(&self, call: &Conversation) -> &str {
        match (call.direction, call.kind) {
            (Direction::Outgoing, _) => &self.settings.outgoing_direct_call_subject,
            (Direction::Incoming, CallKind::Direct) => &self.settings.incoming_direct_call_subject,
            (Direction::Incoming, CallKind::Service) => &self.settings.incoming_queue_call_subject,
        }
    }

    /// `CallId is <id>`, or with `EnableAudit` everything that Enreach said, a blank line between
    /// rows.
    fn audit(&self, call: &Conversation) -> String {
        if !self.settings.enable_audit {
            return format!("CallId is {}", call.call);
        }
        let row = |raw: &serde_json::Map<String, Value>| {
            let lines: Vec<_> =
                raw.iter().map(|(name, value)| format!("{name}: {}", plain(value))).collect();
            lines.join("\n")
        };
        let rows: Vec<_> = call.legs.iter().map(|leg| row(&leg.row.raw)).collect();
        rows.join("\n\n")
    }
}

fn update(id: Uuid, columns: Columns, precondition: Precondition) -> Write {
    Write::Update { entity_set: PHONE_CALLS.to_owned(), id, columns, precondition }
}

/// The customer and the agent: the caller is the sender.
fn parties(plan: &PlannedCall) -> Vec<Columns> {
    let (customer_role, agent_role) = match plan.call.direction {
        Direction::Incoming => (SENDER, RECIPIENT),
        Direction::Outgoing => (RECIPIENT, SENDER),
    };
    let customer = plan.customer.as_ref().map(|candidate| {
        let party = Columns::new().set("participationtypemask", customer_role);
        bind_customer(party, &format!("partyid_{}", table(candidate.customer)), candidate.customer)
    });
    let agent = Columns::new().set("participationtypemask", agent_role).bind(
        "partyid_systemuser",
        "systemusers",
        plan.owner.id.0,
    );
    customer.into_iter().chain([agent]).collect()
}

fn bind_customer(columns: Columns, navigation: &str, customer: CustomerRef) -> Columns {
    columns.bind(navigation, entity_set(customer.table), customer.id)
}

fn table(customer: CustomerRef) -> &'static str {
    customer.table.logical_name()
}

/// Choice values of `ev_calltype` (design, section 6).
fn call_type(call: &Conversation) -> i64 {
    match (call.kind, call.direction, call.answered) {
        (CallKind::Direct, Direction::Incoming, _) => 451_000_000,
        (CallKind::Direct, Direction::Outgoing, _) => 451_000_001,
        (CallKind::Service, _, true) => 451_000_002,
        (CallKind::Service, _, false) => 451_000_003,
    }
}

/// Whole minutes of talk, half a minute rounded up; at least one if there was any.
fn minutes(call: &Conversation) -> i64 {
    let talked = call.answered && call.talk > Duration::zero();
    if talked { round(call.talk, Duration::minutes(1)).max(1) } else { 0 }
}

/// How many units a length is, half a unit rounded up.
fn round(length: Duration, unit: Duration) -> i64 {
    let (length, unit) = (length.num_milliseconds(), unit.num_milliseconds());
    (length + unit / 2).div_euclid(unit)
}

fn several_customers(candidates: &[Candidate]) -> String {
    let mut lines = vec![format!("{} customers have this number:", candidates.len())];
    lines.extend(candidates.iter().take(NAMED_CUSTOMERS).map(|candidate| {
        let table = match candidate.customer.table {
            CustomerTable::Contact => "Contact",
            CustomerTable::Account => "Account",
            CustomerTable::Lead => "Lead",
        };
        format!("{table}: {}", candidate.name)
    }));
    if candidates.len() > NAMED_CUSTOMERS {
        lines.push(format!("and {} more", candidates.len() - NAMED_CUSTOMERS));
    }
    lines.join("\n")
}

/// Text as it is, any other value as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Cuts a text to what a column holds and says so.
fn fit(text: String, limit: usize, column: &str, remarks: &mut Vec<String>) -> String {
    let (text, was_cut) = cut_text(text, limit);
    if was_cut {
        remarks.push(format!("the value of {column} was cut to its {limit} characters"));
    }
    text
}

#[cfg(test)]
mod tests;
