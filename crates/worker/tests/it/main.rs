//! What workers do alike, from outside.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod fixtures;

mod killed;
mod lease;
mod nightly;
mod private;
mod public;
mod retention;
mod run_loop;
mod status;
