#![doc = include_str!("../README.md")]

mod activity;
mod adoption;
mod deciding;
mod decision;
mod dry_run;
mod errand;
mod error;
mod evidence;
mod explain;
mod fetch;
mod ledger;
mod legs;
mod missing_legs;
mod pass;
mod plan;
mod report;
mod round;
#[cfg(test)]
mod sample;
mod screen;
mod settle;
mod window;
mod write;

pub use decision::{Decision, DeferReason, Failure, LoggedBy, Outcome, SkipReason};
pub use errand::{Backfill, Freshness};
pub use error::{Error, Result};
pub use evidence::{CandidateEvidence, Evidence, Tried};
pub use explain::{CallHistory, ExplainedDecision, explain_call, explain_number};
pub use legs::{CallKind, Conversation, Leg, Source, fold};
pub use pass::{CallSync, CallSyncParts};
pub use report::{ErrorSummary, PassReport, Requests, TenantSummary};
