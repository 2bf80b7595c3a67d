//! The addresses under which clients reach the sandbox.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use http::uri::Authority;

/// Turns what a client calls the sandbox into base URLs for its answers.
#[derive(Debug, Clone)]
pub(crate) struct Addresses {
    scheme: &'static str,
    own: String,
    port: u16,
}

impl Addresses {
    /// Of a server that listens at `address`; one that listens everywhere calls itself loopback.
    pub(crate) fn new(scheme: &'static str, address: SocketAddr) -> Self {
        let ip = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        let own = format!("{scheme}://{}", SocketAddr::new(ip, address.port()));
        Self { scheme, own, port: address.port() }
    }

    /// The sandbox's own base URL, without a trailing slash.
    pub(crate) fn own(&self) -> &str {
        &self.own
    }

    /// The base URL for a client that sent this `Host` header.
    pub(crate) fn for_host(&self, host: Option<&str>) -> String {
        match host.and_then(|host| host.parse::<Authority>().ok()) {
            Some(host) if !host.as_str().contains('@') => {
                format!("{}://{}", self.scheme, host.as_str().to_ascii_lowercase())
            }
            _ => self.own.clone(),
        }
    }

    /// Whether a URL without path is this environment: the base URL that the client uses, or a
    /// name for this machine with this port.
    pub(crate) fn is_environment(&self, resource: &str, base_url: &str) -> bool {
        let resource = resource.trim_end_matches('/').to_ascii_lowercase();
        let aliases = ["localhost", "127.0.0.1", "[::1]"];
        resource == base_url
            || resource == self.own
            || aliases
                .iter()
                .any(|host| resource == format!("{}://{host}:{}", self.scheme, self.port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> Addresses {
        Addresses::new("http", SocketAddr::from(([0, 0, 0, 0], 9100)))
    }

    #[test]
    fn answers_use_the_name_that_the_client_used() {
        assert_eq!(addresses().for_host(Some("LocalHost:9100")), "http://localhost:9100");
        for host in [None, Some(""), Some("a b"), Some("user@host")] {
            assert_eq!(addresses().for_host(host), "http://127.0.0.1:9100");
        }
    }

    #[test]
    fn the_environment_has_its_local_aliases_and_no_others() {
        let is = |resource| addresses().is_environment(resource, "http://proxy.example");
        assert!(is("http://localhost:9100/"));
        assert!(is("http://127.0.0.1:9100"));
        assert!(is("http://proxy.example//"));
        assert!(!is("http://localhost:9101"));
        assert!(!is("https://localhost:9100"));
        assert!(!is("https://contoso.crm4.dynamics.com"));
    }
}
