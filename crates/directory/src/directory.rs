//! Who could be on the phone: customers and users of Dynamics, kept locally.
//!
//! The directory is a copy that follows Dynamics by change tracking. Its snapshot in the store lets
//! a new process go on where the last one was. It is right for the moment of its last refresh, or it
//! says that it is stale; it is never half loaded and used.

mod progress;
mod refresh;
mod snapshot;
mod source;

use std::collections::HashMap;

use call_matching::{CustomerRef, CustomerTable, NumberIndex};
use chrono::{DateTime, Utc};
use dataverse_client::DataverseApi;
use settings::{Finding, Names, TenantSettings};
use sync_store::Store;
use uuid::Uuid;
use voice_model::{SystemUserId, TenantName};

use crate::{DynamicsQueue, DynamicsUser, PhoneSystem, Result, UserBook};

use progress::Progress;
use source::Source;

pub use source::{DirectoryTable, entity_set};

/// What the directory stands on.
#[derive(Clone, Copy)]
pub struct Grounding<'a> {
    /// Dynamics.
    pub api: &'a dyn DataverseApi,
    /// Where the snapshot is kept.
    pub store: &'a dyn Store,
    /// Whose it is.
    pub tenant: &'a TenantName,
    /// Logical names in this environment.
    pub names: &'a Names,
    /// The tenant's settings.
    pub settings: &'a TenantSettings,
    /// The Enreach organisation: how numbers are read, and which are its own.
    pub phone_system: &'a PhoneSystem,
    /// The time.
    pub now: DateTime<Utc>,
}

/// Customers by number, users and queues.
#[derive(Debug)]
pub struct Directory {
    /// Active customers, findable by number.
    customers: NumberIndex,
    users: HashMap<SystemUserId, DynamicsUser>,
    queues: HashMap<Uuid, DynamicsQueue>,
    book: UserBook,
    tables: Vec<Table>,
    /// When the phone system was read whose numbers are nobody's.
    phone_system_of: DateTime<Utc>,
    refreshed_at: Option<DateTime<Utc>>,
    changed: bool,
}

/// A table of Dynamics that the directory follows.
#[derive(Debug)]
struct Table {
    source: Source,
    /// Up to where changes are applied; `None` = it has to be loaded whole.
    progress: Option<Progress>,
    /// Which load of the store that belongs to.
    load: i64,
    /// When the store last kept the progress.
    saved_at: Option<DateTime<Utc>>,
    finding: Option<Finding>,
}

/// What became of a row: held as this, or held no more.
enum Entry {
    Customer(call_matching::Customer),
    User(DynamicsUser),
    Queue(DynamicsQueue),
}

impl Directory {
    /// The directory of these tables as the store has it, which may be empty.
    ///
    /// # Errors
    /// [`Error::Store`](crate::Error::Store).
    pub async fn open(grounding: &Grounding<'_>, tables: &[DirectoryTable]) -> Result<Self> {
        let mut directory = Self {
            customers: NumberIndex::new(grounding.phone_system.reader.clone()),
            users: HashMap::new(),
            queues: HashMap::new(),
            book: UserBook::default(),
            tables: tables.iter().map(|table| Table::new(Source::of(*table, grounding))).collect(),
            phone_system_of: grounding.phone_system.read_at,
            refreshed_at: None,
            changed: true,
        };
        directory.customers.set_own_numbers(grounding.phone_system.own_numbers());
        for index in 0..directory.tables.len() {
            snapshot::load(&mut directory, index, grounding).await?;
        }
        directory.rebuild_book();
        Ok(directory)
    }

    /// Follows a change of the settings or of the phone system. What must be read anew has then no
    /// progress.
    pub fn reground(&mut self, grounding: &Grounding<'_>) {
        if self.phone_system_of != grounding.phone_system.read_at {
            self.phone_system_of = grounding.phone_system.read_at;
            self.read_numbers_with(grounding.phone_system);
        }
        for index in 0..self.tables.len() {
            let source = Source::of(self.tables[index].source.table, grounding);
            if self.tables[index].wanted() != source.columns {
                self.forget(index);
                self.tables[index] = Table::new(source);
            }
        }
    }

