//! Behaviour of call matching, seen from outside.

mod book;
mod choice;
mod corpus;
mod laws;
mod matching;
mod readers;
