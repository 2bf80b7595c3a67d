//! Callback requests as Enreach Cloud has them: items of callback lists (Enreach reference, section
//! 4.2).

use chrono::{DateTime, SecondsFormat, Utc};
use sandbox::identity::ENREACH_ORGANIZATION_ID;
use serde_json::{Value, json};
use uuid::Uuid;
use voice_model::CallbackItemId;

use crate::ids::{NAMESPACE, id};
use crate::{Agent, Call, CallbackList, Customer};

/// A callback request. As built it is open, and comes from a missed call of a customer.
#[derive(Debug, Clone)]
pub struct CallbackRequest {
    number: u32,
    list: CallbackList,
    created: DateTime<Utc>,
    phone: String,
    state: &'static str,
    reserved_by: Option<Agent>,
    due: Option<DateTime<Utc>>,
    expiration: Option<DateTime<Utc>>,
    call: Option<String>,
    note: Option<String>,
}

impl CallbackRequest {
    /// The n-th request: this customer wants to be called, since this time.
    pub fn new(
        number: u32,
        list: &CallbackList,
        created: DateTime<Utc>,
        customer: &Customer,
    ) -> Self {
        Self {
            number,
            list: list.clone(),
            created,
            phone: customer.phone(),
            state: "Open",
            reserved_by: None,
            due: None,
            expiration: None,
            call: None,
            note: None,
        }
    }

    /// Of a number as it was received, such as `anonymous`, or nothing for a withheld one.
    #[must_use]
    pub fn from_number(mut self, number: &str) -> Self {
        number.clone_into(&mut self.phone);
        self
    }

    /// An agent has taken it.
    #[must_use]
    pub fn reserved_by(mut self, agent: Agent) -> Self {
        self.state = "Reserved";
        self.reserved_by = Some(agent);
        self
    }

    /// It is done already.
    #[must_use]
    pub fn closed(mut self) -> Self {
        self.state = "Closed";
        self
    }

    /// The customer is to be called until then.
    #[must_use]
    pub fn due(mut self, at: DateTime<Utc>) -> Self {
        self.due = Some(at);
        self
    }

    /// Nobody is to call any more from then on.
    #[must_use]
    pub fn expiring(mut self, at: DateTime<Utc>) -> Self {
        self.expiration = Some(at);
        self
    }

    /// It comes from this call.
    #[must_use]
    pub fn after(mut self, call: &Call) -> Self {
        self.call = Some(call.id().to_string());
        self
    }

    /// Somebody has noted something about it.
    #[must_use]
    pub fn noted(mut self, note: &str) -> Self {
        self.note = Some(note.to_owned());
        self
    }

    /// Its id.
    pub fn id(&self) -> CallbackItemId {
        CallbackItemId::new(&self.guid().to_string()).unwrap()
    }

    fn guid(&self) -> Uuid {
        id(0xCC, self.number)
    }

    /// Its list.
    pub fn list(&self) -> &CallbackList {
        &self.list
    }

    /// The number to call, as received.
    pub fn phone(&self) -> &str {
        &self.phone
    }

    /// The key that its phone call row must have.
    pub fn activity_id(&self) -> Uuid {
        let name = format!("callback|{ENREACH_ORGANIZATION_ID}|{}", self.guid());
        Uuid::new_v5(&NAMESPACE, name.as_bytes())
    }

    /// Where its phone call row is.
    pub fn path(&self) -> String {
        format!("phonecalls({})", self.activity_id())
    }

    /// Its row.
    pub fn row(&self) -> Value {
        let instant = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        json!({
            "Id": self.guid(), "CallbackListId": self.list.guid(),
            "CallbackListName": self.list.name(), "RequestTypeId": 50, "Number": self.phone,
            "Name": null, "Source": "MissedServiceCall", "QueueId": Call::queue_row()["Id"],
            "QueueName": Call::queue_row()["Name"], "CallId": self.call, "State": self.state,
            "Result": null, "Created": instant(self.created), "DueTime": self.due.map(instant),
            "ExpirationTime": self.expiration.map(instant),
            "AssignedUserId": self.reserved_by.map(Agent::agent_id), "RequestCount": 1,
            "Attempts": [], "LinkedItemIds": [], "RecordingIds": [], "Note": self.note
        })
    }
}

#[cfg(test)]
mod tests;
