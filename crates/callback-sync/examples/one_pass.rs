//! One pass over the world of callbacks in `tests/worlds`. Runs against a sandbox of its own:
//! `cargo run -p callback-sync --example one_pass`

use std::error::Error;
use std::sync::Arc;

use callback_sync::{CallbackSync, CallbackSyncParts, Freshness};
use sandbox::{Sandbox, SandboxOptions};
use settings::ProcessConfig;
use voice_model::{Clock, SystemClock};

const WORLD: &str = include_str!("../../../tests/worlds/callbacks.json");
const CONFIGURATION: &str = include_str!("../../../tests/worlds/basic.toml");

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::start(SandboxOptions::default()).await?;
    sandbox.load_world(&serde_json::from_str(WORLD)?)?;

    let configuration = CONFIGURATION.replace("http://127.0.0.1:9100", sandbox.base_url());
    let config = ProcessConfig::from_sources(&configuration, None, Vec::new())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = connect::open_store(&config.store).await?;
    for tenant in config.tenants {
        let connection = connect::connect(&tenant, &clock)?;
        let callback_sync = CallbackSync::new(CallbackSyncParts {
            tenant: tenant.name,
            store: store.clone(),
            enreach: Arc::new(connection.enreach),
            dataverse: Arc::new(connection.dataverse),
            clock: clock.clone(),
            names: tenant.dataverse.names,
            overrides: tenant.overrides,
            holder: "the only one".to_owned(),
            attempts: config.inbox.attempts,
        });
        let report = callback_sync.pass(Freshness::Fresh).await;
        for handled in &report.handled {
            println!("{}  {}", handled.item, handled.outcome.name());
        }
    }
    sandbox.shutdown().await;
    Ok(())
}
