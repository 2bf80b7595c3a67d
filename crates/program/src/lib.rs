#![doc = include_str!("../README.md")]

mod args;
mod callbacks;
mod calls;
mod job;
mod once;
mod public;
mod run;
mod tenant;
mod told;

pub use args::WorkerArgs;
pub use callbacks::{callback_sync, compose_callback_sync, line_of_callbacks};
pub use calls::{call_sync, compose_call_sync, line_of_calls, retro_sync};
pub use job::{Job, Ran, Rhythm, Stopped, TenantJob, TenantParts};
pub use run::{main, main_with_webhooks, usage};
