//! Which simulator a path belongs to.

use serde::{Deserialize, Serialize};

/// The simulated systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum System {
    /// The Dataverse Web API.
    Dataverse,
    /// Enreach discovery and API.
    Enreach,
    /// The Entra token endpoint.
    Entra,
}

/// Where the Dataverse Web API lives.
pub(crate) const DATAVERSE_PREFIX: &str = "/api/data/v9.2";
/// Where the Enreach API lives.
pub(crate) const ENREACH_PREFIX: &str = "/enreach";
/// Where Enreach discovery lives.
pub(crate) const DISCOVERY_PATH: &str = "/api/user";
/// Where Entra tenants live.
pub(crate) const ENTRA_PREFIX: &str = "/entra";
/// Where the sandbox itself is steered.
pub(crate) const CONTROL_PREFIX: &str = "/control";

impl System {
    /// The system that serves a path; none for a path that nothing serves.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        if below(path, DATAVERSE_PREFIX).is_some() {
            Some(Self::Dataverse)
        } else if below(path, ENREACH_PREFIX).is_some()
            || below(path, DISCOVERY_PATH).is_some_and(|rest| rest.is_empty() || rest == "/")
        {
            Some(Self::Enreach)
        } else if below(path, ENTRA_PREFIX).is_some() {
            Some(Self::Entra)
        } else {
            None
        }
    }

    /// The name in faults and in the request log.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dataverse => "dataverse",
            Self::Enreach => "enreach",
            Self::Entra => "entra",
        }
    }
}

/// What follows a prefix that ends at a segment's end: empty, or starting with a slash.
pub(crate) fn below<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    path.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_belong_to_the_system_whose_prefix_they_carry() {
        for (path, expected) in [
            ("/api/data/v9.2/WhoAmI", Some(System::Dataverse)),
            ("/api/data/v9.2", Some(System::Dataverse)),
            ("/api/data/v9.20/contacts", None),
            ("/api/user", Some(System::Enreach)),
            ("/api/user/", Some(System::Enreach)),
            ("/api/users", None),
            ("/enreach/calls", Some(System::Enreach)),
            ("/enreached", None),
            ("/entra/x/oauth2/v2.0/token", Some(System::Entra)),
            ("/", None),
        ] {
            assert_eq!(System::of_path(path), expected, "{path}");
        }
    }
}
