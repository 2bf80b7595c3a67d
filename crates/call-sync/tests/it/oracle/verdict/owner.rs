//! Whose call it was (design §3, Owner).

use serde_json::Value;

use super::json::{list, text};
use super::number::{of_enreach, typed};

/// The Dynamics users, and what Enreach knows of its own.
#[derive(Debug)]
pub(super) struct People<'a> {
    users: Vec<&'a Value>,
    /// Those that are not deleted.
    agents: Vec<&'a Value>,
    region: &'a str,
}

impl<'a> People<'a> {
    pub(super) fn of(world: &'a Value, region: &'a str) -> Self {
        let mut users: Vec<&Value> = list(&world["dataverse"]["systemusers"])
            .iter()
            .filter(|user| user["isdisabled"] != true)
            .collect();
        users.sort_by_key(|user| (text(user, "createdon"), text(user, "systemuserid")));
        let agents = list(&world["enreach"]["users"]).iter();
        let agents = agents.filter(|agent| agent["Deleted"] != true).collect();
        Self { users, agents, region }
    }

    /// The Dynamics user of an Enreach user.
    pub(super) fn user(&self, agent: &str) -> Option<&'a Value> {
        if agent.is_empty() {
            return None;
        }
        let by_id = self.users.iter().copied();
        by_id
            .into_iter()
            .find(|user| text(user, "ev_clouduserid").trim().eq_ignore_ascii_case(agent))
            .or_else(|| self.user_with_number_of(agent))
    }

    /// The only user whose mobile or main phone is a number of the agent's.
    fn user_with_number_of(&self, agent: &str) -> Option<&'a Value> {
        let agent = self.agents.iter().find(|row| text(row, "Id").eq_ignore_ascii_case(agent))?;
        let numbers: Vec<String> = ["MobileNumber", "WorkNumber"]
            .iter()
            .filter_map(|field| of_enreach(text(agent, field), self.region))
            .collect();
        let has_one = |user: &&Value| {
            let phones = ["mobilephone", "address1_telephone1"];
            let mut meanings =
                phones.iter().flat_map(|column| typed(text(user, column), self.region).meanings);
            meanings.any(|number| numbers.contains(&number))
        };
        let mut found = self.users.iter().copied().filter(has_one);
        let user = found.next()?;
        found.next().is_none().then_some(user)
    }
}

/// Whether Dynamics lets the user own a row: without any role it does not.
pub(super) fn can_own(user: &Value) -> bool {
    user.get("roles").is_none_or(|roles| !list(roles).is_empty())
}
