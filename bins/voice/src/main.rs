//! The demo and the administrator's commands.

#[cfg_attr(not(test), expect(dead_code, reason = "the demo command calls it"))]
mod world;

fn main() {}
