//! What is read of each table, and what its rows mean.

use call_matching::{Customer, CustomerRef, CustomerTable};
use dataverse_client::{Comparison, Filter, FilterValue, Query, Row, TrackedTable};
use settings::MatchColumns;
use uuid::Uuid;
use voice_model::{AgentId, SystemUserId};

use super::{Entry, Grounding};
use crate::{DynamicsQueue, DynamicsUser, QueueOwner};

/// The phones of a user.
const USER_PHONES: [&str; 2] = ["mobilephone", "address1_telephone1"];
/// Whose a queue is: one of the two, where `ownerid` would not tell which without annotations.
const OWNING_USER: &str = "_owninguser_value";
const OWNING_TEAM: &str = "_owningteam_value";

/// A table that the directory follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectoryTable {
    /// Active customers of one table.
    Customers(CustomerTable),
    /// Enabled users.
    Users,
    /// Queues, in use or not.
    Queues,
}

impl DirectoryTable {
    /// What calls need: customers and users.
    pub const FOR_CALLS: [Self; 4] = [
        Self::Customers(CustomerTable::Contact),
        Self::Customers(CustomerTable::Account),
        Self::Customers(CustomerTable::Lead),
        Self::Users,
    ];

    /// What callbacks need: queues as well.
    pub const FOR_CALLBACKS: [Self; 5] = [
        Self::Customers(CustomerTable::Contact),
        Self::Customers(CustomerTable::Account),
        Self::Customers(CustomerTable::Lead),
        Self::Users,
        Self::Queues,
    ];

    /// Its logical name; its name in the store, too.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Customers(table) => table.logical_name(),
            Self::Users => "systemuser",
            Self::Queues => "queue",
        }
    }

    /// Leads exist only where Dynamics 365 Sales is installed (reference, section 3.1).
    pub(super) fn may_be_missing(self) -> bool {
        self == Self::Customers(CustomerTable::Lead)
    }
}

/// How a table is read.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) table: DirectoryTable,
    entity_set: &'static str,
    key: &'static str,
    name: &'static str,
    parent: Option<&'static str>,
    /// Says whether a row is in use: `statecode`, `isdisabled`.
    state: &'static str,
    /// `ev_clouduserid` of users.
    agent: Option<String>,
    /// The columns that hold numbers.
    phones: Vec<String>,
    /// All columns that are read.
    pub(super) columns: Vec<String>,
    /// The columns that were wanted and do not exist.
    pub(super) instead_of: Option<Vec<String>>,
}

impl Source {
    pub(super) fn of(table: DirectoryTable, grounding: &Grounding<'_>) -> Self {
        match table {
            DirectoryTable::Customers(customers) => {
                let phones = grounding.settings.match_columns.of(table.name());
                Self::of_customers(customers, phones.to_vec())
            }
            DirectoryTable::Users => {
                let agent = grounding.names.cloud_user_id.clone();
                Self::of_users(agent, USER_PHONES.map(str::to_owned).to_vec())
            }
            DirectoryTable::Queues => Self::of_queues(),
        }
    }

    fn of_customers(table: CustomerTable, phones: Vec<String>) -> Self {
        let (key, name, parent) = match table {
            CustomerTable::Contact => ("contactid", "fullname", Some("parentcustomerid")),
            CustomerTable::Account => ("accountid", "name", None),
            CustomerTable::Lead => ("leadid", "fullname", None),
        };
        let parent_column = parent.map(|parent| format!("_{parent}_value"));
        let state = "statecode";
        let columns = [key, name, "createdon", state].map(str::to_owned).into_iter();
        Self {
            table: DirectoryTable::Customers(table),
            entity_set: entity_set(table),
            key,
            name,
            parent,
            state,
            agent: None,
            columns: columns.chain(parent_column).chain(phones.iter().cloned()).collect(),
            phones,
            instead_of: None,
        }
    }

    fn of_users(agent: String, phones: Vec<String>) -> Self {
        let state = "isdisabled";
        let columns = ["systemuserid", "fullname", "createdon", state].map(str::to_owned);
        let all = columns.into_iter().chain([agent.clone()]).chain(phones.iter().cloned());
        Self {
            table: DirectoryTable::Users,
            entity_set: "systemusers",
            key: "systemuserid",
            name: "fullname",
            parent: None,
            state,
            agent: Some(agent),
            columns: all.collect(),
            phones,
            instead_of: None,
        }
    }

    fn of_queues() -> Self {
        let columns = ["queueid", "name", "statecode", OWNING_USER, OWNING_TEAM];
        Self {
            table: DirectoryTable::Queues,
            entity_set: "queues",
            key: "queueid",
            name: "name",
            parent: None,
            state: "statecode",
            agent: None,
            columns: columns.map(str::to_owned).to_vec(),
            phones: Vec::new(),
            instead_of: None,
        }
    }

    /// The same with the usual columns in place of those of the setting; `None` if it has those.
    pub(super) fn with_usual_columns(&self) -> Option<Self> {
        let DirectoryTable::Customers(table) = self.table else { return None };
        let usual = Self::of_customers(table, MatchColumns::default().of(self.table.name()).into());
        let instead_of = Some(self.columns.clone());
        (usual.columns != self.columns).then_some(Self { instead_of, ..usual })
    }

    /// The columns that hold numbers, for a person.
    pub(super) fn phones(&self) -> String {
        self.phones.join(", ")
    }

    /// Whether nobody is to be found in this table.
    pub(super) fn is_unused(&self) -> bool {
        self.phones.is_empty() && self.table != DirectoryTable::Queues
    }

