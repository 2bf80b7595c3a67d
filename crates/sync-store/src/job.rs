//! What cursors, leases and runs are kept for.

use std::borrow::Cow;
use std::fmt;

/// The name of a job of a tenant, such as call sync, or of a part of one that keeps a cursor of its
/// own, such as one callback list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobName(Cow<'static, str>);

impl JobName {
    /// Live call sync.
    pub const CALL_SYNC: Self = Self(Cow::Borrowed("call-sync"));
    /// The nightly second look at calls.
    pub const RETRO_SYNC: Self = Self(Cow::Borrowed("retro-sync"));
    /// Callback requests, by polling and from the inbox.
    pub const CALLBACK_SYNC: Self = Self(Cow::Borrowed("callback-sync"));

    /// Names a job.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
