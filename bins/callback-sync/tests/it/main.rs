//! The binary `callback-sync` against the sandbox, over real HTTP.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod kill;
mod story;
