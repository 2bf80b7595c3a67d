//! The sandbox over real HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod control;
mod enreach_auth;
mod enreach_calls;
mod enreach_rows;
mod entra;
mod faults;
mod modes;
mod plant;
mod request_log;
mod server;
mod world;
