#![doc = include_str!("../README.md")]

mod directory;
mod error;
mod phone_system;
mod queues;
mod rules;
mod users;

pub use directory::{Directory, DirectoryTable, Grounding, entity_set};
pub use error::{Error, Result};
pub use phone_system::{PhoneSystem, PhoneSystemCache};
pub use queues::{DynamicsQueue, QueueOwner};
pub use rules::match_rules;
pub use users::{DynamicsUser, Owner, UserBook};
