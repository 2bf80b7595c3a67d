//! The demo and the administrator's commands.

fn main() {}
