//! The token that a sender must show.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What is kept of a token. Digests are compared: they are of one length, and the time that it takes
/// tells nothing of the token.
pub(crate) struct Token([u8; 32]);

impl Token {
    /// `None` for an empty one, which would let anybody in.
    pub(crate) fn new(secret: &SecretString) -> Option<Self> {
        let secret = secret.expose_secret();
        (!secret.is_empty()).then(|| Self(Sha256::digest(secret).into()))
    }

    pub(crate) fn is(&self, shown: &[u8]) -> bool {
        Sha256::digest(shown).ct_eq(&self.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_the_token() {
        let token = Token::new(&"s3cret-Ω".into()).unwrap();
        assert!(token.is("s3cret-Ω".as_bytes()));
        for shown in ["", "s", "s3cret-", "S3CRET-Ω", "s3cret-Ω ", "s3cret-Ω\0", "s3cret-Ωs3cret-Ω"]
        {
            assert!(!token.is(shown.as_bytes()), "{shown:?}");
        }
    }

    #[test]
    fn an_empty_token_lets_nobody_in() {
        assert!(Token::new(&"".into()).is_none());
    }
}
