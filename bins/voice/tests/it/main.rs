//! The binary `voice`, as a person runs it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod backfill;
mod check_config;
mod demo;
mod explain;
mod inbox;
mod plant;
mod retry;
mod run;
