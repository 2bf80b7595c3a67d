#![doc = include_str!("../README.md")]

mod activity;
mod adoption;
mod decision;
mod directory;
mod error;
mod fetch;
mod legs;
mod memory;
mod missing_legs;
mod owner;
mod pass;
mod phone_system;
mod plan;
mod report;
mod round;
#[cfg(test)]
mod sample;
mod screen;
mod window;
mod write;

pub use decision::{
    CandidateEvidence, Decision, DeferReason, Evidence, Failure, LoggedBy, Outcome, SkipReason,
};
pub use error::{Error, Result};
pub use legs::{CallKind, Conversation, Leg, Source, fold};
pub use pass::{CallSync, CallSyncParts, Freshness};
pub use report::{ErrorSummary, PassReport, Requests, TenantSummary};
