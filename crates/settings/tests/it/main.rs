//! Behaviour of settings, seen from outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails at once")]

mod catalogue;
mod environment;
mod load;
mod problems;
mod process;
mod resolve;
mod secrets;
mod sources;
