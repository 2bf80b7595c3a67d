//! Where access tokens come from: `azure_identity`, one fresh credential for every token.
//!
//! A credential of `azure_identity` keeps its tokens and cannot be told to drop one, so after a
//! 401 it would hand out the refused token again. Building it anew costs nothing and leaves the
//! caching to [`TokenCache`](super::cache::TokenCache).

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientOptions, RetryOptions, Transport as AzureTransport};
use azure_identity::{
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
    DeveloperToolsCredential, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use chrono::TimeDelta;
use http_kit::HttpClient;
use secrecy::{ExposeSecret, SecretString};
use voice_model::{Clock, SystemClock};

use super::CredentialKind;
use super::authority::{Authority, STAND_IN};
use super::error::CredentialError;
use super::transport::{Exchange, Transport};
use crate::{Error, Result};

/// A new access token.
pub(super) struct Fetched {
    pub(super) token: SecretString,
    /// How long it is good for, from now.
    pub(super) lifetime: TimeDelta,
}

/// Gives access tokens, a new one each time.
#[async_trait]
pub(super) trait TokenSource: Send + Sync {
    async fn fetch(&self, scope: &str) -> Result<Fetched, CredentialError>;
}

/// Tokens by `azure_identity`.
pub(super) struct AzureSource {
    kind: CredentialKind,
    authority: Option<Authority>,
    http: HttpClient,
}

impl AzureSource {
    /// # Errors
    /// [`Error::Configuration`] when no credential can be built from this.
    pub(super) fn new(kind: CredentialKind, http: HttpClient) -> Result<Self> {
        let authority = match &kind {
            CredentialKind::ClientSecret { authority_host, .. }
            | CredentialKind::WorkloadIdentity { authority_host, .. } => {
                Some(Authority::new(authority_host)?)
            }
            _ => None,
        };
        let source = Self { kind, authority, http };
        source.credential(&source.transport()).map_err(|error| Error::Configuration {
            message: format!("no {} can be made: {}", source.kind.name(), first_lines(&error)),
        })?;
        Ok(source)
    }

    fn transport(&self) -> Arc<Transport> {
        Arc::new(Transport::new(self.http.clone(), self.authority.clone()))
    }

    fn credential(
        &self,
        transport: &Arc<Transport>,
    ) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let client_options = ClientOptions {
            transport: Some(AzureTransport::new(Arc::clone(transport) as _)),
            retry: RetryOptions::none(),
            ..ClientOptions::default()
        };
        Ok(match &self.kind {
            CredentialKind::ClientSecret { tenant_id, client_id, secret, .. } => {
                let client_options = at_stand_in(client_options);
                ClientSecretCredential::new(
                    tenant_id,
                    client_id.clone(),
                    Secret::new(secret.expose_secret().to_owned()),
                    Some(ClientSecretCredentialOptions { client_options }),
                )?
            }
            CredentialKind::ManagedIdentity { client_id } => {
                ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
                    user_assigned_id: client_id.clone().map(UserAssignedId::ClientId),
                    client_options,
                }))?
            }
            CredentialKind::WorkloadIdentity { tenant_id, client_id, token_file, .. } => {
                let client_options = at_stand_in(client_options);
                WorkloadIdentityCredential::new(Some(WorkloadIdentityCredentialOptions {
                    credential_options: ClientAssertionCredentialOptions { client_options },
                    tenant_id: Some(tenant_id.clone()),
                    client_id: Some(client_id.clone()),
                    token_file_path: Some(token_file.clone()),
                }))?
            }
            CredentialKind::DeveloperTools => DeveloperToolsCredential::new(None)?,
        })
    }

    fn explain(&self, last: Option<Exchange>, error: &azure_core::Error) -> CredentialError {
        match last {
            Some(Exchange::Failed { endpoint, error }) => {
                CredentialError::unreachable(&endpoint, error)
            }
            Some(Exchange::Answered { endpoint, status, retry_after, body }) => {
                if (200..300).contains(&status) {
                    CredentialError::unreadable(&endpoint)
                } else {
                    CredentialError::refused(&endpoint, status, retry_after, &body)
                }
            }
            None => CredentialError::set_up(
                format!("the {} gave no token: {}", self.kind.name(), first_lines(error)),
                self.kind.hint(),
            ),
        }
    }
}

#[async_trait]
impl TokenSource for AzureSource {
    async fn fetch(&self, scope: &str) -> Result<Fetched, CredentialError> {
        let transport = self.transport();
        let result = match self.credential(&transport) {
            Ok(credential) => credential.get_token(&[scope], None).await,
            Err(error) => Err(error),
        };
        let token = result.map_err(|error| self.explain(transport.last(), &error))?;
        if token.token.secret().is_empty() {
            let endpoint = match transport.last() {
                Some(Exchange::Answered { endpoint, .. }) => endpoint,
                _ => self.kind.name().to_owned(),
            };
            return Err(CredentialError::unreadable(&endpoint));
        }
        // azure_identity counts from the operating system's clock, so the lifetime is taken from
        // that clock too; the cache then counts it on its own clock.
        let expires = token.expires_on.unix_timestamp();
        Ok(Fetched {
            token: SecretString::from(token.token.secret().to_owned()),
            lifetime: TimeDelta::seconds(expires.saturating_sub(SystemClock.now().timestamp())),
        })
    }
}

/// Sends token requests to the stand-in, which the transport replaces by the real authority.
fn at_stand_in(options: ClientOptions) -> ClientOptions {
    let mut cloud = CustomConfiguration::default();
    cloud.authority_host = STAND_IN.to_owned();
    ClientOptions { cloud: Some(Arc::new(cloud.into())), ..options }
}

/// What `azure_identity` says, without its links to manuals. It never holds the secret.
fn first_lines(error: &azure_core::Error) -> String {
    let text = error.to_string();
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("To troubleshoot"))
        .collect();
    lines.join(" ").chars().take(400).collect()
}
