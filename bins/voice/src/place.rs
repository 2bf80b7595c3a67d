//! Where a command looks: which configuration, which tenants of it, which store.

use std::path::PathBuf;
use std::sync::Arc;

use settings::{ProcessConfig, StoreConfig, StoreUrl, TenantConfig};
use sync_store::{InMemoryStore, Store};

use crate::refusal::Refusal;

/// Which configuration and which of its tenants.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PlaceArgs {
    /// Configuration file; default: the environment variable VOICE_CONFIG, else voice.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Only this tenant; default: all of the configuration
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

/// The part of a configuration that a command is about.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) store: StoreConfig,
    pub(crate) tenants: Vec<TenantConfig>,
}

impl PlaceArgs {
    /// Reads the configuration.
    pub(crate) fn read(&self) -> Result<Place, Refusal> {
        let ProcessConfig { store, mut tenants, .. } = ProcessConfig::load(self.config.as_deref())?;
        if let Some(wanted) = &self.tenant {
            let names: Vec<_> = tenants.iter().map(|tenant| tenant.name.to_string()).collect();
            tenants.retain(|tenant| tenant.name.as_str() == wanted);
            if tenants.is_empty() {
                let names = names.join(", ");
                return Err(Refusal::usage(format!(
                    "--tenant {wanted}: the configuration has no such tenant; it has {names}"
                )));
            }
        }
        Ok(Place { store, tenants })
    }

    /// The configuration as arguments of another command, with a blank before.
    pub(crate) fn config_argument(&self) -> String {
        self.config
            .as_ref()
            .map_or_else(String::new, |path| format!(" --config {}", path.display()))
    }
}

impl Place {
    /// The store, to look things up: it has to be there.
    pub(crate) async fn known_store(&self) -> Result<Arc<dyn Store>, Refusal> {
        match &self.store.url {
            StoreUrl::Memory => Err(Refusal::failure(
                "store.url is memory://: every process has its own store and forgets it at its end, \
                 so there is nothing to look up; name a file, such as sqlite://voice.db",
            )),
            StoreUrl::Sqlite(path) if !path.exists() => Err(Refusal::failure(format!(
                "there is no store at {} yet; either no worker has run with this configuration, or \
                 its store.url names another file",
                path.display()
            ))),
            StoreUrl::Sqlite(_) => Ok(connect::open_store(&self.store).await?),
        }
    }

    /// The store, to try something over it without a trace: a file that does not exist is not made.
    pub(crate) async fn store_behind_glass(&self) -> Result<Arc<dyn Store>, Refusal> {
        match &self.store.url {
            StoreUrl::Sqlite(path) if !path.exists() => Ok(Arc::new(InMemoryStore::default())),
            _ => Ok(connect::open_store(&self.store).await?),
        }
    }

    /// The store by name.
    pub(crate) fn store_name(&self) -> String {
        match &self.store.url {
            StoreUrl::Memory => "memory".to_owned(),
            StoreUrl::Sqlite(path) => path.display().to_string(),
        }
    }
}
