//! Customers as the index holds them, and candidates as it finds them.

use std::cmp::Ordering;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use voice_model::mask_number;

/// The table that a customer is a row of. The order is the order of rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CustomerTable {
    /// A person.
    Contact,
    /// A company.
    Account,
    /// A prospect; exists only with Dynamics 365 Sales.
    Lead,
}

impl CustomerTable {
    /// Its logical name in Dataverse.
    pub fn logical_name(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Account => "account",
            Self::Lead => "lead",
        }
    }
}

impl fmt::Display for CustomerTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.logical_name())
    }
}

/// Which customer: table and key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CustomerRef {
    /// Its table.
    pub table: CustomerTable,
    /// Its key.
    pub id: Uuid,
}

/// A customer with the numbers to find it by.
///
/// `Debug` shows masked numbers and no name.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Table and key.
    pub reference: CustomerRef,
    /// The name that people see.
    pub name: String,
    /// When the row was created, if known.
    pub created_on: Option<DateTime<Utc>>,
    /// The account that a contact belongs to.
    pub parent_account: Option<Uuid>,
    /// Its phone columns as people typed them; empty ones may be left out or in.
    pub numbers: Vec<String>,
}

impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.numbers.iter().map(|number| mask_number(number)).collect();
        f.debug_struct("Customer")
            .field("reference", &self.reference)
            .field("created_on", &self.created_on)
            .field("parent_account", &self.parent_account)
            .field("numbers", &numbers)
            .finish_non_exhaustive()
    }
}

/// How surely a customer's number is the number sought. The order is the order of rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MatchKind {
    /// Equal as E.164.
    Exact,
    /// The digits sought are contained in its digits.
    Contained,
}

/// A customer that a number may belong to.
///
/// `Debug` shows a masked number and no name.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Table and key.
    pub customer: CustomerRef,
    /// The name that people see.
    pub name: String,
    /// When the row was created, if known.
    pub created_on: Option<DateTime<Utc>>,
    /// The account that a contact belongs to.
    pub parent_account: Option<Uuid>,
    /// How surely it matches.
    pub kind: MatchKind,
    /// The column's text that matched, as typed.
    pub number: String,
}

impl Candidate {
    /// Rank: exact before contained, then contact, account, lead, then oldest (unknown age last),
    /// then id. Total over candidates of different customers, so that the answer is the same every
    /// time.
    pub(crate) fn rank(&self, other: &Self) -> Ordering {
        let age = |candidate: &Self| (candidate.created_on.is_none(), candidate.created_on);
        self.kind
            .cmp(&other.kind)
            .then_with(|| self.customer.table.cmp(&other.customer.table))
            .then_with(|| age(self).cmp(&age(other)))
            .then_with(|| self.customer.id.cmp(&other.customer.id))
    }
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate")
            .field("customer", &self.customer)
            .field("created_on", &self.created_on)
            .field("parent_account", &self.parent_account)
            .field("kind", &self.kind)
            .field("number", &mask_number(&self.number))
            .finish_non_exhaustive()
    }
}
