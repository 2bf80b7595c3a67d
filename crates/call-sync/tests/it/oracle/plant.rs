//! A sandbox, and call sync connected to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use call_sync::{CallSync, CallSyncParts};
use chrono::{DateTime, TimeZone as _, Utc};
use sandbox::{Sandbox, SandboxOptions};
use serde_json::Value;
use settings::{ProcessConfig, TenantConfig};
use sync_store::InMemoryStore;
use voice_model::{Clock, ManualClock};

use super::http::Reader;
use super::world::World;

/// The moment of every pass.
pub(crate) fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 4, 12, 0, 0).unwrap()
}

/// One sandbox, used for one world after the other.
#[derive(Debug)]
pub(crate) struct Plant {
    sandbox: Sandbox,
    clock: Arc<dyn Clock>,
    reader: Reader,
}

impl Plant {
    pub(crate) async fn start() -> Self {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(now()));
        let options = SandboxOptions { clock: clock.clone(), ..SandboxOptions::default() };
        let sandbox = Sandbox::start(options).await.unwrap();
        let base_url = sandbox.base_url().to_owned();
        let reader = tokio::task::spawn_blocking(move || Reader::sign_in(&base_url)).await.unwrap();
        Self { sandbox, clock, reader }
    }

    /// Replaces the world by another, and gives a call sync that knows nothing of it yet.
    pub(crate) fn load(&self, world: &World) -> CallSync {
        self.sandbox.reset();
        let loaded = self.sandbox.load_world(&world.json);
        loaded.unwrap_or_else(|error| panic!("seed {}: {error}", world.seed));
        self.sandbox.set_modes(&world.modes).unwrap();
        compose(&tenant(&self.sandbox, &world.overrides), &self.clock)
    }

    /// All phone call rows, by key.
    pub(crate) fn phone_calls(&self) -> BTreeMap<String, Value> {
        let expand = "$expand=phonecall_activity_parties($select=participationtypemask,\
                      _partyid_value)";
        let rows =
            tokio::task::block_in_place(|| self.reader.rows(&format!("phonecalls?{expand}")));
        rows.into_iter().map(|row| (row["activityid"].as_str().unwrap().to_owned(), row)).collect()
    }
}

/// The one place where call sync is put together.
fn compose(tenant: &TenantConfig, clock: &Arc<dyn Clock>) -> CallSync {
    let connection = connect::connect(tenant, clock).unwrap();
    CallSync::new(CallSyncParts {
        tenant: tenant.name.clone(),
        store: Arc::new(InMemoryStore::default()),
        enreach: Arc::new(connection.enreach),
        dataverse: Arc::new(connection.dataverse),
        clock: clock.clone(),
        names: tenant.dataverse.names.clone(),
        overrides: tenant.overrides.clone(),
    })
}

fn tenant(sandbox: &Sandbox, overrides: &BTreeMap<String, String>) -> TenantConfig {
    let mut text = sandbox.tenant_configuration("contoso");
    text.push_str("[tenants.contoso.settings]\n");
    for (name, value) in overrides {
        text.push_str(&format!("{name} = \"{value}\"\n"));
    }
    let mut config = ProcessConfig::from_sources(&text, None, Vec::new()).unwrap();
    config.tenants.remove(0)
}
