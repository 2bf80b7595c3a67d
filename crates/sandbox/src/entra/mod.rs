//! The Entra token endpoint: client credentials for bearer tokens (Dataverse reference, section
//! 1.2), and the bearer check in front of the Dataverse Web API.

mod error;
mod grant;
mod tokens;

use chrono::{DateTime, Utc};
use http::header::{ALLOW, AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, StatusCode};
use serde_json::json;

pub(crate) use error::EntraError;
use tokens::Tokens;

use crate::identity::ENTRA_TENANT_ID;
use crate::server::{Addresses, Answer, ENTRA_PREFIX, Received, below, empty_answer, json_answer};

/// The token endpoint of one tenant.
#[derive(Debug)]
pub(crate) struct Entra {
    tokens: Tokens,
}

impl Entra {
    /// Tokens are drawn from the seed and the start, so that none from an earlier run is valid.
    pub(crate) fn new(seed: u64, started: DateTime<Utc>) -> Self {
        Self { tokens: Tokens::new(seed, started) }
    }

    /// Answers a request below `/entra`.
    pub(crate) fn answer(
        &self,
        received: &Received,
        addresses: &Addresses,
        now: DateTime<Utc>,
        lifetime_secs: u64,
    ) -> Answer {
        let Some(tenant) = token_endpoint(&received.path) else {
            let problem = "only /entra/{tenant}/oauth2/v2.0/token is served";
            return json_answer(StatusCode::NOT_FOUND, &json!({"error": problem}));
        };
        if received.method != Method::POST {
            let mut answer = EntraError::only_post(&received.method).answer(now);
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            return answer;
        }
        match grant::check(tenant, received, addresses) {
            Err(error) => error.answer(now),
            Ok(()) => {
                let token = self.tokens.issue(now, lifetime_secs);
                let body = json!({
                    "token_type": "Bearer",
                    "expires_in": lifetime_secs,
                    "ext_expires_in": lifetime_secs,
                    "access_token": token,
                });
                let mut answer = json_answer(StatusCode::OK, &body);
                let no_store = HeaderValue::from_static("no-store, no-cache");
                answer.headers_mut().insert(CACHE_CONTROL, no_store);
                answer
            }
        }
    }

    /// Whether a request carries a token that was issued here and is still valid.
    pub(crate) fn accepts(&self, received: &Received, now: DateTime<Utc>) -> bool {
        received
            .header(AUTHORIZATION)
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer"))
            .is_some_and(|(_, token)| self.tokens.is_valid(token.trim(), now))
    }

    /// What a data request without a valid token gets: 401 and the way to the tenant.
    pub(crate) fn challenge(base_url: &str) -> Answer {
        let mut answer = empty_answer(StatusCode::UNAUTHORIZED);
        let challenge = format!(
            "Bearer authorization_uri={base_url}{ENTRA_PREFIX}/{ENTRA_TENANT_ID}/oauth2/authorize, \
             resource_id={base_url}/"
        );
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        answer
    }
}

/// The tenant of a token endpoint's path.
fn token_endpoint(path: &str) -> Option<&str> {
    let rest = below(path, ENTRA_PREFIX)?.strip_prefix('/')?;
    let (tenant, rest) = rest.split_once('/')?;
    (rest.trim_end_matches('/') == "oauth2/v2.0/token").then_some(tenant)
}
