//! Contacts, accounts and leads, many of them with the same numbers.

use serde_json::{Value, json};

use super::dice::Dice;
use super::numbers::{Number, Numbers, typed};
use super::organisation::Organisation;

/// The rows of the three tables.
#[derive(Debug, Default)]
pub(super) struct Customers {
    pub(super) contacts: Vec<Value>,
    pub(super) accounts: Vec<Value>,
    pub(super) leads: Vec<Value>,
}

/// Longest phone number that a lead's mobile phone column takes.
const LEAD_MOBILE: usize = 20;
/// Longest phone number that the other columns take.
const PHONE: usize = 50;

impl Customers {
    pub(super) fn roll(dice: &mut Dice, numbers: &Numbers, organisation: &Organisation) -> Self {
        let mut customers = Self::default();
        for place in 0..dice.between(8, 26) {
            match dice.weighted(&[60, 22, 18]) {
                0 => customers.contact(dice, numbers, organisation, place),
                1 => customers.account(dice, numbers, organisation, place),
                _ => customers.lead(dice, numbers, organisation, place),
            }
        }
        for _ in 0..dice.between(0, 2) {
            customers.shared_account(dice, numbers);
        }
        if dice.chance(8) {
            customers.crowd(dice, numbers);
        }
        customers
    }

    fn contact(
        &mut self,
        dice: &mut Dice,
        numbers: &Numbers,
        organisation: &Organisation,
        place: i64,
    ) {
        let mut row = json!({
            "contactid": dice.guid(), "firstname": "Contact", "lastname": format!("C{place:02}"),
            "fullname": format!("Contact C{place:02}"), "createdon": created(dice),
            "statecode": i64::from(dice.chance(12)),
        });
        let columns = [
            "telephone1",
            "telephone2",
            "telephone3",
            "mobilephone",
            "business2",
            "home2",
            "address1_telephone1",
            "company",
            "pager",
        ];
        give_phones(dice, &mut row, &columns, numbers, organisation);
        if let Some(account) = self.accounts.last().filter(|_| dice.chance(30)) {
            let account = format!("/accounts({})", account["accountid"].as_str().unwrap());
            row["parentcustomerid_account@odata.bind"] = account.into();
        }
        self.contacts.push(row);
    }

    fn account(
        &mut self,
        dice: &mut Dice,
        numbers: &Numbers,
        organisation: &Organisation,
        place: i64,
    ) {
        let mut row = json!({
            "accountid": dice.guid(), "name": format!("Account A{place:02}"),
            "createdon": created(dice), "statecode": i64::from(dice.chance(12)),
        });
        let columns = ["telephone1", "telephone2", "telephone3", "address1_telephone1", "fax"];
        give_phones(dice, &mut row, &columns, numbers, organisation);
        self.accounts.push(row);
    }

    fn lead(
        &mut self,
        dice: &mut Dice,
        numbers: &Numbers,
        organisation: &Organisation,
        place: i64,
    ) {
        let mut row = json!({
            "leadid": dice.guid(), "firstname": "Lead", "lastname": format!("L{place:02}"),
            "fullname": format!("Lead L{place:02}"), "subject": "Something",
            "createdon": created(dice), "statecode": *dice.pick(&[0, 0, 0, 0, 1, 2]),
        });
        let columns = ["telephone1", "telephone2", "telephone3", "mobilephone"];
        give_phones(dice, &mut row, &columns, numbers, organisation);
        self.leads.push(row);
    }

    /// More customers with one number than a description names.
    fn crowd(&mut self, dice: &mut Dice, numbers: &Numbers) {
        let number = dice.pick(&numbers.foreign).clone();
        for place in 0..dice.between(9, 13) {
            self.contacts.push(json!({
                "contactid": dice.guid(), "firstname": "Crowd", "lastname": format!("M{place:02}"),
                "fullname": format!("Crowd M{place:02}"), "createdon": created(dice),
                "telephone1": number.e164(),
            }));
        }
    }

    /// An account and its contacts with one number.
    fn shared_account(&mut self, dice: &mut Dice, numbers: &Numbers) {
        let number = dice.pick(&numbers.foreign).clone();
        let account = dice.guid();
        self.accounts.push(json!({
            "accountid": account, "name": format!("Account {}", &account[..6]),
            "telephone1": typed(dice, &number, &numbers.foreign), "createdon": created(dice),
        }));
        for place in 0..dice.between(1, 2) {
            let name = format!("{}{place}", &account[..6]);
            self.contacts.push(json!({
                "contactid": dice.guid(), "firstname": "Contact", "lastname": name,
                "fullname": format!("Contact {name}"), "createdon": created(dice),
                "telephone1": number.e164(),
                "parentcustomerid_account@odata.bind": format!("/accounts({account})"),
            }));
        }
    }
}

fn give_phones(
    dice: &mut Dice,
    row: &mut Value,
    columns: &[&str],
    numbers: &Numbers,
    organisation: &Organisation,
) {
    for _ in 0..dice.weighted(&[1, 10, 5, 3]) {
        let column = *dice.pick(columns);
        let number = if dice.chance(5) {
            organisation.own_number(dice)
        } else {
            dice.pick(&numbers.foreign).clone()
        };
        row[column] = fitting(dice, &number, column, row.get("leadid").is_some(), numbers).into();
    }
}

/// A text that the column can hold.
fn fitting(
    dice: &mut Dice,
    number: &Number,
    column: &str,
    of_lead: bool,
    numbers: &Numbers,
) -> String {
    let text = typed(dice, number, &numbers.foreign);
    let longest = if of_lead && column == "mobilephone" { LEAD_MOBILE } else { PHONE };
    if text.len() > longest { number.e164() } else { text }
}

/// Some are created in the same second: then the id decides.
fn created(dice: &mut Dice) -> String {
    format!("2025-0{}-1{}T10:00:00Z", dice.between(1, 9), dice.between(0, 4))
}
