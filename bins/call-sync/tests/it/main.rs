//! The binary `call-sync` against the sandbox, over real HTTP.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod plant;

mod happy_path;
mod kill;
mod settings;
mod trouble;
