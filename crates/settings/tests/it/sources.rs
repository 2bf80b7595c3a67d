//! Configuration texts for tests.

use settings::{Error, ProcessConfig};

/// A configuration with one tenant and nothing else.
pub(crate) const MINIMAL: &str = r#"
[tenants.contoso.enreach]
username = "api.user@contoso.example"
secret_key = "enreach-secret"
[tenants.contoso.dataverse]
url = "https://contoso.crm4.dynamics.com"
[tenants.contoso.dataverse.credential]
kind = "client_secret"
tenant_id = "11111111-1111-1111-1111-111111111111"
client_id = "22222222-2222-2222-2222-222222222222"
client_secret = "entra-secret"
"#;

/// The configuration of `voice.toml` with this text and environment.
pub(crate) fn read(text: &str, environment: &[(&str, &str)]) -> settings::Result<ProcessConfig> {
    let environment = environment.iter().map(|(name, text)| (name.to_string(), text.to_string()));
    ProcessConfig::from_sources(text, Some("voice.toml".as_ref()), environment)
}

/// As [`read`], for what must be right.
pub(crate) fn good(text: &str, environment: &[(&str, &str)]) -> ProcessConfig {
    read(text, environment).unwrap_or_else(|error| panic!("{error}"))
}

/// What an operator reads when the configuration is wrong.
pub(crate) fn refused(text: &str, environment: &[(&str, &str)]) -> String {
    match read(text, environment) {
        Err(error @ Error::Configuration(_)) => error.to_string(),
        other => panic!("expected a wrong configuration: {other:?}"),
    }
}

/// The minimal configuration with a line more in a table of the tenant.
pub(crate) fn with(table: &str, line: &str) -> String {
    let header = format!("[tenants.contoso.{table}]");
    match MINIMAL.contains(&header) {
        true => MINIMAL.replace(&header, &format!("{header}\n{line}")),
        false => format!("{MINIMAL}{header}\n{line}\n"),
    }
}

/// The minimal configuration with one line replaced.
pub(crate) fn replaced(old: &str, new: &str) -> String {
    assert!(MINIMAL.contains(old), "{old}");
    MINIMAL.replace(old, new)
}
