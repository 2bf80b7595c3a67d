//! The demo's configuration and store: in memory, or in a folder where they stay.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, ensure};
use sandbox::Sandbox;
use settings::{InboxConfig, ProcessConfig, TenantConfig};
use sync_store::Store;

/// The store beside the configuration.
const STORE_FILE: &str = "voice.db";

/// What an operator would have prepared for this sandbox.
pub(super) struct Setting {
    pub(super) tenant: TenantConfig,
    pub(super) store: Arc<dyn Store>,
    pub(super) inbox: InboxConfig,
    /// How long the store keeps decisions.
    pub(super) retention: chrono::Duration,
}

/// The configuration file in a folder that keeps a demo.
pub(super) fn file_in(folder: &Path) -> PathBuf {
    folder.join("voice.toml")
}

impl Setting {
    /// Prepares the configuration for a sandbox; `keep` is the folder where it is to stay.
    pub(super) async fn new(sandbox: &Sandbox, keep: Option<&Path>) -> anyhow::Result<Self> {
        let store_url = match keep {
            Some(_) => format!("sqlite://{STORE_FILE}"),
            None => "memory://".to_owned(),
        };
        let text = format!(
            "# The demo's: the sandbox of this address is gone when the demo ends.\n\
             [store]\nurl = \"{store_url}\"\n{}",
            sandbox.tenant_configuration("demo")
        );
        let file = keep.map(|folder| write(folder, &text)).transpose()?;
        let config = ProcessConfig::from_sources(&text, file.as_deref(), Vec::new())?;
        let store = connect::open_store(&config.store).await?;
        let tenant = config.tenants.into_iter().next().context("the demo has a tenant")?;
        Ok(Self { tenant, store, inbox: config.inbox, retention: config.store.retention })
    }
}

/// Writes the configuration. What an earlier demo has left is not touched: its store would know calls
/// that this demo is to see for the first time.
fn write(folder: &Path, text: &str) -> anyhow::Result<PathBuf> {
    let file = file_in(folder);
    for there in [&file, &folder.join(STORE_FILE)] {
        ensure!(
            !there.exists(),
            "--keep {}: {} is there already; delete it or name another folder",
            folder.display(),
            there.display()
        );
    }
    std::fs::create_dir_all(folder)
        .with_context(|| format!("--keep {}: cannot make the folder", folder.display()))?;
    std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}
