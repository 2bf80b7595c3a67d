//! Addresses of other systems.

use url::{Host, Url};

/// Reads the address of a service: https, or plain http on this machine alone.
///
/// # Errors
/// What is wrong, with what would be right. An address that holds a password is not repeated.
pub(crate) fn service_url(text: &str, expected: &str) -> Result<Url, String> {
    // What stands before an @ may be a password, in whatever is no proper URL.
    let shown = if text.contains('@') { "the value".to_owned() } else { format!("{text:?}") };
    let Ok(url) = Url::parse(text) else {
        return Err(format!("{shown} is not a URL; expected {expected}"));
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("a URL must not hold a user or a password; expected {expected}"));
    }
    let Some(host) = url.host() else {
        return Err(format!("{shown} is not the URL of a service; expected {expected}"));
    };
    match url.scheme() {
        "https" => {}
        "http" if is_this_machine(&host) => {}
        "http" => {
            return Err(format!(
                "{shown} is plain http, which is accepted for 127.0.0.0/8, ::1 and localhost only; \
                 expected {expected}"
            ));
        }
        scheme => return Err(format!("{scheme} is not https; expected {expected}")),
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("a URL with ? or # is no address of a service; expected {expected}"));
    }
    Ok(url)
}

fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}
