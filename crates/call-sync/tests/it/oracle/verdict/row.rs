//! The phone call row that a logged call is expected to become (design §3, Row and Write; §6).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::conversation::Conversation;
use super::customer::Customer;
use super::json::{list, text, written};
use super::number::of_enreach;
use super::settings::Settings;
use crate::oracle::known::QUEUE_NUMBER_IS_THE_NUMBER_DIALLED;

const NAMESPACE: Uuid = uuid!("6f8d3a52-9a4e-5c1b-8f0a-3d5e7c9b1a20");

/// A row as another client would read it.
#[derive(Debug)]
pub(crate) struct ExpectedRow {
    pub(crate) id: String,
    /// What every column that call sync fills in holds.
    pub(crate) columns: BTreeMap<String, Value>,
    /// Participation type, table and id of each party.
    pub(crate) parties: BTreeSet<(i64, String, String)>,
    /// Names that `description` holds; none: it is empty.
    pub(crate) named: Vec<String>,
    /// Names that it does not hold, because they are too many.
    pub(crate) unnamed: Vec<String>,
    /// Lines that `ev_audit` holds, if it is not checked as a whole.
    pub(crate) audited: Vec<String>,
}

/// The key of the row of a call, whoever logs it.
pub(crate) fn activity_id(organization: &str, call: &str) -> String {
    Uuid::new_v5(&NAMESPACE, format!("call|{organization}|{call}").as_bytes()).to_string()
}

/// A call that is to be found in Dynamics, with what Dynamics is to say of it.
pub(super) struct Facts<'a> {
    pub(super) conversation: &'a Conversation<'a>,
    pub(super) settings: &'a Settings,
    pub(super) world: &'a Value,
    pub(super) region: &'a str,
    /// The customer's number.
    pub(super) number: String,
    /// All that matched, the first first.
    pub(super) candidates: Vec<Customer>,
    /// The one that is meant, if it is one.
    pub(super) customer: Option<Customer>,
    /// The agent's user and the fallback.
    pub(super) owners: [Option<&'a Value>; 2],
}

