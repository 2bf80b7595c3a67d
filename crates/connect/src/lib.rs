#![doc = include_str!("../README.md")]

use std::sync::Arc;
use std::time::Duration;

use dataverse_client::{Credential, CredentialKind, DataverseClient};
use enreach_client::EnreachClient;
use http_kit::{HttpClient, HttpClientBuilder, Tls};
use settings::{CredentialConfig, EnreachEndpoint, StoreConfig, StoreUrl, TenantConfig};
use sync_store::{InMemoryStore, SqliteStore, Store};
use url::Url;
use voice_model::{Clock, ErrorClass, error_chain};

/// What our clients call themselves.
const USER_AGENT: &str = concat!("voice-for-dynamics/", env!("CARGO_PKG_VERSION"));

/// The time for a whole send to Dataverse: the longest hold that is sat out (60 s), the attempt after
/// it (30 s), and the turn of others in between.
const DATAVERSE_DEADLINE: Duration = Duration::from_secs(120);

/// The clients of one tenant. Each has connections and counters of its own, so that one tenant's
/// token or load never meets another's.
#[derive(Debug)]
pub struct Connection {
    /// Enreach Cloud.
    pub enreach: EnreachClient,
    /// Dynamics 365.
    pub dataverse: DataverseClient,
}

/// Why a tenant's clients could not be made. Nothing has been sent yet.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The HTTP client, usually for want of CA certificates.
    #[error("the connection cannot be set up")]
    Http(#[from] http_kit::Error),
    /// The Enreach side.
    #[error("the connection to Enreach Cloud cannot be set up")]
    Enreach(#[from] enreach_client::Error),
    /// The Dynamics side.
    #[error("the connection to Dynamics 365 cannot be set up")]
    Dataverse(#[from] dataverse_client::Error),
}

impl Error {
    /// What it means for the caller.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Http(source) => source.class(),
            Self::Enreach(source) => source.class(),
            Self::Dataverse(source) => source.class(),
        }
    }

    /// The message with all its causes.
    pub fn chain(&self) -> String {
        error_chain(self)
    }
}

/// Makes the clients of a tenant. Nothing is sent.
///
/// # Errors
/// [`Error`] when the machine has no CA certificates, or an address is not acceptable.
pub fn connect(tenant: &TenantConfig, clock: &Arc<dyn Clock>) -> Result<Connection, Error> {
    let config = &tenant.enreach;
    let (EnreachEndpoint::Discovery(enreach_url) | EnreachEndpoint::Api(enreach_url)) =
        &config.endpoint;
    let enreach = EnreachClient::builder(
        http_client([enreach_url], false, clock).build()?,
        config.username.clone(),
        config.secret_key.clone(),
    );
    let enreach = match &config.endpoint {
        EnreachEndpoint::Discovery(url) => enreach.discovery_url(url.clone()),
        EnreachEndpoint::Api(url) => enreach.api_url(url.clone()),
    };

    let config = &tenant.dataverse;
    let kind = credential_kind(&config.credential);
    let authority = match &kind {
        CredentialKind::ClientSecret { authority_host, .. }
        | CredentialKind::WorkloadIdentity { authority_host, .. } => Some(authority_host.clone()),
        _ => None,
    };
    let managed = matches!(kind, CredentialKind::ManagedIdentity { .. });
    let http = http_client([&config.url].into_iter().chain(&authority), managed, clock)
        .deadline(DATAVERSE_DEADLINE)
        .build()?;
    // Token requests are not counted among the requests to Dataverse, and keep to the permits of
    // the transport; how many requests to Dataverse are in flight is up to its client's governor.
    let credential = Credential::new(kind, http.counted_apart(), clock.clone())?;
    let dataverse = DataverseClient::builder(http, config.url.clone(), credential).build()?;
    Ok(Connection { enreach: enreach.build()?, dataverse })
}

/// Opens the store of a process; a file that does not exist is created.
///
/// # Errors
/// [`sync_store::Error`] when the file cannot be opened, is no store, or is of a newer version.
pub async fn open_store(config: &StoreConfig) -> Result<Arc<dyn Store>, sync_store::Error> {
    Ok(match &config.url {
        StoreUrl::Memory => Arc::new(InMemoryStore::default()),
        StoreUrl::Sqlite(path) => Arc::new(SqliteStore::open(path).await?),
    })
}

/// A client for these addresses. Where all are plain http (the sandbox), a machine without CA
/// certificates will do.
fn http_client<'a>(
    urls: impl IntoIterator<Item = &'a Url>,
    metadata_service: bool,
    clock: &Arc<dyn Clock>,
) -> HttpClientBuilder {
    let plain = urls.into_iter().all(|url| url.scheme() == "http");
    let tls = if plain { Tls::NotNeeded } else { Tls::System };
    let builder = HttpClient::builder().user_agent(USER_AGENT).clock(clock.clone()).tls(tls);
    builder.metadata_service(metadata_service)
}

fn credential_kind(config: &CredentialConfig) -> CredentialKind {
    match config.clone() {
        CredentialConfig::ClientSecret { tenant_id, client_id, client_secret, authority_host } => {
            CredentialKind::ClientSecret {
                tenant_id,
                client_id,
                secret: client_secret,
                authority_host,
            }
        }
        CredentialConfig::ManagedIdentity { client_id } => {
            CredentialKind::ManagedIdentity { client_id }
        }
        CredentialConfig::WorkloadIdentity { tenant_id, client_id, token_file, authority_host } => {
            CredentialKind::WorkloadIdentity { tenant_id, client_id, token_file, authority_host }
        }
        CredentialConfig::DeveloperTools => CredentialKind::DeveloperTools,
    }
}
