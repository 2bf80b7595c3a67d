//! Which customers have a number (design §3, Match).

use serde_json::Value;

use super::json::{bound, list, text};
use super::number::{Typed, numbers_in, typed};
use super::settings::Settings;

/// A customer that matched.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Customer {
    /// Logical name of the table.
    pub(super) table: &'static str,
    pub(super) id: String,
    pub(super) name: String,
    /// The account that a contact belongs to.
    account: Option<String>,
    pub(super) exact: bool,
    createdon: String,
}

/// The tables in the order in which they count: name, set, key, column of the name.
const TABLES: [(&str, &str, &str, &str); 3] = [
    ("contact", "contacts", "contactid", "fullname"),
    ("account", "accounts", "accountid", "name"),
    ("lead", "leads", "leadid", "fullname"),
];

/// All customers that may match, with the numbers in their columns.
#[derive(Debug)]
pub(super) struct Customers<'a> {
    settings: &'a Settings,
    own: &'a [String],
    all: Vec<(Customer, Vec<Column>)>,
}

/// The numbers in one column.
type Column = Vec<Typed>;

impl<'a> Customers<'a> {
    pub(super) fn of(
        world: &Value,
        settings: &'a Settings,
        own: &'a [String],
        region: &str,
    ) -> Self {
        let mut all = Vec::new();
        for (table, set, key, name) in TABLES {
            for row in list(&world["dataverse"][set]) {
                if row["statecode"].as_i64().unwrap_or(0) != 0 {
                    continue;
                }
                let customer = Customer {
                    table,
                    id: text(row, key).to_owned(),
                    name: text(row, name).to_owned(),
                    account: bound(row, "parentcustomerid_account")
                        .map(|(_, account)| account.to_owned()),
                    exact: false,
                    createdon: text(row, "createdon").to_owned(),
                };
                let columns = settings.columns[table].iter().map(|column| {
                    let parts = numbers_in(text(row, column)).into_iter();
                    parts.map(|part| typed(part, region)).collect()
                });
                all.push((customer, columns.collect()));
            }
        }
        Self { settings, own, all }
    }

    /// All that have a number, the first first.
    pub(super) fn matching(&self, number: &str) -> Vec<Customer> {
        if self.own.iter().any(|own| own == number) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for (customer, columns) in &self.all {
            let hits = columns.iter().filter_map(|column| self.hit(column, number));
            if let Some(exact) = hits.max() {
                found.push(Customer { exact, ..customer.clone() });
            }
        }
        if self.settings.prefer_exact_match && found.iter().any(|customer| customer.exact) {
            found.retain(|customer| customer.exact);
        }
        let place = |table: &str| TABLES.iter().position(|entry| entry.0 == table);
        found.sort_by_key(|customer| {
            let Customer { table, id, exact, createdon, .. } = customer;
            (!exact, place(table), createdon.clone(), id.clone())
        });
        found
    }

    /// Whether a column holds the number: not at all, contained (false), exactly (true). A column of
    /// two numbers is searched by containment only, each of them for itself.
    fn hit(&self, column: &Column, number: &str) -> Option<bool> {
        let hits = column.iter().filter_map(|typed| {
            let is = |wanted: &str| typed.meanings.iter().any(|meaning| meaning == wanted);
            if self.own.iter().any(|own| is(own)) {
                return None;
            }
            if column.len() == 1 && is(number) {
                return Some(true);
            }
            let different = typed.international && !typed.meanings.is_empty() && !is(number);
            (!different && contains(typed, self.settings, number)).then_some(false)
        });
        hits.max()
    }
}

fn contains(typed: &Typed, settings: &Settings, number: &str) -> bool {
    let cut = usize::try_from(settings.numbers_to_cut).unwrap();
    let least = usize::try_from(settings.minimum_match_digits).unwrap();
    let left: String = number.chars().skip(cut).filter(char::is_ascii_digit).collect();
    let holds = |digits: &str| digits.contains(&left);
    left.len() >= least
        && (holds(&typed.digits) || typed.meanings.iter().any(|meaning| holds(meaning)))
}

/// The account, if the candidates are one account and only its own contacts.
pub(super) fn shared_account(candidates: &[Customer]) -> Option<&Customer> {
    let mut accounts = candidates.iter().filter(|customer| customer.table == "account");
    let account = accounts.next()?;
    let belongs =
        |customer: &Customer| customer == account || customer.account.as_ref() == Some(&account.id);
    candidates.iter().all(belongs).then_some(account)
}
