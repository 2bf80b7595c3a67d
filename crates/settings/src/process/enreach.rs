//! How to reach Enreach Cloud.

use secrecy::SecretString;
use url::Url;

use crate::process::secret::SecretKeys;
use crate::process::section::Section;
use crate::process::url::service_url;

/// `[tenants.<name>.enreach]`.
#[derive(Debug, Clone)]
pub struct EnreachConfig {
    /// The API user's name, an e-mail address.
    pub username: String,
    /// The API user's secret key.
    pub secret_key: SecretString,
    /// Where the API is.
    pub endpoint: EnreachEndpoint,
}

/// Where the API of Enreach Cloud is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnreachEndpoint {
    /// Asked of the discovery service at this address (reference enreach-api.md, section 1.1).
    Discovery(Url),
    /// At this address.
    Api(Url),
}

const DISCOVERY: &str = "https://discover.enreachvoice.com";
const SECRET_KEY: SecretKeys = SecretKeys { value: "secret_key", file: "secret_key_file" };

impl EnreachConfig {
    pub(crate) fn read(mut section: Section<'_>) -> Option<Self> {
        const USER: &str = "the user name of the Enreach API user";
        let username = section.required("username", USER, username);
        let secret_key = SECRET_KEY.required(&mut section, "the API user's secret key");
        let endpoint = endpoint(&mut section);
        section.finish();
        Some(Self { username: username?, secret_key: secret_key?, endpoint: endpoint? })
    }
}

fn endpoint(section: &mut Section<'_>) -> Option<EnreachEndpoint> {
    let (discovery, api) = (section.text("discovery_url"), section.text("api_url"));
    match (discovery, api) {
        (Some(_), Some(api)) => {
            section.note(&api, "discovery_url is given as well; keep one of them");
            None
        }
        (None, Some(api)) => {
            let url = service_url(api.text.trim(), "https://<host of the API>");
            section.accept(&api, url).map(EnreachEndpoint::Api)
        }
        (Some(discovery), None) => {
            let url = service_url(discovery.text.trim(), DISCOVERY);
            section.accept(&discovery, url).map(EnreachEndpoint::Discovery)
        }
        (None, None) => service_url(DISCOVERY, DISCOVERY).ok().map(EnreachEndpoint::Discovery),
    }
}

/// A user name as Basic authentication can carry it (RFC 7617, section 2).
pub(crate) fn username(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("the user name is empty".to_owned());
    }
    if text.contains(':') || text.chars().any(char::is_control) {
        return Err("a user name must not hold a colon or control characters".to_owned());
    }
    Ok(text.to_owned())
}
