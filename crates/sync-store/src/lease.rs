//! Who works on what, so that two processes do not do the same work.
//!
//! A lease saves work and nothing more. Its end is compared with the clocks of different machines, so
//! two holders at once are possible, and whoever holds one must be right without it.

use chrono::{DateTime, Utc};

/// The answer to a request for a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseAnswer {
    /// The lease is the asker's until the moment asked for.
    Granted,
    /// Somebody else has it.
    Refused {
        /// Who.
        holder: String,
        /// Until when, unless renewed.
        until: DateTime<Utc>,
    },
}

impl LeaseAnswer {
    /// Whether the asker may go on.
    pub fn is_granted(&self) -> bool {
        *self == Self::Granted
    }
}
