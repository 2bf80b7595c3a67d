//! The one access token of an environment: kept, renewed in time, dropped on request.
//!
//! * Only one caller at a time asks for a new token; the others wait and share what it got.
//! * A token that is still good outlives trouble of the token endpoint.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use voice_model::Clock;

use super::error::CredentialError;
use super::source::TokenSource;

/// A token is renewed when this much of its life or less remains.
const MARGIN: TimeDelta = TimeDelta::seconds(300);

/// With a good token in hand, the pause after a failed renewal.
const PAUSE: TimeDelta = TimeDelta::seconds(30);

/// An access token.
#[derive(Clone)]
pub(crate) struct AccessToken {
    value: SecretString,
    number: u64,
}

impl AccessToken {
    /// The value of the `Authorization` header.
    pub(crate) fn header(&self) -> String {
        format!("Bearer {}", self.value.expose_secret())
    }
}

/// The token of one environment.
pub(crate) struct TokenCache {
    source: Arc<dyn TokenSource>,
    clock: Arc<dyn Clock>,
    scope: String,
    state: Mutex<State>,
    /// Fetches that are over, so that those who waited for one know it. Read without the lock.
    fetches: AtomicU64,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    failure: Option<CredentialError>,
}

struct Held {
    token: AccessToken,
    renew_at: DateTime<Utc>,
    expires: DateTime<Utc>,
}

impl TokenCache {
    pub(super) fn new(source: Arc<dyn TokenSource>, clock: Arc<dyn Clock>, scope: String) -> Self {
        Self {
            source,
            clock,
            scope,
            state: Mutex::new(State::default()),
            fetches: AtomicU64::new(0),
        }
    }

    /// A token that is good now.
    pub(crate) async fn token(&self) -> Result<AccessToken, CredentialError> {
        let fetches_before = self.fetches();
        let mut state = self.state.lock().await;
        let now = self.clock.now();
        if let Some(held) = &state.held
            && now < held.renew_at
        {
            return Ok(held.token.clone());
        }
        // Somebody asked while we waited for the lock, and failed: that is our answer too.
        if self.fetches() != fetches_before
            && let Some(failure) = &state.failure
        {
            return Err(failure.clone());
        }
        self.renew(&mut state, now).await
    }

    /// Drops a token that the environment does not accept. A newer one stays.
    pub(crate) async fn invalidate(&self, refused: &AccessToken) {
        let mut state = self.state.lock().await;
        state.held.take_if(|held| held.token.number == refused.number);
    }

    async fn renew(
        &self,
        state: &mut State,
        now: DateTime<Utc>,
    ) -> Result<AccessToken, CredentialError> {
        let fetched = self.source.fetch(&self.scope).await;
        // Counted when it is over: whoever came while it ran finds the count changed.
        let number = self.fetches.fetch_add(1, Ordering::AcqRel);
        state.failure = None;
        match fetched {
            Ok(fetched) => {
                let token = AccessToken { value: fetched.token, number };
                // A short-lived token is used for half of its life, else it would never be used.
                let margin = MARGIN.min(fetched.lifetime / 2);
                let expires = now + fetched.lifetime;
                state.held =
                    Some(Held { token: token.clone(), renew_at: expires - margin, expires });
                Ok(token)
            }
            Err(error) => {
                if error.class().is_passing()
                    && let Some(held) = &mut state.held
                    && now < held.expires
                {
                    tracing::warn!(
                        error = %error, expires = %held.expires,
                        "the access token could not be renewed; the old one is used on"
                    );
                    held.renew_at = (now + PAUSE).min(held.expires);
                    return Ok(held.token.clone());
                }
                state.failure = Some(error.clone());
                Err(error)
            }
        }
    }

    fn fetches(&self) -> u64 {
        self.fetches.load(Ordering::Acquire)
    }
}

impl std::fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenCache").field("scope", &self.scope).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
