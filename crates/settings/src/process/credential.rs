//! How a tenant's process proves to Entra who it is.

use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

use crate::process::load::Ambient;
use crate::process::secret::SecretKeys;
use crate::process::section::Section;
use crate::process::url::service_url;

/// `[tenants.<name>.dataverse.credential]`.
#[derive(Debug, Clone)]
pub enum CredentialConfig {
    /// `client_secret`: an app registration with a secret.
    ClientSecret {
        /// The Entra tenant: a GUID or a domain.
        tenant_id: String,
        /// The app registration.
        client_id: String,
        /// Its secret.
        client_secret: SecretString,
        /// Where tokens are issued.
        authority_host: Url,
    },
    /// `managed_identity`: the identity of the machine in Azure.
    ManagedIdentity {
        /// Which, when the machine has several: the client id of a user-assigned one.
        client_id: Option<String>,
    },
    /// `workload_identity`: a token that Kubernetes puts into a file.
    WorkloadIdentity {
        /// The Entra tenant; default `AZURE_TENANT_ID`.
        tenant_id: String,
        /// The app registration; default `AZURE_CLIENT_ID`.
        client_id: String,
        /// The file with the token; default `AZURE_FEDERATED_TOKEN_FILE`.
        token_file: PathBuf,
        /// Where tokens are issued; default `AZURE_AUTHORITY_HOST`.
        authority_host: Url,
    },
    /// `developer_tools`: whoever is signed in with the Azure command line. Not for production.
    DeveloperTools,
}

const AUTHORITY: &str = "https://login.microsoftonline.com";
const CLIENT_SECRET: SecretKeys = SecretKeys { value: "client_secret", file: "client_secret_file" };
/// The keys of all kinds.
const KEYS: &[&str] = &[
    "tenant_id",
    "client_id",
    "client_secret",
    "client_secret_file",
    "token_file",
    "authority_host",
];
const TENANT: &str = "the Entra tenant: a GUID or a domain";
const CLIENT: &str = "the client id of the app registration: a GUID";

impl CredentialConfig {
    /// The kinds that there are.
    pub(crate) const KINDS: &str =
        "client_secret, managed_identity, workload_identity or developer_tools";

    pub(crate) fn read(mut section: Section<'_>, ambient: &Ambient) -> Option<Self> {
        type Read = fn(&mut Section<'_>, &Ambient) -> Option<CredentialConfig>;
        let kind = section.required("kind", Self::KINDS, |kind| match kind {
            "client_secret" => Ok(("client_secret", client_secret as Read)),
            "managed_identity" => Ok(("managed_identity", managed_identity as Read)),
            "workload_identity" => Ok(("workload_identity", workload_identity as Read)),
            "developer_tools" => Ok(("developer_tools", developer_tools as Read)),
            _ => Err(format!("{kind:?} is no kind of credential; expected {}", Self::KINDS)),
        });
        // Without a kind nobody can say which of the keys belong.
        let (kind, read) = kind?;
        let credential = read(&mut section, ambient);
        section.refuse(KEYS, &format!("not a key of a credential of kind {kind}"));
        section.finish();
        credential
    }
}

fn client_secret(section: &mut Section<'_>, _: &Ambient) -> Option<CredentialConfig> {
    let tenant_id = section.required("tenant_id", TENANT, directory_name);
    let client_id = section.required("client_id", CLIENT, directory_name);
    let client_secret = CLIENT_SECRET.required(section, "the secret of the app registration");
    let authority_host = authority(section, None);
    Some(CredentialConfig::ClientSecret {
        tenant_id: tenant_id?,
        client_id: client_id?,
        client_secret: client_secret?,
        authority_host: authority_host?,
    })
}

fn managed_identity(section: &mut Section<'_>, _: &Ambient) -> Option<CredentialConfig> {
    Some(CredentialConfig::ManagedIdentity { client_id: section.read("client_id", directory_name) })
}

/// What is not given comes from the variables that the Azure workload identity webhook sets.
fn workload_identity(section: &mut Section<'_>, ambient: &Ambient) -> Option<CredentialConfig> {
    let tenant_id = given_or(section, "tenant_id", TENANT, ("AZURE_TENANT_ID", ambient));
    let client_id = given_or(section, "client_id", CLIENT, ("AZURE_CLIENT_ID", ambient));
    let token_file = match section.read("token_file", not_empty) {
        Some(path) => Some(section.reading.resolve(&path)),
        None => ambient.get("AZURE_FEDERATED_TOKEN_FILE").map(PathBuf::from),
    };
    if token_file.is_none() {
        let (path, elsewhere) = (section.path_of("token_file"), ["AZURE_FEDERATED_TOKEN_FILE"]);
        section.reading.note_missing(&path, "the file with the federated token", &elsewhere);
    }
    let authority_host = authority(section, ambient.get("AZURE_AUTHORITY_HOST"));
    Some(CredentialConfig::WorkloadIdentity {
        tenant_id: tenant_id?,
        client_id: client_id?,
        token_file: token_file?,
        authority_host: authority_host?,
    })
}

fn developer_tools(_: &mut Section<'_>, _: &Ambient) -> Option<CredentialConfig> {
    Some(CredentialConfig::DeveloperTools)
}

fn given_or(
    section: &mut Section<'_>,
    key: &'static str,
    expected: &str,
    (variable, ambient): (&str, &Ambient),
) -> Option<String> {
    if !section.has(key)
        && let Some(text) = ambient.get(variable)
    {
        return Some(text.to_owned());
    }
    section.required_or(key, expected, &[variable], directory_name)
}

fn authority(section: &mut Section<'_>, ambient: Option<&str>) -> Option<Url> {
    let read = |text: &str| service_url(text, AUTHORITY);
    match section.has("authority_host") {
        true => section.read("authority_host", read),
        false => {
            // Asked for, so that a misspelt key is told the right one.
            section.text("authority_host");
            let text = ambient.unwrap_or(AUTHORITY);
            let url = read(text);
            url.map_err(|why| {
                let source = "environment variable AZURE_AUTHORITY_HOST".to_owned();
                section.reading.note(&section.path_of("authority_host"), source, why);
            })
            .ok()
        }
    }
}

/// The name of a thing in Entra: a GUID or a domain.
fn directory_name(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    if text.is_empty() || !text.bytes().all(allowed) {
        return Err(format!("{text:?} is neither a GUID nor a domain"));
    }
    Ok(text.to_owned())
}

fn not_empty(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("the path is empty".to_owned()) } else { Ok(text.to_owned()) }
}
