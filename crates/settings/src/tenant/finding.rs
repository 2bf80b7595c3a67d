//! Something that an administrator should fix.

use std::fmt;

use serde::Serialize;

/// Something that an administrator should fix, in words. Work goes on meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Finding {
    /// What it is about, such as the name of a setting.
    pub subject: String,
    /// What is wrong, what is done instead, and how to put it right.
    pub message: String,
}

impl Finding {
    /// Puts a finding into words.
    pub fn new(subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self { subject: subject.into(), message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.message)
    }
}
