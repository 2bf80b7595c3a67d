//! What a store promises, asked of every adapter; then what is special about a file.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails at once")]

mod agreement;
mod bulk;
mod contract;
mod file;
mod fixtures;
mod processes;
