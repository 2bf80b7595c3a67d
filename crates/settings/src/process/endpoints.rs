//! What others may call, and the secrets that they must show.

use secrecy::SecretString;

use crate::process::enreach::username;
use crate::process::secret::SecretKeys;
use crate::process::section::Section;

/// `[tenants.<name>.webhook]`.
#[derive(Debug, Clone)]
pub struct WebhookConfig {
    /// Sent by Enreach as `X-Benemen-Token`.
    pub token: SecretString,
}

/// `[tenants.<name>.routing]`: at least one of the two.
#[derive(Debug, Clone)]
pub struct RoutingConfig {
    /// Sent by Enreach as `X-Benemen-APIKey`.
    pub api_key: Option<SecretString>,
    /// Sent by Enreach as Basic authentication.
    pub basic: Option<BasicCredential>,
}

/// User and password of Basic authentication.
#[derive(Debug, Clone)]
pub struct BasicCredential {
    /// The user.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

/// `[tenants.<name>.feed]`.
#[derive(Debug, Clone)]
pub struct FeedConfig {
    /// Sent by Dynamics as `X-Api-Key`.
    pub api_key: SecretString,
}

const TOKEN: SecretKeys = SecretKeys { value: "token", file: "token_file" };
const API_KEY: SecretKeys = SecretKeys { value: "api_key", file: "api_key_file" };
const PASSWORD: SecretKeys = SecretKeys { value: "basic_password", file: "basic_password_file" };

impl WebhookConfig {
    pub(crate) fn read(mut section: Section<'_>) -> Option<Self> {
        let token = TOKEN.required(&mut section, "the token that Enreach sends");
        section.finish();
        Some(Self { token: token? })
    }
}

impl RoutingConfig {
    pub(crate) fn read(mut section: Section<'_>) -> Option<Self> {
        let wants_basic = section.has("basic_user") || PASSWORD.are_in(&section);
        let api_key = if wants_basic || API_KEY.are_in(&section) {
            API_KEY.read(&mut section)
        } else {
            let expected = "the key that Enreach sends (or basic_user and basic_password)";
            API_KEY.required(&mut section, expected)
        };
        let basic = if wants_basic { basic(&mut section) } else { None };
        section.finish();
        // Neither is there only if a problem was noted.
        (api_key.is_some() || basic.is_some()).then_some(Self { api_key, basic })
    }
}

fn basic(section: &mut Section<'_>) -> Option<BasicCredential> {
    let user = section.required("basic_user", "the user of basic_password", username);
    let password = PASSWORD.required(section, "the password of basic_user");
    Some(BasicCredential { user: user?, password: password? })
}

impl FeedConfig {
    pub(crate) fn read(mut section: Section<'_>) -> Option<Self> {
        let api_key = API_KEY.required(&mut section, "the key that Dynamics sends");
        section.finish();
        Some(Self { api_key: api_key? })
    }
}
