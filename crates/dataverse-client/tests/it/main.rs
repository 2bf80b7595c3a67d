//! The client against servers on loopback addresses: one test per endpoint and behaviour.

#![expect(clippy::unwrap_used, reason = "a step of the setting that fails is a failed test")]

mod answers;
mod batches;
mod broken_connections;
mod changes;
mod credentials;
mod governor;
mod links;
mod queued_calls;
mod reads;
mod rig;
mod tokens;
mod writes;
