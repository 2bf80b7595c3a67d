//! The client against real HTTP on loopback.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop at once")]

mod answers;
mod callbacks;
mod discovery;
mod plant;
mod requests;
mod simulated_callbacks;
