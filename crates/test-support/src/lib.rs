#![doc = include_str!("../README.md")]
#![expect(clippy::unwrap_used, reason = "it is used by tests, which may panic")]

mod call;
mod callback_invariants;
mod callback_list;
mod callback_profile;
mod callback_request;
mod choice;
mod company;
mod ids;
mod invariants;
mod outsider;
mod plant;
mod queue;
mod world;

pub use call::Call;
pub use callback_invariants::{CallbackFate, ExpectedCallbacks, assert_callback_invariants};
pub use callback_list::CallbackList;
pub use callback_profile::CallbackProfile;
pub use callback_request::CallbackRequest;
pub use choice::{AgeUnit, DuplicateRule, OwnershipRule, SyncMethod};
pub use company::{Agent, Customer};
pub use invariants::{Expected, Fate, assert_invariants};
pub use outsider::Outsider;
pub use plant::TestPlant;
pub use queue::Queue;
pub use world::World;
