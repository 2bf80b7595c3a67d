//! Whose call it was: from an Enreach agent to a Dynamics user.

use std::collections::HashMap;

use call_matching::NumberReader;
use chrono::{DateTime, Utc};
use settings::Finding;
use voice_model::{AgentId, E164, SystemUserId};

/// An enabled Dynamics user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DynamicsUser {
    /// Key.
    pub id: SystemUserId,
    /// Full name.
    pub name: String,
    /// The Enreach user that it is.
    pub agent: Option<AgentId>,
    /// Mobile and main phone, as typed.
    pub phones: Vec<String>,
    /// When it was created.
    pub created_on: Option<DateTime<Utc>>,
}

/// The user who shall own a phone call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Key.
    pub id: SystemUserId,
    /// Full name.
    pub name: String,
    /// Whether this is the user of `DefaultCrmAssignee`, for want of the agent's own.
    pub is_fallback: bool,
}

/// All enabled Dynamics users, findable by Enreach id and by phone number.
#[derive(Debug, Default)]
pub struct UserBook {
    users: Vec<DynamicsUser>,
    by_agent: HashMap<AgentId, usize>,
    by_number: HashMap<E164, Vec<usize>>,
    findings: Vec<Finding>,
}

impl UserBook {
    /// Files the users. Disabled ones must not be among them.
    pub fn new(mut users: Vec<DynamicsUser>, reader: &NumberReader) -> Self {
        users.sort_by_key(age);
        let mut book = Self::default();
        for (position, user) in users.iter().enumerate() {
            if let Some(agent) = &user.agent {
                book.file_agent(agent, position, &users);
            }
            for phone in &user.phones {
                for number in reader.typed(phone).e164() {
                    let holders = book.by_number.entry(number.clone()).or_default();
                    if !holders.contains(&position) {
                        holders.push(position);
                    }
                }
            }
        }
        book.users = users;
        book
    }

    fn file_agent(&mut self, agent: &AgentId, position: usize, users: &[DynamicsUser]) {
        let Some(&first) = self.by_agent.get(agent) else {
            self.by_agent.insert(agent.clone(), position);
            return;
        };
        self.findings.push(Finding::new(
            format!("Enreach user id {agent}"),
            format!(
                "is held by two Dynamics users, {} and {}; the older one, {}, gets the calls. \
                 Clear it on one of them",
                users[first].name, users[position].name, users[first].name
            ),
        ));
    }

    /// What an administrator should put right.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The user that an agent is: by Enreach id, else the only user with one of the agent's numbers.
    pub fn user_of(&self, agent: &AgentId, agent_numbers: &[E164]) -> Option<&DynamicsUser> {
        if let Some(&position) = self.by_agent.get(agent) {
            return self.users.get(position);
        }
        let mut holders: Vec<usize> = agent_numbers
            .iter()
            .filter_map(|number| self.by_number.get(number))
            .flatten()
            .copied()
            .collect();
        holders.sort_unstable();
        holders.dedup();
        match holders[..] {
            [only] => self.users.get(only),
            _ => None,
        }
    }

    /// The owner of a call: the agent's user, else the user of `default_assignee`. `numbers_of`
    /// gives the Enreach numbers of an agent.
    pub fn owner<'n>(
        &self,
        agent: Option<&AgentId>,
        default_assignee: Option<&AgentId>,
        numbers_of: impl Fn(&AgentId) -> &'n [E164],
    ) -> Option<Owner> {
        let find = |agent: &AgentId| self.user_of(agent, numbers_of(agent));
        if let Some(user) = agent.and_then(find) {
            return Some(Owner { id: user.id, name: user.name.clone(), is_fallback: false });
        }
        let user = default_assignee.and_then(find)?;
        Some(Owner { id: user.id, name: user.name.clone(), is_fallback: true })
    }
}

/// Oldest first; users without a creation date last; then by key, so that the order is total.
fn age(user: &DynamicsUser) -> (bool, Option<DateTime<Utc>>, SystemUserId) {
    (user.created_on.is_none(), user.created_on, user.id)
}

#[cfg(test)]
mod tests;
