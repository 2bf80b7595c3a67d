//! Who is who: the company's agents, who are users of both systems, and its customers.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::ids::id;

/// A person of the company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agent {
    /// Known to Dynamics by her Enreach id.
    Anna,
    /// Known to Dynamics by his mobile number only.
    Bo,
    /// Nobody's agent: the user of `DefaultCrmAssignee`.
    Deputy,
}

impl Agent {
    pub(crate) const ALL: [Self; 3] = [Self::Anna, Self::Bo, Self::Deputy];

    fn number(self) -> u32 {
        match self {
            Self::Anna => 1,
            Self::Bo => 2,
            Self::Deputy => 9,
        }
    }

    /// Key of the Enreach user.
    pub fn agent_id(self) -> Uuid {
        id(0xA, self.number())
    }

    /// Key of the Dynamics user.
    pub fn user_id(self) -> Uuid {
        id(0xD, self.number())
    }

    /// First name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Anna => "Anna",
            Self::Bo => "Bo",
            Self::Deputy => "Deputy",
        }
    }

    /// The number that customers call.
    pub fn work_number(self) -> String {
        format!("+35894245011{}", self.number())
    }

    fn mobile_number(self) -> String {
        format!("+35845555010{}", self.number())
    }

    pub(crate) fn enreach_row(self) -> Value {
        let login = format!("{}@contoso.example", self.name().to_lowercase());
        json!({
            "Id": self.agent_id(), "UserName": login, "Email": login, "FirstName": self.name(),
            "LastName": "Agent", "WorkNumber": self.work_number(),
            "MobileNumber": self.mobile_number(), "Deleted": false
        })
    }

    /// The Dynamics user as it is at first.
    pub fn user_row(self) -> Value {
        let mail = format!("{}@contoso.example", self.name().to_lowercase());
        let mut row = json!({
            "systemuserid": self.user_id(), "firstname": self.name(), "lastname": "Agent",
            "fullname": format!("{} Agent", self.name()), "domainname": mail,
            "internalemailaddress": mail, "isdisabled": false, "accessmode": 0,
            "roles": ["Voice User"]
        });
        match self {
            Self::Bo => row["mobilephone"] = self.mobile_number().into(),
            _ => row["ev_clouduserid"] = json!(self.agent_id()),
        }
        row
    }
}

/// A customer in Dynamics: a contact with a number of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    number: u32,
}

impl Customer {
    /// The n-th contact, below 8,000,000.
    pub fn contact(number: u32) -> Self {
        Self { number }
    }

    /// Its key.
    pub fn id(&self) -> Uuid {
        id(0xC, self.number)
    }

    /// Its number in international form.
    pub fn phone(&self) -> String {
        format!("+35850{}", self.subscriber())
    }

    /// Its number as somebody typed it.
    pub fn phone_as_typed(&self) -> String {
        let digits = self.subscriber().to_string();
        format!("050-{} {}", &digits[..3], &digits[3..])
    }

    fn subscriber(&self) -> u32 {
        1_000_000 + self.number
    }

    /// Where its row is: `contacts(…)`.
    pub fn path(&self) -> String {
        format!("contacts({})", self.id())
    }

    pub(crate) fn row(&self) -> Value {
        json!({
            "contactid": self.id(), "lastname": format!("Customer {}", self.number),
            "telephone1": self.phone_as_typed()
        })
    }
}
