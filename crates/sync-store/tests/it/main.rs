//! What a store promises, asked of every adapter; then what is special about a file.

mod agreement;
mod bulk;
mod contract;
mod file;
mod fixtures;
mod processes;
