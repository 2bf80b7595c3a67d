//! Behaviour of call matching, seen from outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails at once")]

mod book;
mod choice;
mod corpus;
mod laws;
mod matching;
mod readers;
mod tried;