    /// Numbers are read by the rules of a region, and own numbers are nobody's: both may have
    /// changed.
    fn read_numbers_with(&mut self, phone_system: &PhoneSystem) {
        self.customers.set_reader(phone_system.reader.clone());
        self.customers.set_own_numbers(phone_system.own_numbers());
        self.rebuild_book();
        self.changed = true;
    }

    /// Whether it has to be refreshed before it is used.
    pub fn is_stale(&self, grounding: &Grounding<'_>) -> bool {
        let age = grounding.settings.directory_refresh;
        let fresh = |at: DateTime<Utc>| (at..at + age).contains(&grounding.now);
        let loaded = self.tables.iter().all(|table| table.progress.is_some());
        !(loaded && self.refreshed_at.is_some_and(fresh))
    }

    /// Whether it was last refreshed before an instant.
    pub fn is_older_than(&self, instant: DateTime<Utc>) -> bool {
        self.refreshed_at.is_none_or(|at| at < instant)
    }

    /// Makes it stale.
    pub fn request_refresh(&mut self) {
        self.refreshed_at = None;
    }

    /// Applies what has changed in Dynamics: one request for each table if that is little.
    ///
    /// # Errors
    /// [`Error::Dataverse`](crate::Error::Dataverse) and [`Error::Store`](crate::Error::Store); it
    /// is then as stale as before.
    pub async fn refresh(&mut self, grounding: &Grounding<'_>) -> Result<()> {
        self.refreshed_at = None;
        for index in 0..self.tables.len() {
            Box::pin(refresh::table(self, index, grounding)).await?;
        }
        self.refreshed_at = Some(grounding.now);
        Ok(())
    }

    /// Whether anything has changed since this was last asked.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Active customers, findable by number.
    pub fn customers(&self) -> &NumberIndex {
        &self.customers
    }

    /// Lets go of a customer who is gone from Dynamics, before its changes say so.
    pub fn forget_customer(&mut self, customer: CustomerRef) {
        self.customers.remove(customer);
    }

    /// A queue, in use or not.
    pub fn queue(&self, id: Uuid) -> Option<&DynamicsQueue> {
        self.queues.get(&id)
    }

    /// An enabled user.
    pub fn user(&self, id: Uuid) -> Option<&DynamicsUser> {
        self.users.get(&SystemUserId(id))
    }

    /// Enabled users.
    pub fn users(&self) -> &UserBook {
        &self.book
    }

    /// What an administrator should put right.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        let of_tables = self.tables.iter().filter_map(|table| table.finding.as_ref());
        self.book.findings().iter().chain(of_tables)
    }

    fn hold(&mut self, entry: Entry) {
        match entry {
            Entry::Customer(customer) => self.customers.put(customer),
            Entry::User(user) => drop(self.users.insert(user.id, user)),
            Entry::Queue(queue) => drop(self.queues.insert(queue.id, queue)),
        }
    }

    /// Lets go of a row; whether it was held.
    fn drop_row(&mut self, table: DirectoryTable, id: Uuid) -> bool {
        match table {
            DirectoryTable::Customers(table) => {
                self.customers.remove(CustomerRef { table, id }).is_some()
            }
            DirectoryTable::Users => self.users.remove(&SystemUserId(id)).is_some(),
            DirectoryTable::Queues => self.queues.remove(&id).is_some(),
        }
    }

    /// Lets go of all rows of a table.
    fn forget(&mut self, index: usize) {
        match self.tables[index].source.table {
            DirectoryTable::Customers(table) => self.forget_customers(table),
            DirectoryTable::Users => self.users.clear(),
            DirectoryTable::Queues => self.queues.clear(),
        }
        self.changed = true;
    }

    fn forget_customers(&mut self, table: CustomerTable) {
        let all = self.customers.customers().map(|customer| customer.reference);
        let gone: Vec<_> = all.filter(|reference| reference.table == table).collect();
        for reference in gone {
            self.customers.remove(reference);
        }
    }

    fn rebuild_book(&mut self) {
        self.book = UserBook::new(self.users.values().cloned().collect(), self.customers.reader());
    }
}

impl Table {
    fn new(source: Source) -> Self {
        Self { source, progress: None, load: 0, saved_at: None, finding: None }
    }

    /// The columns that the settings ask for, also while others stand in for them.
    fn wanted(&self) -> &[String] {
        self.source.instead_of.as_deref().unwrap_or(&self.source.columns)
    }
}
