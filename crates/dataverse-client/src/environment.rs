//! The address of an environment, and the rule that nothing leaves it.

use url::{Host, Url};

use crate::{Error, Result};

/// Path of the API below an environment's address (reference, section 1.1).
pub(crate) const BASE_PATH: &str = "/api/data/v9.2/";

/// Every link of an answer has to lead below this path.
const API_PATH: &str = "/api/data/";

/// A checked environment address.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    base: Url,
    scope: String,
}

impl Environment {
    /// Checks an address such as `https://contoso.crm4.dynamics.com`.
    pub(crate) fn new(address: &Url) -> Result<Self> {
        let problem = if !is_secure(address) {
            Some("plain http is accepted for loopback addresses only")
        } else if address.host().is_none() {
            Some("it has no host")
        } else if has_credentials(address) {
            Some("it must not hold a user name or password")
        } else if address.path() != "/" || address.query().is_some() || address.fragment().is_some()
        {
            Some("it must end after the host")
        } else {
            None
        };
        if let Some(problem) = problem {
            return Err(Error::Configuration {
                message: format!(
                    "{} is not the address of a Dynamics environment: {problem}; expected \
                     https://<org>.crm<N>.dynamics.com",
                    shown(address)
                ),
            });
        }
        let mut base = address.clone();
        base.set_path(BASE_PATH);
        let scope = format!("{}/.default", origin(address));
        Ok(Self { base, scope })
    }

    /// What access tokens are asked for (reference, section 1.2).
    pub(crate) fn scope(&self) -> &str {
        &self.scope
    }

    /// Host and port, as they name the environment in metrics; a usual port is left out.
    pub(crate) fn host(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        self.base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// The URL of a path below the API's base, such as `contacts?$top=1`.
    pub(crate) fn url(&self, path: &str) -> Result<Url> {
        let url = self.base.join(path).ok().filter(|url| self.holds(url));
        url.ok_or_else(|| Error::Configuration {
            message: format!("{path:?} is not a path of the Dataverse API"),
        })
    }

    /// The URL of a link that an answer holds, if it leads to this environment's API.
    ///
    /// # Errors
    /// [`Error::ForeignLink`] otherwise: the access token must not go there.
    pub(crate) fn link(&self, link: &str) -> Result<Url> {
        let url = self.base.join(link).ok();
        match url {
            Some(url) if self.holds(&url) => Ok(url),
            other => Err(Error::ForeignLink {
                target: other.as_ref().map_or_else(|| "no URL".to_owned(), shown),
                expected: format!("{}{API_PATH}", origin(&self.base)),
            }),
        }
    }

    /// The URL of a stored link to the changes of a table.
    ///
    /// # Errors
    /// [`Error::ForeignToken`] when it does not lead to that table in this environment.
    pub(crate) fn change_link(&self, link: &str, entity_set: &str) -> Result<Url> {
        let leads_to_table = |url: &Url| {
            let last = url.path_segments().and_then(|mut segments| segments.next_back());
            last.is_some_and(|last| last.eq_ignore_ascii_case(entity_set))
        };
        let url = self.base.join(link).ok();
        match url {
            Some(url) if self.holds(&url) && leads_to_table(&url) => Ok(url),
            other => Err(Error::ForeignToken {
                target: other.as_ref().map_or_else(|| "no URL".to_owned(), shown),
                expected: format!("{}{BASE_PATH}{entity_set}", origin(&self.base)),
            }),
        }
    }

    fn holds(&self, url: &Url) -> bool {
        url.scheme() == self.base.scheme()
            && url.host() == self.base.host()
            && url.port_or_known_default() == self.base.port_or_known_default()
            && !has_credentials(url)
            && url.path().starts_with(API_PATH)
    }
}

/// https, or http to a loopback address (design, section 7).
pub(crate) fn is_secure(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => match url.host() {
            Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        },
        _ => false,
    }
}

