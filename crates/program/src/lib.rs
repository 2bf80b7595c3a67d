#![doc = include_str!("../README.md")]

mod args;
mod calls;
mod job;
mod once;
mod run;
mod tenant;

pub use args::WorkerArgs;
pub use calls::{call_sync, compose_call_sync, line_of_calls, retro_sync};
pub use job::{Job, Ran, Rhythm, Stopped, TenantJob, TenantParts};
pub use run::{main, usage};
