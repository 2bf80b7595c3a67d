//! Which columns of which tables are searched for numbers.

use std::fmt;
use std::str::FromStr;

use crate::names::is_logical_name;

/// The columns that hold the numbers of customers, per table, in the order of search.
///
/// As text: `contact: telephone1, mobilephone; account: telephone1; lead:`. A table that is not
/// named keeps its default; a table named without columns is not searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchColumns {
    /// Columns of `contact`.
    pub contact: Vec<String>,
    /// Columns of `account`.
    pub account: Vec<String>,
    /// Columns of `lead`.
    pub lead: Vec<String>,
}

impl MatchColumns {
    /// The columns of a table by its logical name; none for other tables.
    pub fn of(&self, table: &str) -> &[String] {
        match table {
            "contact" => &self.contact,
            "account" => &self.account,
            "lead" => &self.lead,
            _ => &[],
        }
    }

    fn of_mut(&mut self, table: &str) -> Option<&mut Vec<String>> {
        match table {
            "contact" => Some(&mut self.contact),
            "account" => Some(&mut self.account),
            "lead" => Some(&mut self.lead),
            _ => None,
        }
    }
}

/// The columns of design §3, Match.
impl Default for MatchColumns {
    fn default() -> Self {
        let columns = |names: &str| names.split(' ').map(str::to_owned).collect();
        Self {
            contact: columns(
                "telephone1 telephone2 telephone3 mobilephone business2 home2 address1_telephone1",
            ),
            account: columns("telephone1 telephone2 telephone3 address1_telephone1"),
            lead: columns("telephone1 telephone2 telephone3 mobilephone"),
        }
    }
}

/// Why a text names no columns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MatchColumnsError {
    /// A part has no colon.
    #[error("{0:?} has no colon behind the name of a table")]
    NoTable(String),
    /// A table other than contact, account and lead.
    #[error("{0:?} is no table of customers: those are contact, account and lead")]
    UnknownTable(String),
    /// A table named twice.
    #[error("table {0} is named twice")]
    TableTwice(String),
    /// Something that cannot be the name of a column.
    #[error("{0:?} cannot be the logical name of a column: those have a-z, 0-9 and _ only")]
    NotAColumn(String),
    /// No table has any column left.
    #[error("no column is left to search")]
    NoColumn,
}

impl FromStr for MatchColumns {
    type Err = MatchColumnsError;

    fn from_str(text: &str) -> Result<Self, MatchColumnsError> {
        let mut columns = Self::default();
        let mut named: Vec<String> = Vec::new();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (table, list) =
                part.split_once(':').ok_or_else(|| MatchColumnsError::NoTable(shortened(part)))?;
            let table = table.trim().to_lowercase();
            let Some(of_table) = columns.of_mut(&table) else {
                return Err(MatchColumnsError::UnknownTable(shortened(&table)));
            };
            *of_table = read_columns(list)?;
            if named.contains(&table) {
                return Err(MatchColumnsError::TableTwice(table));
            }
            named.push(table);
        }
        let Self { contact, account, lead } = &columns;
        if contact.is_empty() && account.is_empty() && lead.is_empty() {
            return Err(MatchColumnsError::NoColumn);
        }
        Ok(columns)
    }
}

/// The columns of a comma-separated list, each once.
fn read_columns(list: &str) -> Result<Vec<String>, MatchColumnsError> {
    let mut columns: Vec<String> = Vec::new();
    for column in list.split(',').map(str::trim).filter(|column| !column.is_empty()) {
        if !is_logical_name(column) {
            return Err(MatchColumnsError::NotAColumn(shortened(column)));
        }
        if !columns.iter().any(|known| known == column) {
            columns.push(column.to_owned());
        }
    }
    Ok(columns)
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The text that reads back as the same columns.
impl fmt::Display for MatchColumns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { contact, account, lead } = self;
        let (contact, account, lead) = (contact.join(", "), account.join(", "), lead.join(", "));
        write!(f, "contact: {contact}; account: {account}; lead: {lead}")
    }
}
