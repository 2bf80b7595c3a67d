//! The phone call row of a callback: from a plan to the writes that make it.
//!
//! Row and queue item are made in one change set: neither is ever there without the other, and a
//! repeated write is refused as a whole, so that a phone call which somebody has taken out of its
//! queue is not put back. Column names and rules are those of the Dataverse reference, sections 2 and
//! 3.2; the `ev_…` columns those of the design, section 6.

use dataverse_client::{Columns, Write, cut_text};
use directory::{QueueOwner, entity_set};
use enreach_client::CallbackItem;
use serde_json::{Value, json};
use settings::{Finding, Names, TenantSettings};
use sync_store::EventSource;
use uuid::Uuid;
use voice_model::ActivityId;

use crate::duplicates::{ACTIVITY_ID, PHONE_CALLS};
use crate::plan::{PlannedCallback, Recipient};

/// Lengths of the columns, in UTF-16 code units (reference, sections 2.1 and 10).
const SHORT_TEXT: usize = 200;
const DESCRIPTION: usize = 2_000;
const AUDIT: usize = 100_000;

/// Participation types of activity parties (reference, section 2.4).
const SENDER: i64 = 1;
const RECIPIENT: i64 = 2;

/// Choice values (design, section 6).
const CALL_TYPE_CALLBACK: i64 = 451_000_004;
const SYNC_SOURCE_POLLING: i64 = 451_000_002;
const SYNC_SOURCE_WEBHOOK: i64 = 451_000_003;

/// Operations that a callback takes: create and put into the queue.
pub(crate) const OPERATIONS: usize = 2;

/// How rows are written for one tenant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowStyle<'a> {
    /// Logical names of our columns.
    pub(crate) names: &'a Names,
    /// The tenant's settings.
    pub(crate) settings: &'a TenantSettings,
}

impl RowStyle<'_> {
    /// The writes that make the row of a callback and put it into its queue, to be carried out
    /// together. Texts that had to be cut are noted in the plan.
    pub(crate) fn writes(&self, plan: &mut PlannedCallback) -> Vec<Write> {
        let mut cut = Vec::new();
        let columns = self.columns(plan, &mut cut);
        let subject = format!("callback {}", plan.request.item.id);
        let findings = cut.into_iter().map(|(column, limit)| {
            let message = format!("the value of {column} was cut to its {limit} characters");
            Finding::new(subject.clone(), message)
        });
        plan.findings.extend(findings);
        let create = Write::Create {
            entity_set: PHONE_CALLS.to_owned(),
            key_column: ACTIVITY_ID.to_owned(),
            id: plan.activity.0,
            columns,
        };
        vec![create, add_to_queue(plan.queue, plan.activity)]
    }

    fn columns(&self, plan: &PlannedCallback, cut: &mut Vec<(String, usize)>) -> Columns {
        let mut fit = |text: &str, limit: usize, column: &str| {
            let (text, was_cut) = cut_text(text.to_owned(), limit);
            if was_cut {
                cut.push((column.to_owned(), limit));
            }
            text
        };
        let Self { names, settings } = self;
        let request = &plan.request;
        let item = &request.item;
        let default = settings.callback_request_default_subject.as_str();
        let subject = request.profile.subject.as_deref().unwrap_or(default);
        let sync_source = match request.source() {
            EventSource::Webhook => SYNC_SOURCE_WEBHOOK,
            EventSource::Polling => SYNC_SOURCE_POLLING,
        };
        let number = request.number.text().map(|text| fit(text, SHORT_TEXT, "phonenumber"));
        let note = item.note.as_deref().map(|note| fit(note, DESCRIPTION, "description"));
        let queue_name =
            item.queue_name.as_deref().map(|name| fit(name, SHORT_TEXT, &names.queue_name));
        let mut columns = Columns::new()
            .set("subject", fit(subject, SHORT_TEXT, "subject"))
            .set_some("phonenumber", number)
            .set("directioncode", false)
            .set_some("description", note)
            .set(names.callback_id.as_str(), item.id.as_str())
            .set(names.call_type.as_str(), CALL_TYPE_CALLBACK)
            .set(names.sync_source.as_str(), sync_source)
            .set(names.match_count.as_str(), plan.match_count)
            .set_some(names.queue_name.as_str(), queue_name)
            .set(names.audit.as_str(), fit(&self.audit(plan), AUDIT, &names.audit))
            .bind(
                &names.callback_profile_navigation,
                &names.callback_profile_entity_set,
                request.profile.id,
            );
        if let Some(due) = item.due {
            columns = columns.instant("scheduledend", due);
        }
        if let Some(first) = plan.bundled_into {
            columns = columns.bind(&names.bundle_navigation, PHONE_CALLS, first.0);
        }
        columns = match plan.owner {
            None => columns,
            Some(QueueOwner::User(user)) => columns.bind("ownerid", "systemusers", user),
            Some(QueueOwner::Team(team)) => columns.bind("ownerid", "teams", team),
        };
        if let Some(customer) = plan.customer.as_ref().map(|candidate| candidate.customer) {
            let table = customer.table.logical_name();
            let navigation = format!("regardingobjectid_{table}_phonecall");
            columns = columns.bind(&navigation, entity_set(customer.table), customer.id);
        }
        let parties = parties(plan);
        if parties.is_empty() {
            return columns;
        }
        columns.children("phonecall_activity_parties", parties)
    }

    /// What is known of the request, a `Name: value` a line; with `EnableAudit` the whole item as it
    /// was received.
    fn audit(&self, plan: &PlannedCallback) -> String {
        let item = &plan.request.item;
        if self.settings.enable_audit {
            let lines: Vec<_> =
                item.raw.iter().map(|(name, value)| format!("{name}: {}", plain(value))).collect();
            return lines.join("\n");
        }
        short_audit(item, plan.request.list.as_str())
    }
}

fn short_audit(item: &CallbackItem, list: &str) -> String {
    let mut lines = vec![format!("CallbackId is {}", item.id)];
    lines.push(match &item.list_name {
        Some(name) => format!("Callback list is {name} ({list})"),
        None => format!("Callback list is {list}"),
    });
    lines.extend(item.call.as_ref().map(|call| format!("CallId is {call}")));
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

/// Puts a phone call into a queue, from wherever it is (reference, section 3.2).
pub(crate) fn add_to_queue(queue: Uuid, activity: ActivityId) -> Write {
    let target = json!({
        "@odata.type": "Microsoft.Dynamics.CRM.phonecall", ACTIVITY_ID: activity.to_string()
    });
    Write::Action {
        entity_set: "queues".to_owned(),
        id: queue,
        action: "AddToQueue".to_owned(),
        parameters: Columns::new().set("Target", target),
    }
}

/// The customer as sender, the queue or its owner as recipient; whom nobody knows is left out.
fn parties(plan: &PlannedCallback) -> Vec<Columns> {
    let party = |role: i64| Columns::new().set("participationtypemask", role);
    let customer = plan.customer.as_ref().map(|candidate| {
        let customer = candidate.customer;
        let navigation = format!("partyid_{}", customer.table.logical_name());
        party(SENDER).bind(&navigation, entity_set(customer.table), customer.id)
    });
    let recipient = plan.recipient.map(|recipient| match recipient {
        Recipient::Queue(queue) => party(RECIPIENT).bind("partyid_queue", "queues", queue),
        Recipient::User(user) => party(RECIPIENT).bind("partyid_systemuser", "systemusers", user),
    });
    customer.into_iter().chain(recipient).collect()
}

#[cfg(test)]
mod tests;
