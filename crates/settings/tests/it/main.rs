//! Behaviour of settings, seen from outside.

mod catalogue;
mod environment;
mod load;
mod problems;
mod process;
mod resolve;
mod secrets;
mod sources;
