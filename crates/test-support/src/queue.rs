//! Queues of Dynamics, where phone calls wait, with their owners (Dataverse reference, section 3.2).

use serde_json::{Value, json};
use uuid::Uuid;

use crate::Agent;
use crate::ids::id;

/// A queue in Dynamics. As built it is the deputy's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    number: u32,
    owner: Owner,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Agent(Agent),
    Team,
}

impl Queue {
    /// The n-th queue.
    pub fn new(number: u32) -> Self {
        Self { number, owner: Owner::Agent(Agent::Deputy) }
    }

    /// Another agent's.
    #[must_use]
    pub fn owned_by(mut self, agent: Agent) -> Self {
        self.owner = Owner::Agent(agent);
        self
    }

    /// Belongs to a team of its own.
    #[must_use]
    pub fn owned_by_team(mut self) -> Self {
        self.owner = Owner::Team;
        self
    }

    /// Its key.
    pub fn id(&self) -> Uuid {
        id(0xD0, self.number)
    }

    /// Where its row is: `queues(…)`.
    pub fn path(&self) -> String {
        format!("queues({})", self.id())
    }

    /// Key of the user or the team that owns it.
    pub fn owner_id(&self) -> Uuid {
        match self.owner {
            Owner::Agent(agent) => agent.user_id(),
            Owner::Team => id(0xD1, self.number),
        }
    }

    /// Its row.
    pub(crate) fn row(&self) -> Value {
        let owners = match self.owner {
            Owner::Agent(_) => "systemusers",
            Owner::Team => "teams",
        };
        json!({
            "queueid": self.id(), "name": format!("Queue {}", self.number),
            "ownerid@odata.bind": format!("/{owners}({})", self.owner_id())
        })
    }

    /// The row of its team, if it belongs to one.
    pub(crate) fn team_row(&self) -> Option<Value> {
        let name = format!("Team of queue {}", self.number);
        let row = || json!({"teamid": self.owner_id(), "name": name, "teamtype": 0});
        (self.owner == Owner::Team).then(row)
    }
}
