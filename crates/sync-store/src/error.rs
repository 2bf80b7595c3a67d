//! What can go wrong in the store.

use voice_model::ErrorClass;

/// What an adapter said, whatever it is made of.
type Source = Box<dyn std::error::Error + Send + Sync>;

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed operation. Nothing of it was kept, unless [`Error::may_have_applied`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The disk, or the size that the store may have, is used up.
    #[error(
        "the store {location} is full: could not {operation}, and nothing of it was kept; free disk \
         space or allow the store more"
    )]
    Full {
        /// Which store.
        location: String,
        /// What was attempted.
        operation: &'static str,
        /// What SQLite said.
        #[source]
        source: Source,
    },
    /// Another process, or another task of this one, kept the store locked for too long.
    #[error("the store {location} stayed locked by somebody else: could not {operation}")]
    Busy {
        /// Which store.
        location: String,
        /// What was attempted.
        operation: &'static str,
        /// What SQLite said.
        #[source]
        source: Source,
    },
    /// The file cannot be opened.
    #[error(
        "cannot open the store {location}; its folder has to exist, and folder and file have to be \
         writable for this program"
    )]
    Open {
        /// Which store.
        location: String,
        /// What the operating system or SQLite said.
        #[source]
        source: Source,
    },
    /// A newer version of the program wrote the file.
    #[error(
        "the store {location} was written by a newer version of this program (its schema is \
         {found}, this version knows {known}); run that version, or name another file"
    )]
    NewerSchema {
        /// Which store.
        location: String,
        /// The version of the file's schema.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The file is something else.
    #[error("{location} is no store of this program ({problem}); name another file")]
    Foreign {
        /// Which file.
        location: String,
        /// How that shows.
        problem: &'static str,
    },
    /// Anything else that went wrong under the store.
    #[error("could not {operation} in the store {location}")]
    Database {
        /// Which store.
        location: String,
        /// What was attempted.
        operation: &'static str,
        /// What it means: `Transient` for a failed read or write, `Rejected` for a file that
        /// cannot be written or is damaged, `Bug` otherwise.
        class: ErrorClass,
        /// What SQLite said.
        #[source]
        source: Source,
    },
    /// The store holds a value that this program cannot have written.
    #[error("the store holds {what} that cannot be read: {problem}")]
    Unreadable {
        /// What kind of value.
        what: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// A number to look for that has no digits.
    #[error("a number to look for needs digits, such as +358501234567")]
    NoDigits,
}

impl Error {
    /// What it means for the caller.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Busy { .. } => ErrorClass::Transient,
            Self::Database { class, .. } => *class,
            Self::Full { .. }
            | Self::Open { .. }
            | Self::NewerSchema { .. }
            | Self::Foreign { .. }
            | Self::NoDigits => ErrorClass::Rejected,
            Self::Unreadable { .. } => ErrorClass::Bug,
        }
    }

    /// Whether the operation may have been carried out although it failed here: the answer to a
    /// commit was lost. Every operation of the store may be repeated.
    pub fn may_have_applied(&self) -> bool {
        matches!(self, Self::Database { .. })
    }
}
