//! The sandbox over real HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod callbacks;
mod control;
mod enreach_auth;
mod enreach_calls;
mod enreach_features;
mod enreach_rows;
mod entra;
mod faults;
mod limits;
mod modes;
mod plant;
mod request_log;
mod routing;
mod server;
mod tls;
mod webhooks;
mod world;
