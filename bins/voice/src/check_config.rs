//! `voice check-config`: is the configuration right, before anything runs on it.

use std::path::PathBuf;

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use settings::{CredentialConfig, EnreachEndpoint, ProcessConfig, TenantConfig};
use worker::Exit;

/// Reads the configuration, says everything that is wrong with it, and shows what it means
///
/// Nothing is connected to. Exit code 64 if something is wrong.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckConfigArgs {
    /// Configuration file; default: the environment variable VOICE_CONFIG, else voice.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Checks the configuration.
pub(crate) fn run(args: &CheckConfigArgs) -> Exit {
    match ProcessConfig::load(args.config.as_deref()) {
        Ok(config) => {
            println!("{}", table(&config.tenants));
            println!("The configuration is right: {} tenants.", config.tenants.len());
            Exit::Done
        }
        Err(error) => {
            eprintln!("{error}");
            Exit::BadConfiguration
        }
    }
}

fn table(tenants: &[TenantConfig]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header([
        "tenant",
        "Enreach user",
        "Enreach address",
        "Dynamics 365",
        "credential",
        "overridden settings",
    ]);
    table.add_rows(tenants.iter().map(|tenant| {
        let address = match &tenant.enreach.endpoint {
            EnreachEndpoint::Discovery(url) => format!("asked of {url}"),
            EnreachEndpoint::Api(url) => url.to_string(),
        };
        let overrides: Vec<_> =
            tenant.overrides.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        [
            tenant.name.to_string(),
            tenant.enreach.username.clone(),
            address,
            tenant.dataverse.url.to_string(),
            credential(&tenant.dataverse.credential).to_owned(),
            overrides.join("\n"),
        ]
    }));
    table
}

fn credential(credential: &CredentialConfig) -> &'static str {
    match credential {
        CredentialConfig::ClientSecret { .. } => "client secret",
        CredentialConfig::ManagedIdentity { .. } => "managed identity",
        CredentialConfig::WorkloadIdentity { .. } => "workload identity",
        CredentialConfig::DeveloperTools => "developer tools",
    }
}