/// Scheme, host and port, without a slash at the end.
pub(crate) fn origin(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{}://{host}:{port}", url.scheme()),
        None => format!("{}://{host}", url.scheme()),
    }
}

/// A URL as it may stand in a message: no credentials, no query.
fn shown(url: &Url) -> String {
    format!("{}{}", origin(url), url.path())
}

fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        Environment::new(&"https://contoso.crm4.dynamics.com".parse().unwrap()).unwrap()
    }

    #[test]
    fn an_address_is_a_secure_host_and_nothing_more() {
        for (address, good) in [
            ("https://contoso.crm4.dynamics.com", true),
            ("https://contoso.crm4.dynamics.com/", true),
            ("http://127.0.0.1:9100", true),
            ("http://localhost:9100/", true),
            ("http://[::1]:9100/", true),
            ("http://contoso.crm4.dynamics.com", false),
            ("ftp://127.0.0.1", false),
            ("https://contoso.crm4.dynamics.com/main.aspx", false),
            ("https://contoso.crm4.dynamics.com/?a=b", false),
            ("https://me:secret@contoso.crm4.dynamics.com/", false),
        ] {
            let result = Environment::new(&address.parse().unwrap());
            assert_eq!(result.is_ok(), good, "{address}");
            if let Err(error) = result {
                assert!(!error.to_string().contains("secret"), "{error}");
            }
        }
    }

    #[test]
    fn the_scope_has_one_slash() {
        assert_eq!(environment().scope(), "https://contoso.crm4.dynamics.com/.default");
        let local = Environment::new(&"http://127.0.0.1:9100/".parse().unwrap()).unwrap();
        assert_eq!(local.scope(), "http://127.0.0.1:9100/.default");
    }

    #[test]
    fn a_link_out_of_the_environment_is_refused() {
        for (link, good) in [
            ("https://contoso.crm4.dynamics.com/api/data/v9.2/contacts?$skiptoken=x", true),
            ("https://CONTOSO.crm4.dynamics.com:443/api/data/v9.1/contacts", true),
            ("contacts?$skiptoken=x", true),
            ("https://contoso.crm4.dynamics.com.evil.example/api/data/v9.2/contacts", false),
            ("https://evil.example/api/data/v9.2/contacts", false),
            ("//evil.example/api/data/v9.2/contacts", false),
            ("http://contoso.crm4.dynamics.com/api/data/v9.2/contacts", false),
            ("https://contoso.crm4.dynamics.com:8443/api/data/v9.2/contacts", false),
            ("https://contoso.crm4.dynamics.com@evil.example/api/data/v9.2/contacts", false),
            ("https://me@contoso.crm4.dynamics.com/api/data/v9.2/contacts", false),
            ("https://contoso.crm4.dynamics.com/api/data/../../other", false),
            ("/other", false),
            ("\\\\evil.example/api/data/v9.2/", false),
            ("https://", false),
            ("data:text/plain,x", false),
        ] {
            assert_eq!(environment().link(link).is_ok(), good, "{link}");
        }
    }

    #[test]
    fn a_change_link_leads_to_its_table_in_the_environment() {
        for (link, good) in [
            ("https://contoso.crm4.dynamics.com/api/data/v9.2/contacts?$deltatoken=1%2108", true),
            ("https://contoso.crm4.dynamics.com/api/data/v9.1/Contacts?$deltatoken=1", true),
            ("contacts?$deltatoken=1", true),
            ("https://contoso.crm4.dynamics.com/api/data/v9.2/accounts?$deltatoken=1", false),
            ("https://contoso.crm.dynamics.com/api/data/v9.2/contacts?$deltatoken=1", false),
            ("https://evil.example/api/data/v9.2/contacts?$deltatoken=1", false),
            ("https://contoso.crm4.dynamics.com/contacts", false),
            ("", false),
            ("http://[bad", false),
        ] {
            assert_eq!(environment().change_link(link, "contacts").is_ok(), good, "{link}");
        }
    }
}
