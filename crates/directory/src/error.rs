//! Why the directory could not be brought up to date.

use voice_model::{ErrorClass, OrganizationId};

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What keeps the directory from being used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Enreach Cloud could not be read.
    #[error("Enreach Cloud could not be read")]
    Enreach(#[from] enreach_client::Error),
    /// Dataverse could not be read.
    #[error("Dynamics 365 could not be used")]
    Dataverse(#[from] dataverse_client::Error),
    /// The store could not be used.
    #[error("what passes remember could not be read or kept")]
    Store(#[from] sync_store::Error),
    /// The API user's own row does not name its organisation.
    #[error(
        "/users/me of Enreach Cloud names no OrganizationID, without which calls cannot be told \
         from those of other organisations; ask Enreach support to check the API user"
    )]
    NoOrganization,
    /// The credentials lead to another organisation than before.
    #[error(
        "the Enreach credentials now belong to organisation {now}, before to {before}; going on \
         would log every call again. Put the former credentials back, or start with a new store"
    )]
    OrganizationChanged {
        /// The organisation of earlier passes.
        before: OrganizationId,
        /// The organisation that the credentials lead to now.
        now: OrganizationId,
    },
}

impl Error {
    /// What it means for the caller.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Enreach(source) => source.class(),
            Self::Dataverse(source) => source.class(),
            Self::Store(source) => source.class(),
            Self::NoOrganization | Self::OrganizationChanged { .. } => ErrorClass::Rejected,
        }
    }
}
