#![doc = include_str!("../README.md")]
#![expect(clippy::unwrap_used, reason = "it is used by tests, which may panic")]

mod call;
mod company;
mod ids;
mod invariants;
mod outsider;
mod plant;
mod world;

pub use call::Call;
pub use company::{Agent, Customer};
pub use invariants::{Expected, Fate, assert_invariants};
pub use outsider::Outsider;
pub use plant::TestPlant;
pub use world::World;
