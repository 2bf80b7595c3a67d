#![doc = include_str!("../README.md")]

mod choice;
mod customer;
mod index;
mod plan;
mod postings;
mod reader;
mod record;
mod region;
mod rules;
mod segments;
mod slot_table;
mod tried;
mod typed;

pub use choice::{MatchResult, choose};
pub use customer::{Candidate, Customer, CustomerRef, CustomerTable, MatchKind};
pub use index::NumberIndex;
pub use reader::{CallerNumber, NumberReader};
pub use region::{Region, RegionError, commonest_region};
pub use rules::MatchRules;
pub use tried::Tried;
pub use typed::TypedNumber;
