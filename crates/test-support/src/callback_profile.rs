//! Callback profiles in Dynamics: which list goes into which queue, and how (Dataverse reference,
//! section 10).

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::choice::{AgeUnit, DuplicateRule, OwnershipRule, SyncMethod, value};
use crate::ids::id;
use crate::{CallbackList, Queue};

/// A callback profile. As built it polls the last three hours, bundles, and the application user
/// owns its phone calls.
#[derive(Debug, Clone)]
pub struct CallbackProfile {
    number: u32,
    list: CallbackList,
    queue: Queue,
    ownership: OwnershipRule,
    subject: Option<String>,
    duplicates: DuplicateRule,
    method: SyncMethod,
    age: (u32, AgeUnit),
    active: bool,
    created: Option<DateTime<Utc>>,
}

impl CallbackProfile {
    /// The n-th profile: requests of this list wait in this queue.
    pub fn new(number: u32, list: &CallbackList, queue: &Queue) -> Self {
        Self {
            number,
            list: list.clone(),
            queue: queue.clone(),
            ownership: OwnershipRule::ApiUser,
            subject: None,
            duplicates: DuplicateRule::Bundle,
            method: SyncMethod::Polling,
            age: (3, AgeUnit::Hours),
            active: true,
            created: None,
        }
    }

    /// Who owns its phone calls.
    #[must_use]
    pub fn ownership(mut self, ownership: OwnershipRule) -> Self {
        self.ownership = ownership;
        self
    }

    /// The subject of its phone calls.
    #[must_use]
    pub fn subject(mut self, subject: &str) -> Self {
        self.subject = Some(subject.to_owned());
        self
    }

    /// What becomes of further requests of one number.
    #[must_use]
    pub fn duplicates(mut self, rule: DuplicateRule) -> Self {
        self.duplicates = rule;
        self
    }

    /// How requests come.
    #[must_use]
    pub fn method(mut self, method: SyncMethod) -> Self {
        self.method = method;
        self
    }

    /// How far polling looks back.
    #[must_use]
    pub fn age(mut self, number: u32, unit: AgeUnit) -> Self {
        self.age = (number, unit);
        self
    }

    /// Somebody has switched it off.
    #[must_use]
    pub fn inactive(mut self) -> Self {
        self.active = false;
        self
    }

    /// It was made then.
    #[must_use]
    pub fn created(mut self, at: DateTime<Utc>) -> Self {
        self.created = Some(at);
        self
    }

    /// Its key.
    pub fn id(&self) -> Uuid {
        id(0xCF, self.number)
    }

    /// Where its row is: `ev_callbackprofiles(…)`.
    pub fn path(&self) -> String {
        format!("ev_callbackprofiles({})", self.id())
    }

    /// The list that it serves.
    pub fn list(&self) -> &CallbackList {
        &self.list
    }

    /// The queue that it fills.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// What becomes of further requests of one number.
    pub fn duplicate_rule(&self) -> DuplicateRule {
        self.duplicates
    }

    pub(crate) fn ownership_rule(&self) -> OwnershipRule {
        self.ownership
    }

    pub(crate) fn subject_text(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// Its row.
    pub fn row(&self) -> Value {
        let (age, unit) = self.age;
        let mut row = json!({
            "ev_callbackprofileid": self.id(), "ev_name": format!("Profile {}", self.number),
            "ev_callbacklistid": self.list.id().as_str(), "ev_callbacklistname": self.list.name(),
            "ev_queueid@odata.bind": format!("/queues({})", self.queue.id()),
            "ev_ownershiprule": value(self.ownership as i32), "ev_phonecallsubject": self.subject,
            "ev_duplicatehandlingrule": value(self.duplicates as i32),
            "ev_syncmethod": value(self.method as i32), "ev_agetimeunit": value(unit as i32),
            "ev_callbackage": age, "statecode": i32::from(!self.active),
            "statuscode": if self.active { 1 } else { 2 }
        });
        if let Some(created) = self.created {
            row["createdon"] = created.to_rfc3339_opts(SecondsFormat::Secs, true).into();
        }
        row
    }
}
