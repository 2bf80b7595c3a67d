//! Which URLs a request may go to at all.
//!
//! Configuration is checked where it is read; this is the second fence, at the only door. It also
//! catches addresses that arrive at run time, such as those of a discovery service or a next link.

use std::fmt;
use std::net::Ipv4Addr;

use url::{Host, Url};

/// A rule that a URL breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlRule {
    /// Plain http leads to a host that is not a loopback address.
    PlainHttp,
    /// Neither http nor https.
    Scheme,
    /// The URL holds a user name or a password; those belong in a header.
    Credentials,
    /// The URL has no host.
    NoHost,
}

impl fmt::Display for UrlRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PlainHttp => "plain http is accepted for loopback addresses only; use https",
            Self::Scheme => "only https URLs are accepted, and http ones for loopback addresses",
            Self::Credentials => "a URL must not hold a user name or a password",
            Self::NoHost => "the URL has no host",
        })
    }
}

/// Checks that a URL is one that requests may go to: https, or http to a loopback address
/// (`localhost`, `127.0.0.0/8`, `::1`), without credentials in it (design, section 7).
///
/// # Errors
/// The [`UrlRule`] that it breaks.
pub fn check_url(url: &Url) -> Result<(), UrlRule> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(UrlRule::Scheme);
    }
    let host = url.host().ok_or(UrlRule::NoHost)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlRule::Credentials);
    }
    if url.scheme() == "http" && !is_loopback(&host) {
        return Err(UrlRule::PlainHttp);
    }
    Ok(())
}

/// Where Azure machines ask for the tokens of their managed identity; it speaks plain http only and
/// is never routed off the machine's host.
const METADATA_SERVICE: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);

/// As [`check_url`], with the metadata service of Azure let through where a client may use it.
pub(crate) fn check_target(url: &Url, metadata_service: bool) -> Result<(), UrlRule> {
    match check_url(url) {
        Err(UrlRule::PlainHttp)
            if metadata_service && url.host() == Some(Host::Ipv4(METADATA_SERVICE)) =>
        {
            Ok(())
        }
        result => result,
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// Host and port, as they name a permit pool and stand in metrics and messages. A port that is the
/// scheme's own is left out.
pub(crate) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_plain_http_to_loopback_pass() {
        let cases = [
            ("https://api.example.com/calls", Ok(())),
            ("https://127.0.0.1:8443/", Ok(())),
            ("http://127.0.0.1:9100/enreach", Ok(())),
            ("http://127.8.9.1/", Ok(())),
            ("http://LOCALHOST:1/", Ok(())),
            ("http://[::1]:9100/", Ok(())),
            ("http://api.example.com/", Err(UrlRule::PlainHttp)),
            ("http://localhost.example.com/", Err(UrlRule::PlainHttp)),
            ("http://10.0.0.1/", Err(UrlRule::PlainHttp)),
            ("http://0.0.0.0/", Err(UrlRule::PlainHttp)),
            ("ftp://127.0.0.1/", Err(UrlRule::Scheme)),
            ("file:///etc/hosts", Err(UrlRule::Scheme)),
            ("data:text/plain,x", Err(UrlRule::Scheme)),
            ("https://user@api.example.com/", Err(UrlRule::Credentials)),
            ("https://:secret@api.example.com/", Err(UrlRule::Credentials)),
        ];
        for (url, expected) in cases {
            assert_eq!(check_url(&url.parse().unwrap()), expected, "{url}");
        }
    }

    #[test]
    fn the_metadata_service_is_let_through_on_request_only() {
        let check = |url: &str, allowed| check_target(&url.parse().unwrap(), allowed);
        let service = "http://169.254.169.254/metadata/identity/oauth2/token";
        assert_eq!(check(service, true), Ok(()));
        assert_eq!(check(service, false), Err(UrlRule::PlainHttp));
        assert_eq!(check("http://169.254.169.253/", true), Err(UrlRule::PlainHttp));
        assert_eq!(check("http://me:pw@169.254.169.254/", true), Err(UrlRule::Credentials));
    }

    #[test]
    fn the_authority_names_a_port_only_if_it_is_unusual() {
        for (url, expected) in [
            ("https://api.example.com:443/x", "api.example.com"),
            ("https://api.example.com:444/x", "api.example.com:444"),
            ("http://[::1]:9100/", "[::1]:9100"),
        ] {
            assert_eq!(authority(&url.parse().unwrap()), expected);
        }
    }
}
