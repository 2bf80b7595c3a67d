//! A running sandbox.

use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::{Error, Result};
use crate::identity;
use crate::options::SandboxOptions;
use crate::request_log::LoggedRequest;
use crate::server::{Addresses, Listener};
use crate::simulators::Simulators;
use crate::tls;
use crate::webhooks::Webhooks;
use crate::world::LoadSummary;

/// Bytes of a world file read at a time.
const READ_BYTES: usize = 1 << 20;

/// A running sandbox. Dropping it stops it at once; [`Sandbox::shutdown`] lets requests in flight
/// end first.
pub struct Sandbox {
    simulators: Arc<Simulators>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("base_url", &self.base_url()).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Starts a sandbox on the current tokio runtime. It answers from when this returns.
    ///
    /// # Errors
    /// [`Error::Listen`](crate::Error::Listen) when the address is taken or not ours;
    /// [`Error::Tls`](crate::Error::Tls) when the certificate can be neither read nor made.
    pub async fn start(options: SandboxOptions) -> Result<Self> {
        let tls = options.tls_dir.as_deref().map(tls::server_config).transpose()?;
        let listener = Listener::bind(options.listen, tls).await?;
        let addresses = Addresses::new(listener.scheme(), listener.address());
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let webhooks = Webhooks::new(Handle::current(), stop.clone());
        let simulators = Arc::new(Simulators::new(&options, addresses, webhooks));
        tasks.spawn(listener.serve(simulators.clone(), tasks.clone(), stop.clone()));
        tasks.close();
        Ok(Self { simulators, stop, tasks })
    }

    /// The part of a `voice.toml` that connects a tenant of this name to this sandbox (design, section
    /// 7): what an operator would write.
    pub fn tenant_configuration(&self, tenant: &str) -> String {
        let base = self.base_url();
        format!(
            r#"
[tenants.{tenant}.enreach]
username = "{username}"
secret_key = "{secret_key}"
discovery_url = "{base}"
[tenants.{tenant}.dataverse]
url = "{base}"
[tenants.{tenant}.dataverse.credential]
kind = "client_secret"
tenant_id = "{entra_tenant}"
client_id = "{client}"
client_secret = "{client_secret}"
authority_host = "{base}/entra"
"#,
            username = identity::ENREACH_USER_NAME,
            secret_key = identity::ENREACH_SECRET_KEY,
            entra_tenant = identity::ENTRA_TENANT_ID,
            client = identity::ENTRA_CLIENT_ID,
            client_secret = identity::ENTRA_CLIENT_SECRET,
        )
    }

    /// Its address without a trailing slash, such as `http://127.0.0.1:41234`: the Dataverse
    /// environment, the Enreach discovery host, and the base of `/entra` and `/control`.
    pub fn base_url(&self) -> &str {
        self.simulators.addresses.own()
    }

    /// Merges a world in the form of the README. A row with a known key replaces it.
    ///
    /// # Errors
    /// [`Error::World`] naming system, set, row and field; nothing is loaded then.
    pub fn load_world(&self, world: &Value) -> Result<LoadSummary> {
        Ok(self.simulators.load_world(world.clone())?)
    }

    /// Merges the world in a file, read row by row: for worlds too large to stand in memory as JSON.
    ///
    /// # Errors
    /// [`Error::WorldFile`](crate::Error::WorldFile) when the file cannot be opened, else as
    /// [`Self::load_world`].
    pub fn load_world_file(&self, path: &Path) -> Result<LoadSummary> {
        let file = File::open(path)
            .map_err(|source| Error::WorldFile { path: path.to_owned(), source })?;
        let document = BufReader::with_capacity(READ_BYTES, file);
        Ok(self.simulators.stream_world(document)?)
    }

    /// Clears worlds, faults, modes and request log. The fixed identity stays, and so do access
    /// tokens.
    pub fn reset(&self) {
        self.simulators.reset();
    }

    /// Adds faults in the form of the README: an array of rules, or one alone. Gives their count.
    ///
    /// # Errors
    /// [`Error::Fault`] naming the rule; none is added then.
    pub fn add_faults(&self, faults: &Value) -> Result<usize> {
        Ok(self.simulators.faults.add(faults)?)
    }

    /// The faults that were planted, with what is left of each.
    pub fn faults(&self) -> Vec<Value> {
        self.simulators.faults.list()
    }

    /// Forgets all faults.
    pub fn clear_faults(&self) {
        self.simulators.faults.clear();
    }

    /// Changes the modes that a JSON object names, such as `{"strip_plus": true}`.
    ///
    /// # Errors
    /// [`Error::Mode`] naming the mode; none is changed then.
    pub fn set_modes(&self, modes: &Value) -> Result<()> {
        self.simulators.change_modes(modes)?;
        Ok(())
    }

    /// Tells a listener of callback items by itself, in the form of the README ("What it sends").
    ///
    /// # Errors
    /// [`Error::Subscription`] naming the field.
    pub fn subscribe(&self, subscription: &Value) -> Result<()> {
        let subscribed = self.simulators.webhooks.subscribe(subscription);
        subscribed.map(|_| ()).map_err(|problem| Error::Subscription { problem })
    }

    /// What became of deliveries of webhooks, oldest first; one stands here once it is over.
    pub fn deliveries(&self) -> Vec<Value> {
        self.simulators.webhooks.deliveries()
    }

    /// The received requests with a number above `since`, oldest first; control requests excluded.
    /// The newest are kept, up to 200,000 together with their inner operations.
    pub fn requests(&self, since: u64) -> Vec<LoggedRequest> {
        self.simulators.log.since(since)
    }

    /// Stops accepting, lets requests in flight end within a second, and frees the port.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