impl Facts<'_> {
    /// The `ev_…` columns: what adoption fills in as well.
    pub(super) fn own_columns(&self) -> BTreeMap<String, Value> {
        let conversation = self.conversation;
        let call_type = match (conversation.service, conversation.outgoing, conversation.answered) {
            (false, false, _) => 451_000_000,
            (false, true, _) => 451_000_001,
            (true, _, true) => 451_000_002,
            (true, _, false) => 451_000_003,
        };
        let queue = conversation.queue.filter(|_| conversation.service);
        let columns = [
            ("ev_callid", conversation.call.clone().into()),
            ("ev_calltype", call_type.into()),
            ("ev_callstart", written(conversation.start)),
            ("ev_callend", written(conversation.end)),
            // The design does not say what becomes of a fraction; the platform rounds.
            ("ev_durationseconds", ((conversation.talk + 500) / 1_000).into()),
            ("ev_queuename", queue.map(|(_, name)| shortened(name, 200)).into()),
            ("ev_queuenumber", self.queue_number().into()),
            ("ev_audit", format!("CallId is {}", conversation.call).into()),
            ("ev_matchcount", self.candidates.len().into()),
            ("ev_syncsource", 451_000_000.into()),
        ];
        columns.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// What the call was judged by.
    pub(super) fn why(&self) -> String {
        let owner = |user: Option<&Value>| user.map(|user| text(user, "systemuserid").to_owned());
        format!(
            "region {}, number {}, agent {}, owners {:?}, candidates {:?}",
            self.region,
            self.number,
            self.conversation.agent,
            self.owners.map(owner),
            self.candidates
        )
    }

    /// The number of the queue.
    fn queue_number(&self) -> Option<String> {
        let conversation = self.conversation;
        if QUEUE_NUMBER_IS_THE_NUMBER_DIALLED {
            let dialled = conversation.other;
            return (conversation.service && !dialled.is_empty()).then(|| dialled.to_owned());
        }
        let (id, _) = conversation.queue.filter(|_| conversation.service)?;
        let queues = list(&self.world["enreach"]["queues"]);
        let queue = queues.iter().find(|queue| text(queue, "Id").eq_ignore_ascii_case(id))?;
        of_enreach(list(&queue["Numbers"]).first()?.as_str()?, self.region)
    }

    /// The whole row, owned by a user.
    pub(super) fn row(&self, id: String, owner: &str) -> ExpectedRow {
        let conversation = self.conversation;
        let (state, status) = self.state_and_status();
        let subject = match (conversation.service, conversation.outgoing) {
            (true, _) => &self.settings.incoming_queue_call_subject,
            (false, false) => &self.settings.incoming_direct_call_subject,
            (false, true) => &self.settings.outgoing_direct_call_subject,
        };
        let mut columns = self.own_columns();
        for (name, value) in [
            ("subject", json!(subject)),
            ("phonenumber", json!(self.number)),
            ("directioncode", json!(conversation.outgoing)),
            ("actualstart", written(conversation.start)),
            ("actualend", written(conversation.end)),
            ("scheduledend", written(conversation.end)),
            ("actualdurationminutes", minutes(conversation).into()),
            ("statecode", json!(state)),
            ("statuscode", json!(status)),
            ("_ownerid_value", json!(owner)),
            (
                "_regardingobjectid_value",
                json!(self.customer.as_ref().map(|customer| &customer.id)),
            ),
            ("ev_callbackid", Value::Null),
        ] {
            columns.insert(name.to_owned(), value);
        }
        let mut audited = Vec::new();
        if self.settings.enable_audit {
            columns.remove("ev_audit");
            audited = audit_lines(conversation);
        }
        let several = self.customer.is_none();
        let names = self.candidates.iter().filter(|_| several);
        let names: Vec<_> = names.map(|customer| customer.name.clone()).collect();
        let (named, unnamed) = names.split_at(names.len().min(10));
        ExpectedRow {
            id,
            columns,
            parties: self.parties(owner),
            named: named.to_vec(),
            unnamed: unnamed.to_vec(),
            audited,
        }
    }

    fn parties(&self, owner: &str) -> BTreeSet<(i64, String, String)> {
        let (from, to) = (1, 2);
        let (of_customer, of_agent) =
            if self.conversation.outgoing { (to, from) } else { (from, to) };
        let mut parties = BTreeSet::from([(of_agent, "systemuser".to_owned(), owner.to_owned())]);
        if let Some(customer) = &self.customer {
            parties.insert((of_customer, customer.table.to_owned(), customer.id.clone()));
        }
        parties
    }

    fn state_and_status(&self) -> (i64, i64) {
        let conversation = self.conversation;
        let normal = match (conversation.answered, conversation.outgoing) {
            (false, _) if self.settings.unanswered_calls_stay_open => (0, 1),
            (_, false) => (1, 4),
            (_, true) => (1, 2),
        };
        if self.customer.is_some() {
            return normal;
        }
        match self.settings.multiple_match_phone_call_status {
            Some(1) => (0, 1),
            Some(status @ (2 | 4)) => (1, status),
            Some(3) => (2, 3),
            _ => normal,
        }
    }
}

/// Half a minute rounds up; at least one if there was talk.
fn minutes(conversation: &Conversation<'_>) -> i64 {
    match conversation.talk {
        _ if !conversation.answered => 0,
        0 => 0,
        talk => ((talk + 30_000) / 60_000).max(1),
    }
}

/// All values retrieved, one `Name: value` a line; nulls and lists are left to the code, and CallId
/// has two spellings.
fn audit_lines(conversation: &Conversation<'_>) -> Vec<String> {
    let mut lines = BTreeSet::new();
    for row in &conversation.rows {
        for (name, value) in row.as_object().unwrap() {
            match value {
                _ if name == "CallId" => false,
                Value::String(text) => lines.insert(format!("{name}: {text}")),
                Value::Number(number) => lines.insert(format!("{name}: {number}")),
                _ => false,
            };
        }
    }
    lines.into_iter().collect()
}

fn shortened(text: &str, longest: usize) -> String {
    text.chars().take(longest).collect()
}
