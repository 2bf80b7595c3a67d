//! Who we are to Enreach: user name and secret key, sent as Basic authentication (reference,
//! section 1.3).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, Result};

/// Checked credentials. `Debug` shows the user name only.
pub(crate) struct Credentials {
    username: String,
    authorization: HeaderValue,
}

impl Credentials {
    /// Checks what Basic authentication cannot carry (RFC 7617, section 2): a colon in the user
    /// name, control characters in either. The latter mostly come from a line break at the end of a
    /// secret file.
    pub(crate) fn new(username: String, secret_key: &SecretString) -> Result<Self> {
        let secret = secret_key.expose_secret();
        let problem = if username.trim().is_empty() {
            "the user name is empty; expected the API user's e-mail address"
        } else if username.contains(':') {
            "the user name must not hold a colon; expected the API user's e-mail address"
        } else if username.chars().any(char::is_control) {
            "the user name must not hold control characters such as line breaks"
        } else if secret.is_empty() {
            "the secret key is empty"
        } else if secret.chars().any(char::is_control) {
            "the secret key holds a control character, perhaps a line break at the end of its file"
        } else {
            let encoded = STANDARD.encode(format!("{username}:{secret}"));
            let mut authorization = HeaderValue::try_from(format!("Basic {encoded}"))
                .map_err(|_| configuration("the credentials cannot be sent in a header"))?;
            authorization.set_sensitive(true);
            return Ok(Self { username, authorization });
        };
        Err(configuration(problem))
    }

    pub(crate) fn username(&self) -> &str {
        &self.username
    }

    pub(crate) fn authorization(&self) -> HeaderValue {
        self.authorization.clone()
    }
}

fn configuration(problem: &str) -> Error {
    Error::Configuration { problem: problem.to_owned() }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_that_basic_authentication_cannot_carry_are_refused_without_showing_them() {
        for (username, secret, part) in [
            ("", "hush", "user name is empty"),
            (" ", "hush", "user name is empty"),
            ("a:b", "hush", "colon"),
            ("a\r\nX-Evil: 1", "hush", "colon"),
            ("a\r\nb", "hush", "line breaks"),
            ("a@b", "", "secret key is empty"),
            ("a@b", "hush\n", "line break at the end"),
        ] {
            let secret = SecretString::from(secret);
            let error = Credentials::new(username.to_owned(), &secret).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(shown.contains(part) && !shown.contains("hush"), "{shown}");
        }
    }

    #[test]
    fn any_other_user_name_and_key_are_encoded() {
        let secret = SecretString::from("pä:ss%+&");
        let credentials = Credentials::new("a+b%&@c.example".to_owned(), &secret).unwrap();
        let header = credentials.authorization();
        let encoded = header.to_str().unwrap().strip_prefix("Basic ").unwrap();
        assert_eq!(STANDARD.decode(encoded).unwrap(), "a+b%&@c.example:pä:ss%+&".as_bytes());
        assert!(!format!("{credentials:?} {header:?}").contains(encoded));
    }
}
