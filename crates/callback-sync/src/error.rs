//! Why a pass could not go on.

use voice_model::{ErrorClass, error_chain};

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What stops a pass. Trouble with one request never does.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Enreach Cloud could not be used.
    #[error("Enreach Cloud could not be used")]
    Enreach(#[from] enreach_client::Error),
    /// Dataverse could not be used.
    #[error("Dynamics 365 could not be used")]
    Dataverse(#[from] dataverse_client::Error),
    /// The tenant's settings could not be read.
    #[error("the settings in Dynamics 365 could not be read")]
    Settings(#[from] settings::Error),
    /// The callback profiles could not be read.
    #[error("the callback profiles in Dynamics 365 could not be read")]
    Profiles(#[source] dataverse_client::Error),
    /// The store could not be used.
    #[error("what passes remember could not be read or kept")]
    Store(#[from] sync_store::Error),
    /// Customers, users or queues could not be brought up to date.
    #[error(transparent)]
    Directory(#[from] directory::Error),
}

impl Error {
    /// What it means for the caller.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Enreach(source) => source.class(),
            Self::Dataverse(source) | Self::Profiles(source) => source.class(),
            Self::Settings(source) => source.class(),
            Self::Store(source) => source.class(),
            Self::Directory(source) => source.class(),
        }
    }

    /// The message with all its causes, for a person.
    pub fn chain(&self) -> String {
        error_chain(self)
    }
}