    /// For change tracking.
    pub(super) fn tracked(&self) -> TrackedTable {
        TrackedTable {
            entity_set: self.entity_set.to_owned(),
            key_column: self.key.to_owned(),
            columns: self.columns.clone(),
        }
    }

    /// All rows that are to be held, where change tracking is off.
    pub(super) fn whole(&self) -> Query {
        match self.table {
            DirectoryTable::Users => self.query().filter(Filter::eq(self.state, false)),
            DirectoryTable::Queues => self.query(),
            DirectoryTable::Customers(_) => {
                let has_number = self
                    .phones
                    .iter()
                    .map(|it| Filter::compare(it.as_str(), Comparison::Ne, FilterValue::Null));
                let active = Filter::eq(self.state, 0);
                self.query().filter(active).filter(Filter::any(has_number))
            }
        }
    }

    /// All rows that were changed at an instant or later.
    pub(super) fn modified_since(&self, since: chrono::DateTime<chrono::Utc>) -> Query {
        self.query().filter(Filter::compare("modifiedon", Comparison::Ge, since))
    }

    fn query(&self) -> Query {
        Query::new(self.entity_set).select(self.columns.iter().map(String::as_str))
    }

    /// What a row means: its key, and what is held of it. Whoever is inactive, disabled or without
    /// any number is not held.
    pub(super) fn read(&self, row: &Row) -> Option<(Uuid, Option<Entry>)> {
        let id = row.uuid(self.key)?;
        let entry = match self.table {
            DirectoryTable::Customers(table) => self.customer(table, id, row).map(Entry::Customer),
            DirectoryTable::Users => self.user(id, row).map(Entry::User),
            DirectoryTable::Queues => Some(Entry::Queue(self.queue(id, row))),
        };
        Some((id, entry))
    }

    fn customer(&self, table: CustomerTable, id: Uuid, row: &Row) -> Option<Customer> {
        let numbers = self.numbers(row);
        let active = row.integer(self.state).unwrap_or(0) == 0;
        (active && !numbers.is_empty()).then(|| Customer {
            reference: CustomerRef { table, id },
            name: self.name_of(row),
            created_on: row.instant("createdon"),
            parent_account: self.parent.and_then(|parent| row.lookup(parent)),
            numbers,
        })
    }

    fn user(&self, id: Uuid, row: &Row) -> Option<DynamicsUser> {
        let agent = row.text(self.agent.as_deref()?);
        (row.boolean(self.state) != Some(true)).then(|| DynamicsUser {
            id: SystemUserId(id),
            name: self.name_of(row),
            agent: agent.and_then(|id| AgentId::new(id).ok()),
            phones: self.numbers(row),
            created_on: row.instant("createdon"),
        })
    }

    fn queue(&self, id: Uuid, row: &Row) -> DynamicsQueue {
        let user = row.uuid(OWNING_USER).map(QueueOwner::User);
        let team = || row.uuid(OWNING_TEAM).map(QueueOwner::Team);
        DynamicsQueue {
            id,
            name: self.name_of(row),
            owner: user.or_else(team),
            is_active: row.integer(self.state).unwrap_or(0) == 0,
        }
    }

    fn numbers(&self, row: &Row) -> Vec<String> {
        self.phones.iter().filter_map(|phone| row.text(phone)).map(str::to_owned).collect()
    }

    fn name_of(&self, row: &Row) -> String {
        row.text(self.name).unwrap_or("(no name)").to_owned()
    }
}

/// The entity set of a table of customers.
pub fn entity_set(table: CustomerTable) -> &'static str {
    match table {
        CustomerTable::Contact => "contacts",
        CustomerTable::Account => "accounts",
        CustomerTable::Lead => "leads",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::snapshot;
    use serde_json::{Value, json};

    const ID: &str = "00000b01-0000-4000-8000-000000000000";
    const OWNER: &str = "00000d01-0000-4000-8000-000000000000";

    fn queue(owner: Value) -> DynamicsQueue {
        let mut row = json!({"queueid": ID, "name": "Sales", "statecode": 0});
        row.as_object_mut().unwrap().extend(owner.as_object().unwrap().clone());
        match Source::of_queues().read(&Row::from(row)) {
            Some((_, Some(Entry::Queue(queue)))) => queue,
            _ => panic!("no queue"),
        }
    }

    #[test]
    fn a_queue_belongs_to_a_user_or_a_team_or_nobody_that_may_be_seen() {
        let owner = Uuid::parse_str(OWNER).unwrap();
        let of = |row| queue(row).owner;
        let user = json!({"_owninguser_value": OWNER, "_owningteam_value": null});
        assert_eq!(of(user), Some(QueueOwner::User(owner)));
        let team = json!({"_owninguser_value": null, "_owningteam_value": OWNER});
        assert_eq!(of(team), Some(QueueOwner::Team(owner)));
        assert_eq!(of(json!({})), None);
    }

    #[test]
    fn a_queue_comes_back_from_the_store_as_it_was() {
        for row in [
            json!({"_owninguser_value": OWNER}),
            json!({"_owningteam_value": OWNER, "statecode": 1}),
            json!({"statecode": 1}),
        ] {
            let queue = queue(row);
            let kept = snapshot::row(queue.id, &Entry::Queue(queue.clone()));
            match snapshot::entry(DirectoryTable::Queues, &kept) {
                Some(Entry::Queue(found)) => assert_eq!(found, queue),
                _ => panic!("no queue"),
            }
        }
    }

    #[test]
    fn queues_are_followed_although_they_have_no_phone() {
        assert!(!Source::of_queues().is_unused());
        assert!(Source::of_customers(CustomerTable::Lead, Vec::new()).is_unused());
    }
}
