//! Who the company's customers are: accounts, contacts and leads, with their numbers as typed.
//!
//! Every number in [`Customers::single`] belongs to exactly one customer that is searched. The other
//! numbers are the awkward ones, each with a field of its own.

use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use serde_json::{Map, Value, json};

use super::DemoRng;
use super::ids::{Ids, instant};
use super::names::{ACCOUNTS, CONTACTS, LEADS};
use super::numbers::{Country, Number, STYLES, Style};

/// Contacts that share the switchboard number of the first account.
const SHARING_CONTACTS: usize = 3;

/// The contact with two numbers in one column.
const TWO_NUMBER_CONTACT: usize = 3;

/// The contact who is a lead as well.
const DOUBLED_CONTACT: usize = 4;

/// Phone columns of a contact, in the order in which the demo uses them.
const CONTACT_COLUMNS: [&str; 5] =
    ["mobilephone", "telephone1", "mobilephone", "telephone2", "business2"];

/// The customers of the demo.
#[derive(Debug)]
pub(super) struct Customers {
    /// Rows of `accounts`.
    pub(super) accounts: Vec<Value>,
    /// Rows of `contacts`.
    pub(super) contacts: Vec<Value>,
    /// Rows of `leads`.
    pub(super) leads: Vec<Value>,
    /// Numbers that lead to one customer each, in random order.
    pub(super) single: Vec<Number>,
    /// A switchboard number that an account and some of its contacts share.
    pub(super) switchboard: Number,
    /// A number that a contact and a lead share.
    pub(super) doubled: Number,
    /// A number that stands in one column together with another: found by containment only.
    pub(super) beside_another: Number,
    /// Numbers whose only rows are closed: an inactive contact, a disqualified lead.
    pub(super) closed: Vec<Number>,
    /// Numbers that no row has.
    pub(super) unknown: Vec<Number>,
}

impl Customers {
    /// Makes the customers; `now` only dates their creation.
    pub(super) fn new(ids: &Ids, rng: &mut DemoRng, now: DateTime<Utc>) -> Self {
        let mut builder = Builder { ids, rng, now, style: 0, single: Vec::new() };
        let switchboard = Country::of(ACCOUNTS[0].1).office(10);
        let doubled = Country::of(CONTACTS[DOUBLED_CONTACT].2).personal(serial(DOUBLED_CONTACT));
        let beside_another = Country::of("FI").personal(140);
        let closed = vec![
            Country::of(CONTACTS[CONTACTS.len() - 1].2).personal(serial(CONTACTS.len() - 1)),
            Country::of(LEADS[LEADS.len() - 1].2).personal(lead_serial(LEADS.len() - 1)),
        ];
        let accounts = builder.accounts(&switchboard);
        let contacts = builder.contacts(&switchboard, &beside_another);
        let leads = builder.leads(&doubled);
        let mut single = builder.single;
        single.shuffle(rng);
        let unknown = ["FI", "SE", "GB", "DE"]
            .iter()
            .flat_map(|code| [97, 98].map(|serial| Country::of(code).personal(serial)))
            .collect();
        Self {
            accounts,
            contacts,
            leads,
            single,
            switchboard,
            doubled,
            beside_another,
            closed,
            unknown,
        }
    }
}

/// Serial of a contact's number; the Swedish and the American ranges end at 99 and 0 to 9 are left to
/// the accounts.
fn serial(contact: usize) -> usize {
    contact + 10
}

/// Serial of a lead's number.
fn lead_serial(lead: usize) -> usize {
    lead + 80
}

struct Builder<'a> {
    ids: &'a Ids,
    rng: &'a mut DemoRng,
    now: DateTime<Utc>,
    style: usize,
    single: Vec<Number>,
}

impl Builder<'_> {
    /// The number in the next style that somebody would use for it.
    fn typed(&mut self, number: &Number) -> Value {
        self.style += 1;
        json!(number.written(STYLES[self.style % STYLES.len()]))
    }

    fn created(&mut self) -> Value {
        let age = TimeDelta::hours(self.rng.random_range(24..24 * 1500));
        json!(instant(self.now - age))
    }

    fn accounts(&mut self, switchboard: &Number) -> Vec<Value> {
        let mut rows = Vec::new();
        for (index, (name, code)) in ACCOUNTS.iter().enumerate() {
            let number = Country::of(code).office(10 + index);
            if index != 0 {
                self.single.push(number.clone());
            }
            let telephone = if index == 0 { self.typed(switchboard) } else { self.typed(&number) };
            rows.push(json!({
                "accountid": self.ids.id("account", name), "name": name,
                "telephone1": telephone, "createdon": self.created(),
            }));
        }
        rows
    }

    fn contacts(&mut self, switchboard: &Number, beside_another: &Number) -> Vec<Value> {
        let last = CONTACTS.len() - 1;
        let mut rows = Vec::new();
        for (index, &(first_name, last_name, code)) in CONTACTS.iter().enumerate() {
            let mut row = self.contact(index, first_name, last_name);
            let number = Country::of(code).personal(serial(index));
            if index == TWO_NUMBER_CONTACT {
                let second = Country::of("FI").office(77);
                let both = format!(
                    "{} / {}",
                    beside_another.written(Style::National),
                    second.written(Style::National)
                );
                row.insert("telephone1".to_owned(), json!(both));
            } else {
                row.insert(CONTACT_COLUMNS[index % 5].to_owned(), self.typed(&number));
                if index != DOUBLED_CONTACT && index != last {
                    self.single.push(number);
                }
            }
            if index < SHARING_CONTACTS {
                row.insert("telephone3".to_owned(), self.typed(switchboard));
            }
            if index == last {
                row.insert("statecode".to_owned(), json!(1));
                row.insert("statuscode".to_owned(), json!(2));
            }
            rows.push(Value::Object(row));
        }
        rows
    }

    fn contact(&mut self, index: usize, first_name: &str, last_name: &str) -> Map<String, Value> {
        let name = format!("{first_name} {last_name}");
        let employer = if index < SHARING_CONTACTS { 0 } else { index % ACCOUNTS.len() };
        let account = self.ids.id("account", ACCOUNTS[employer].0);
        let columns = [
            ("contactid", json!(self.ids.id("contact", &name))),
            ("firstname", json!(first_name)),
            ("lastname", json!(last_name)),
            ("fullname", json!(name)),
            ("parentcustomerid_account@odata.bind", json!(format!("/accounts({account})"))),
            ("createdon", self.created()),
        ];
        columns.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn leads(&mut self, doubled: &Number) -> Vec<Value> {
        let last = LEADS.len() - 1;
        let mut rows = Vec::new();
        for (index, &(first_name, last_name, code, company)) in LEADS.iter().enumerate() {
            let own = Country::of(code).personal(lead_serial(index));
            let telephone = if index == 0 { self.typed(doubled) } else { self.typed(&own) };
            if index != 0 && index != last {
                self.single.push(own);
            }
            let name = format!("{first_name} {last_name}");
            let mut row = json!({
                "leadid": self.ids.id("lead", &name),
                "firstname": first_name, "lastname": last_name, "fullname": name,
                "companyname": company, "subject": format!("Interest of {company}"),
                "telephone1": telephone, "createdon": self.created(),
            });
            if index == last {
                row["statecode"] = json!(2);
                row["statuscode"] = json!(4);
            }
            rows.push(row);
        }
        rows
    }
}
