//! Opaque bearer tokens with an end.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Issued tokens above this number make room by dropping those that have expired.
const SWEEP_ABOVE: usize = 1_000;

/// The tokens issued so far.
pub(super) struct Tokens(Mutex<Issued>);

struct Issued {
    random: StdRng,
    expiries: HashMap<String, DateTime<Utc>>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

impl Tokens {
    pub(super) fn new(seed: u64, started: DateTime<Utc>) -> Self {
        let started = started.timestamp_micros().cast_unsigned();
        let random = StdRng::seed_from_u64(seed ^ started.rotate_left(20));
        Self(Mutex::new(Issued { random, expiries: HashMap::new() }))
    }

    /// A new token that is valid for the given time.
    pub(super) fn issue(&self, now: DateTime<Utc>, lifetime_secs: u64) -> String {
        let mut issued = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = [0_u8; 48];
        issued.random.fill_bytes(&mut bytes);
        let token = format!("eyJ0eXAi.{}", URL_SAFE_NO_PAD.encode(bytes));
        let lifetime = i64::try_from(lifetime_secs).ok().and_then(Duration::try_seconds);
        let expiry = lifetime.and_then(|lifetime| now.checked_add_signed(lifetime));
        if issued.expiries.len() > SWEEP_ABOVE {
            issued.expiries.retain(|_, expiry| *expiry > now);
        }
        issued.expiries.insert(token.clone(), expiry.unwrap_or(DateTime::<Utc>::MAX_UTC));
        token
    }

    /// Whether a token was issued here and has not expired.
    pub(super) fn is_valid(&self, token: &str, now: DateTime<Utc>) -> bool {
        let issued = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        issued.expiries.get(token).is_some_and(|expiry| now < *expiry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_valid_until_its_end() {
        let start = DateTime::UNIX_EPOCH;
        let tokens = Tokens::new(1, start);
        let token = tokens.issue(start, 60);
        assert!(tokens.is_valid(&token, start + Duration::seconds(59)));
        assert!(!tokens.is_valid(&token, start + Duration::seconds(60)));
        assert!(!tokens.is_valid("eyJ0eXAi.guess", start));
    }

    #[test]
    fn tokens_of_an_earlier_run_are_not_valid() {
        let start = DateTime::UNIX_EPOCH;
        let token = Tokens::new(1, start).issue(start, 3600);
        let later = start + Duration::milliseconds(1);
        let next = Tokens::new(1, later);
        next.issue(later, 3600);
        assert!(!next.is_valid(&token, later));
    }

    #[test]
    fn expired_tokens_make_room_and_valid_ones_stay() {
        let start = DateTime::UNIX_EPOCH;
        let tokens = Tokens::new(1, start);
        let lasting = tokens.issue(start, 10_000);
        for _ in 0..=SWEEP_ABOVE {
            tokens.issue(start, 1);
        }
        tokens.issue(start + Duration::seconds(2), 1);
        let held = tokens.0.lock().unwrap().expiries.len();
        assert_eq!(held, 2);
        assert!(tokens.is_valid(&lasting, start));
    }
}
