//! The sandbox with a company, and call sync put together against it over real HTTP.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use call_sync::{CallSync, CallSyncParts};
use callback_sync::{CallbackSync, CallbackSyncParts};
use chrono::{DateTime, Duration, TimeZone, Utc};
use sandbox::{LoggedRequest, Sandbox, SandboxOptions};
use serde_json::{Value, json};
use settings::{ProcessConfig, TenantConfig};
use sync_store::{SqliteStore, Store};
use tempfile::TempDir;
use voice_model::{Clock, ManualClock, SystemClock, TenantName};

use crate::{Outsider, World};

/// A sandbox with a company, and all that call sync needs to work for it.
#[derive(Debug)]
pub struct TestPlant {
    /// The three simulated systems.
    pub sandbox: Sandbox,
    time: Time,
    overrides: Mutex<BTreeMap<String, String>>,
    folder: TempDir,
}

#[derive(Debug)]
enum Time {
    /// Two clocks that stand still: the engine's, and that of the three systems.
    Hands {
        engine: Arc<ManualClock>,
        world: Arc<ManualClock>,
    },
    Real,
}

impl TestPlant {
    /// A plant on a Wednesday at noon, where time stands still until the test moves it.
    pub async fn start() -> Self {
        let noon = Utc.with_ymd_and_hms(2026, 3, 4, 12, 0, 0).unwrap();
        let clock = || Arc::new(ManualClock::new(noon));
        Self::with(Time::Hands { engine: clock(), world: clock() }).await
    }

    /// A plant of today, for tests that run a program.
    pub async fn in_real_time() -> Self {
        Self::with(Time::Real).await
    }

    async fn with(time: Time) -> Self {
        let clock: Arc<dyn Clock> = match &time {
            Time::Hands { world, .. } => world.clone(),
            Time::Real => Arc::new(SystemClock),
        };
        let sandbox =
            Sandbox::start(SandboxOptions { clock, ..SandboxOptions::default() }).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let plant = Self { sandbox, time, overrides: Mutex::default(), folder };
        plant.load(World::company());
        plant
    }

    /// The time of the engine.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock().now()
    }

    /// So many seconds ago, by the time of the world: when things really happened.
    pub fn ago_secs(&self, seconds: i64) -> DateTime<Utc> {
        let now = match &self.time {
            Time::Hands { world, .. } => world.now(),
            Time::Real => self.now(),
        };
        now - Duration::seconds(seconds)
    }

    fn clock(&self) -> Arc<dyn Clock> {
        match &self.time {
            Time::Hands { engine, .. } => engine.clone(),
            Time::Real => Arc::new(SystemClock),
        }
    }

    /// Lets time pass.
    ///
    /// # Panics
    /// In a plant that runs in real time.
    pub fn pass_time(&self, by: Duration) {
        let Time::Hands { world, .. } = &self.time else { panic!("real time passes by itself") };
        world.advance(by);
        self.jump(by);
    }

    /// Moves the clock of the engine's machine alone, as somebody does who sets it.
    ///
    /// # Panics
    /// In a plant that runs in real time.
    pub fn jump(&self, by: Duration) {
        let Time::Hands { engine, .. } = &self.time else { panic!("the real clock is not ours") };
        engine.advance(by);
    }

    /// Adds to the world.
    pub fn load(&self, world: World) {
        self.sandbox.load_world(&world.json()).unwrap();
    }

    /// Plants a fault (sandbox README, "Faults").
    pub fn fault(&self, fault: Value) {
        self.sandbox.add_faults(&json!([fault])).unwrap();
    }

    /// Takes all faults away.
    pub fn calm(&self) {
        self.sandbox.clear_faults();
    }

    /// Overrides a tenant setting for what is composed from now on.
    pub fn set(&self, name: &str, value: &str) {
        self.overrides.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    /// The number of the last request so far, for [`Self::requests_since`].
    pub fn mark(&self) -> u64 {
        self.sandbox.requests(0).last().map_or(0, |request| request.number)
    }

    /// What one of the systems was asked after a mark: `enreach`, `dataverse` or `entra`.
    pub fn requests_since(&self, mark: u64, system: &str) -> Vec<LoggedRequest> {
        let mut requests = self.sandbox.requests(mark);
        requests.retain(|request| request.system == system);
        requests
    }

    /// The only tenant.
    pub fn tenant(&self) -> TenantName {
        TenantName::new("contoso")
    }

    /// The store, in a connection of its own.
    pub async fn store(&self) -> SqliteStore {
        SqliteStore::open(self.store_path()).await.unwrap()
    }

    /// Where the store is.
    pub fn store_path(&self) -> PathBuf {
        self.folder.path().join("voice.db")
    }

    /// What call sync is made of, as in a process that has just started, with this store.
    pub fn parts(&self, store: impl Store + 'static) -> CallSyncParts {
        let tenant = self.tenant_config();
        let clock = self.clock();
        let connection = connect::connect(&tenant, &clock).unwrap();
        CallSyncParts {
            tenant: tenant.name,
            enreach: Arc::new(connection.enreach),
            dataverse: Arc::new(connection.dataverse),
            store: Arc::new(store),
            clock,
            names: tenant.dataverse.names,
            overrides: tenant.overrides,
        }
    }

    /// A call sync that has just started.
    pub async fn call_sync(&self) -> CallSync {
        CallSync::new(self.parts(self.store().await))
    }

    /// What callback sync is made of, as in a process that has just started, with this store. No two
    /// have the same holder.
    pub fn callback_parts(&self, store: impl Store + 'static) -> CallbackSyncParts {
        static HOLDERS: AtomicU32 = AtomicU32::new(0);
        let tenant = self.tenant_config();
        let clock = self.clock();
        let connection = connect::connect(&tenant, &clock).unwrap();
        CallbackSyncParts {
            tenant: tenant.name,
            enreach: Arc::new(connection.enreach),
            dataverse: Arc::new(connection.dataverse),
            store: Arc::new(store),
            clock,
            names: tenant.dataverse.names,
            overrides: tenant.overrides,
            holder: format!("plant-{}", HOLDERS.fetch_add(1, Ordering::Relaxed)),
            attempts: 8,
        }
    }

    /// A callback sync that has just started.
    pub async fn callback_sync(&self) -> CallbackSync {
        CallbackSync::new(self.callback_parts(self.store().await))
    }

    /// Another client of the simulated systems.
    pub fn outsider(&self) -> Outsider {
        Outsider::new(self.sandbox.base_url())
    }

    fn tenant_config(&self) -> TenantConfig {
        let config = ProcessConfig::from_sources(&self.configuration(), None, Vec::new()).unwrap();
        config.tenants.into_iter().next().unwrap()
    }

    /// Writes the configuration of a program that works for this company.
    pub fn write_configuration(&self) -> PathBuf {
        let path = self.folder.path().join("voice.toml");
        std::fs::write(&path, self.configuration()).unwrap();
        path
    }

    /// The folder with configuration and store, which goes with the plant.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn configuration(&self) -> String {
        let overrides = self.overrides.lock().unwrap();
        let overrides: Vec<_> =
            overrides.iter().map(|(name, value)| format!("{name} = {value:?}")).collect();
        format!(
            r#"
[store]
url = "sqlite://{store}"
{tenant}
[tenants.contoso.settings]
{overrides}
"#,
            store = self.store_path().display(),
            tenant = self.sandbox.tenant_configuration("contoso"),
            overrides = overrides.join("\n"),
        )
    }
}
