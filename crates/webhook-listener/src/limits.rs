//! How much is taken in at a time, and for how long.

use std::time::Duration;

/// What webhooks may take of this process.
#[derive(Debug, Clone)]
pub struct WebhookLimits {
    /// The largest body. Default 256 KiB.
    pub body_bytes: usize,
    /// From the head of a request to its answer, storing included. Default 4 s: Enreach gives up
    /// after 5 s, and then sends again.
    pub deadline: Duration,
    /// Events that may wait to be stored; further ones are answered 503. Default 4,096.
    pub waiting_events: usize,
    /// The same in bytes of their bodies. Default 64 MiB.
    pub waiting_bytes: usize,
    /// The most that are stored together. Default 500.
    pub events_per_commit: usize,
}

impl Default for WebhookLimits {
    fn default() -> Self {
        Self {
            body_bytes: 256 << 10,
            deadline: Duration::from_secs(4),
            waiting_events: 4_096,
            waiting_bytes: 64 << 20,
            events_per_commit: 500,
        }
    }
}
