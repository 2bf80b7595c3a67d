//! The binary `call-sync` against the sandbox, over real HTTP.

mod plant;

mod happy_path;
mod trouble;
