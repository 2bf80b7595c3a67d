//! The listener over real sockets on the loopback address.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod answers;
mod crowd;
mod plant;
mod trouble;
