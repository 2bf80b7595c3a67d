#![doc = include_str!("../README.md")]

mod activity;
mod claims;
mod closing;
mod duplicates;
mod error;
mod handling;
mod intake;
mod lanes;
mod ledger;
mod pass;
mod plan;
mod polling;
mod profile;
mod profiles;
mod report;
mod request;
#[cfg(test)]
mod sample;
mod write;

pub use error::{Error, Result};
pub use pass::{CallbackSync, CallbackSyncParts, Freshness};
pub use profile::{CallbackProfile, DuplicateRule, Method, OwnershipRule};
pub use report::{ErrorSummary, Handled, PassReport, Requests, TenantSummary};
pub use request::{Failure, Outcome};
