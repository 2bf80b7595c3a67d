//! How to reach a Dynamics environment.

use url::Url;

use crate::names::{Names, is_name_for};
use crate::nearest::suggestion;
use crate::process::credential::CredentialConfig;
use crate::process::load::Ambient;
use crate::process::section::Section;
use crate::process::url::service_url;

/// `[tenants.<name>.dataverse]`.
#[derive(Debug, Clone)]
pub struct DataverseConfig {
    /// The environment: scheme and host.
    pub url: Url,
    /// How we prove who we are.
    pub credential: CredentialConfig,
    /// Logical names in this environment.
    pub names: Names,
}

const ENVIRONMENT: &str = "https://<org>.crm<N>.dynamics.com";

impl DataverseConfig {
    pub(crate) fn read(mut section: Section<'_>, ambient: &Ambient) -> Option<Self> {
        let url = section.required("url", ENVIRONMENT, environment_url);
        let credential = match section.has("credential") {
            true => section.section("credential"),
            false => Some(section.empty("credential")),
        };
        let credential = credential.and_then(|one| CredentialConfig::read(one, ambient));
        let names = section.section("names").map(names).unwrap_or_default();
        section.finish();
        Some(Self { url: url?, credential: credential?, names })
    }
}

fn environment_url(text: &str) -> Result<Url, String> {
    let url = service_url(text, ENVIRONMENT)?;
    if url.path() != "/" {
        return Err(format!("{text:?} has a path; expected the environment alone, {ENVIRONMENT}"));
    }
    Ok(url)
}

/// The names given; the keys are those of [`Names::KEYS`].
fn names(section: Section<'_>) -> Names {
    let reading = section.reading;
    let mut names = Names::default();
    for given in section.into_texts() {
        let source = reading.name(&given.source);
        let key = given.path.rsplit('.').next().unwrap_or_default().to_lowercase();
        let text = given.text.trim();
        match names.get_mut(&key) {
            None => {
                let near = suggestion(&key, Names::KEYS.iter().copied());
                reading.note(&given.path, source, format!("unknown key{near}"));
            }
            Some(_) if !is_name_for(&key, text) => {
                let message =
                    format!("{text:?} is not a logical name; expected a-z, 0-9 and _ only");
                reading.note(&given.path, source, message);
            }
            Some(name) => text.clone_into(name),
        }
    }
    names
}
