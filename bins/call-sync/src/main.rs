//! Worker: call sync.

fn main() {}
