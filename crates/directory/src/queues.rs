//! Queues of Dynamics.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A queue of Dynamics, in use or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DynamicsQueue {
    /// Key.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Whose it is. Dynamics gives every queue an owner; one that nobody may see is none to us.
    pub owner: Option<QueueOwner>,
    /// Whether it is in use.
    pub is_active: bool,
}

/// Whose a queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueOwner {
    /// A user, who may be disabled.
    User(Uuid),
    /// A team.
    Team(Uuid),
}
