//! Options of a client.

use std::fmt;
use std::time::Duration;

use http_kit::HttpClient;
use secrecy::SecretString;
use url::Url;

use crate::client::EnreachClient;
use crate::credentials::Credentials;
use crate::discovery::{Discovery, Endpoint, check_base};
use crate::error::{Error, Result};

/// Where discovery is unless told otherwise (reference, section 1.1).
const DISCOVERY_URL: &str = "https://discover.enreachvoice.com";

/// Builds an [`EnreachClient`]. `Debug` shows no secret.
#[must_use]
pub struct EnreachClientBuilder {
    http: HttpClient,
    username: String,
    secret_key: SecretString,
    discovery_url: Option<Url>,
    api_url: Option<Url>,
    ask_again_after: Duration,
}

impl EnreachClientBuilder {
    pub(crate) fn new(http: HttpClient, username: String, secret_key: SecretString) -> Self {
        let (discovery_url, api_url) = (None, None);
        let ask_again_after = Duration::from_secs(60 * 60);
        Self { http, username, secret_key, discovery_url, api_url, ask_again_after }
    }

    /// The discovery service; `/api/user` is appended. Default `https://discover.enreachvoice.com`.
    pub fn discovery_url(mut self, url: Url) -> Self {
        self.discovery_url = Some(url);
        self
    }

    /// The API itself; nothing is discovered then.
    pub fn api_url(mut self, url: Url) -> Self {
        self.api_url = Some(url);
        self
    }

    /// The least time after which a discovered address that cannot be reached, or answers 404, is
    /// asked for again. Default an hour.
    pub fn rediscover_after(mut self, wait: Duration) -> Self {
        self.ask_again_after = wait;
        self
    }

    /// Builds the client. Nothing is sent.
    ///
    /// # Errors
    /// [`Error::Configuration`] when the user name or the secret key cannot be sent, or a URL is
    /// not one that credentials may go to.
    pub fn build(self) -> Result<EnreachClient> {
        let credentials = Credentials::new(self.username, &self.secret_key)?;
        let endpoint = match (self.api_url, self.discovery_url) {
            (Some(url), _) => Endpoint::Fixed(checked("api_url", url)?),
            (None, discovery_url) => Endpoint::Discovered(Discovery::new(
                discovery_url
                    .map_or_else(default_discovery_url, |url| checked("discovery_url", url))?,
                credentials.username().to_owned(),
                self.ask_again_after,
            )),
        };
        Ok(EnreachClient::new(self.http.counted_apart(), credentials, endpoint))
    }
}

fn default_discovery_url() -> Result<Url> {
    DISCOVERY_URL
        .parse()
        .map_err(|error| Error::Configuration { problem: format!("{DISCOVERY_URL}: {error}") })
}

fn checked(name: &str, url: Url) -> Result<Url> {
    match check_base(&url) {
        Ok(()) => Ok(url),
        Err(reason) => Err(Error::Configuration { problem: format!("{name}: {reason}") }),
    }
}

impl fmt::Debug for EnreachClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnreachClientBuilder")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}
