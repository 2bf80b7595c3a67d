//! Credentials for Dataverse. This module is the only user of `azure_identity`.

mod authority;
mod cache;
mod error;
mod source;
mod transport;

use std::path::PathBuf;
use std::sync::Arc;

use http_kit::HttpClient;
use secrecy::SecretString;
use url::Url;
use voice_model::Clock;

pub(crate) use self::cache::TokenCache;
pub use self::error::CredentialError;
use self::source::{AzureSource, TokenSource};
use crate::Result;

/// How we prove who we are (design, section 7). `Debug` does not show the secret.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum CredentialKind {
    /// An app registration with a client secret.
    ClientSecret {
        /// Directory (tenant) id of Entra.
        tenant_id: String,
        /// Application (client) id.
        client_id: String,
        /// The secret's value, not its id.
        secret: SecretString,
        /// Entra's address, usually `https://login.microsoftonline.com`; a path is kept. Plain
        /// http for loopback addresses only.
        authority_host: Url,
    },
    /// A managed identity of an Azure virtual machine or App Service.
    ManagedIdentity {
        /// Client id of a user-assigned identity; none for the system-assigned one.
        client_id: Option<String>,
    },
    /// An Entra workload identity on Kubernetes: a token in a file stands for the secret.
    WorkloadIdentity {
        /// Directory (tenant) id of Entra.
        tenant_id: String,
        /// Application (client) id.
        client_id: String,
        /// The file that Kubernetes keeps the token in; read again for every new access token.
        token_file: PathBuf,
        /// As for a client secret.
        authority_host: Url,
    },
    /// Whoever is logged in to the Azure CLI or the Azure Developer CLI: for development.
    DeveloperTools,
}

impl CredentialKind {
    fn name(&self) -> &'static str {
        match self {
            Self::ClientSecret { .. } => "client secret credential",
            Self::ManagedIdentity { .. } => "managed identity",
            Self::WorkloadIdentity { .. } => "workload identity",
            Self::DeveloperTools => "developer tools credential",
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::ClientSecret { .. } => "check tenant_id, client_id and client_secret",
            Self::ManagedIdentity { .. } => "check that the machine has a managed identity",
            Self::WorkloadIdentity { .. } => {
                "check tenant_id, client_id, and that the token file can be read"
            }
            Self::DeveloperTools => "log in with `az login` or `azd auth login`",
        }
    }
}

/// A credential. Cheap to clone; the tokens themselves are kept by each client.
#[derive(Clone)]
pub struct Credential {
    source: Arc<dyn TokenSource>,
    clock: Arc<dyn Clock>,
    name: &'static str,
}

impl Credential {
    /// A credential of any kind. Token requests go through `http`; pass a client of its own (such
    /// as [`HttpClient::counted_apart`]) so that they are not counted among the requests to
    /// Dataverse. `clock` says when a token is due for renewal.
    ///
    /// # Errors
    /// [`Error::Configuration`](crate::Error::Configuration) when a part is empty or malformed,
    /// or the authority host is plain http and not a loopback address.
    pub fn new(kind: CredentialKind, http: HttpClient, clock: Arc<dyn Clock>) -> Result<Self> {
        let name = kind.name();
        let source = Arc::new(AzureSource::new(kind, http)?);
        Ok(Self { source, clock, name })
    }

    /// An app registration with a client secret.
    ///
    /// # Errors
    /// As [`Credential::new`].
    pub fn client_secret(
        tenant_id: impl Into<String>,
        client_id: impl Into<String>,
        secret: SecretString,
        authority_host: Url,
        http: HttpClient,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let kind = CredentialKind::ClientSecret {
            tenant_id: tenant_id.into(),
            client_id: client_id.into(),
            secret,
            authority_host,
        };
        Self::new(kind, http, clock)
    }

    /// The cache for the tokens of one scope.
    pub(crate) fn tokens(&self, scope: &str) -> TokenCache {
        TokenCache::new(Arc::clone(&self.source), Arc::clone(&self.clock), scope.to_owned())
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential").field("kind", &self.name).finish_non_exhaustive()
    }
}
