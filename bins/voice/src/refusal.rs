//! Why a command does not go on, in words for whoever typed it, and how the process ends.

use std::fmt;

use voice_model::error_chain;
use worker::Exit;

/// Why a command does not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// How the process ends.
    pub(crate) exit: Exit,
    message: String,
}

impl Refusal {
    /// The arguments or the configuration are wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::BadConfiguration, message: message.into() }
    }

    /// What was asked for cannot be had.
    pub(crate) fn failure(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failure, message: message.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<settings::Error> for Refusal {
    fn from(error: settings::Error) -> Self {
        Self::usage(error_chain(&error))
    }
}

impl From<sync_store::Error> for Refusal {
    fn from(error: sync_store::Error) -> Self {
        Self { exit: Exit::of(error.class()), message: error_chain(&error) }
    }
}

impl From<call_sync::Error> for Refusal {
    fn from(error: call_sync::Error) -> Self {
        Self { exit: Exit::of(error.class()), message: error.chain() }
    }
}

impl From<program::Stopped> for Refusal {
    fn from(stopped: program::Stopped) -> Self {
        Self { exit: stopped.exit(), message: stopped.message }
    }
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        Self::failure(format!("{error:#}"))
    }
}
