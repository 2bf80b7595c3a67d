//! Addresses that a worker listens on.

use std::net::{Ipv4Addr, SocketAddr};

use crate::process::section::{Given, Section};

/// `[server]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// Private: health, metrics, status, refresh.
    pub listen: SocketAddr,
    /// Public: webhooks, smart routing, callback-list feed.
    pub public_listen: SocketAddr,
}

impl Default for ServerConfig {
    fn default() -> Self {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self { listen: local(8080), public_listen: local(8081) }
    }
}

impl ServerConfig {
    pub(crate) fn read(section: Option<Section<'_>>) -> Self {
        let default = Self::default();
        let Some(mut section) = section else { return default };
        let private = section.text("listen");
        let public = section.text("public_listen");
        let read = |given: &Option<Given>| {
            given.as_ref().and_then(|given| section.accept(given, address(given.text.trim())))
        };
        let listen = read(&private).unwrap_or(default.listen);
        let public_listen = read(&public).unwrap_or(default.public_listen);
        // Port 0 means any free one, so two of them differ.
        if listen == public_listen
            && listen.port() != 0
            && let Some(given) = public.as_ref().or(private.as_ref())
        {
            section.note(given, format!("{listen} is both the private and the public address"));
        }
        section.finish();
        Self { listen, public_listen }
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        format!(
            "{text:?} is not an address to listen on; expected ADDRESS:PORT such as 127.0.0.1:8080"
        )
    })
}
