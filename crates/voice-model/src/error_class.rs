//! What a failure means for whoever has to go on.

use std::fmt;
use std::time::Duration;

/// The classes of failure that engines branch on. Clients map every error of theirs to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// The other side asks for less; it may say how long to wait.
    Throttled {
        /// The wait that the other side asked for.
        retry_after: Option<Duration>,
    },
    /// Passing trouble: network, time-out, server fault. The next pass may succeed.
    Transient,
    /// Credentials or rights are missing or wrong. A person has to act.
    Auth,
    /// The thing asked for does not exist.
    NotFound,
    /// The other side holds a state that excludes this request (duplicate, stale version).
    Conflict,
    /// The request was understood and refused. The same request will be refused again.
    Rejected,
    /// Ours or theirs: an answer or a state that should not exist.
    Bug,
}

impl ErrorClass {
    /// Whether time alone may heal it.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Throttled { .. } | Self::Transient)
    }

    /// Whether it is about what was asked, and not about who asks or where: another request may well
    /// be answered.
    pub fn is_about_content(self) -> bool {
        matches!(self, Self::Rejected | Self::Conflict)
    }

    /// The class with this stable name; how a class that was kept as text comes back, without the
    /// wait that a throttled one had.
    pub fn named(name: &str) -> Option<Self> {
        const ALL: [ErrorClass; 7] = [
            ErrorClass::Throttled { retry_after: None },
            ErrorClass::Transient,
            ErrorClass::Auth,
            ErrorClass::NotFound,
            ErrorClass::Conflict,
            ErrorClass::Rejected,
            ErrorClass::Bug,
        ];
        ALL.into_iter().find(|class| class.name() == name)
    }

    /// The stable name used in reports, logs and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Throttled { .. } => "Throttled",
            Self::Transient => "Transient",
            Self::Auth => "Auth",
            Self::NotFound => "NotFound",
            Self::Conflict => "Conflict",
            Self::Rejected => "Rejected",
            Self::Bug => "Bug",
        }
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_comes_back_from_its_name() {
        for class in [ErrorClass::Throttled { retry_after: None }, ErrorClass::Bug] {
            assert_eq!(ErrorClass::named(class.name()), Some(class));
        }
        assert_eq!(ErrorClass::named("throttled"), None);
    }
}
