//! The send path against real sockets on loopback.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop at once")]

mod bounds;
mod fences;
mod gates;
mod lost_answers;
mod plant;
mod statuses;
mod telemetry;
mod tls;
mod waiting;
