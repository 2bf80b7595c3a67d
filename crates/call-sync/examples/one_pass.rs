//! One pass over the small world of `tests/worlds`. Runs against a sandbox of its own:
//! `cargo run -p call-sync --example one_pass`

use std::error::Error;
use std::sync::Arc;

use call_sync::{CallSync, CallSyncParts, Freshness};
use sandbox::{Sandbox, SandboxOptions};
use settings::ProcessConfig;
use voice_model::{Clock, SystemClock};

const WORLD: &str = include_str!("../../../tests/worlds/basic.json");
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
        let call_sync = CallSync::new(CallSyncParts {
            tenant: tenant.name,
            store: store.clone(),
            enreach: Arc::new(connection.enreach),
            dataverse: Arc::new(connection.dataverse),
            clock: clock.clone(),
            names: tenant.dataverse.names,
            overrides: tenant.overrides,
        });
        let report = call_sync.pass(Freshness::Fresh).await;
        for decision in &report.decisions {
            println!("{}  {}", decision.call, decision.outcome);
        }
    }
    sandbox.shutdown().await;
    Ok(())
}
