//! Where token requests go.
//!
//! `azure_identity` takes https authorities without a path only. It is therefore given a stand-in
//! address, and the transport puts the configured one in its place: so a path in front of the
//! tenant works, and plain http to a loopback address (reference, section 1.6).

use url::Url;

use crate::environment::{is_secure, origin};
use crate::{Error, Result};

/// What `azure_identity` is told; the name is reserved and never resolves (RFC 2606).
pub(super) const STAND_IN: &str = "https://authority.invalid";

/// A checked authority host, such as `https://login.microsoftonline.com`.
#[derive(Debug, Clone)]
pub(super) struct Authority(Url);

impl Authority {
    pub(super) fn new(host: &Url) -> Result<Self> {
        let problem = if !is_secure(host) {
            Some("plain http is accepted for loopback addresses only")
        } else if !host.username().is_empty() || host.password().is_some() {
            Some("it must not hold a user name or password")
        } else if host.query().is_some() || host.fragment().is_some() {
            Some("it must end after the path")
        } else {
            None
        };
        match problem {
            None => Ok(Self(host.clone())),
            Some(problem) => Err(Error::Configuration {
                message: format!(
                    "{}{} cannot be the authority host: {problem}; expected such as \
                     https://login.microsoftonline.com",
                    origin(host),
                    host.path()
                ),
            }),
        }
    }

    /// The address that a request to the stand-in is meant for; others stay as they are.
    pub(super) fn resolve(&self, requested: &Url) -> Url {
        if origin(requested) != STAND_IN {
            return requested.clone();
        }
        let mut url = self.0.clone();
        url.set_path(&format!("{}{}", self.0.path().trim_end_matches('/'), requested.path()));
        url.set_query(requested.query());
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_of_the_authority_is_kept() {
        let requested = Url::parse(&format!("{STAND_IN}/t/oauth2/v2.0/token")).unwrap();
        for (host, expected) in [
            (
                "https://login.microsoftonline.com",
                "https://login.microsoftonline.com/t/oauth2/v2.0/token",
            ),
            ("http://127.0.0.1:9100/entra", "http://127.0.0.1:9100/entra/t/oauth2/v2.0/token"),
            ("http://127.0.0.1:9100/entra/", "http://127.0.0.1:9100/entra/t/oauth2/v2.0/token"),
            ("https://proxy.example/a/b", "https://proxy.example/a/b/t/oauth2/v2.0/token"),
        ] {
            let authority = Authority::new(&host.parse().unwrap()).unwrap();
            assert_eq!(authority.resolve(&requested).as_str(), expected);
        }
    }

    #[test]
    fn other_addresses_are_left_alone() {
        let authority = Authority::new(&"https://a.example".parse().unwrap()).unwrap();
        let other: Url = "http://127.0.0.1:1/msi/token".parse().unwrap();
        assert_eq!(authority.resolve(&other), other);
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        for (host, good) in [
            ("http://localhost:1", true),
            ("http://[::1]:1", true),
            ("http://login.example", false),
            ("http://10.0.0.1", false),
            ("https://me:x@login.example", false),
            ("https://login.example/?a", false),
        ] {
            assert_eq!(Authority::new(&host.parse().unwrap()).is_ok(), good, "{host}");
        }
    }
}
