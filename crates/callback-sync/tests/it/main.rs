//! Callback sync over real HTTP against the sandbox.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod trouble;
