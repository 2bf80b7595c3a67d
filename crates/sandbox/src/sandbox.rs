//! A running sandbox.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::{Error, Result};
use crate::options::{Limits, SandboxOptions};
use crate::request_log::LoggedRequest;
use crate::server::{Addresses, Listener};
use crate::simulators::Simulators;
use crate::world::LoadSummary;

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
    /// [`Error::Listen`] when the address is taken or not ours; [`Error::NotBuilt`] for limits and
    /// TLS, which this version does not serve.
    pub async fn start(options: SandboxOptions) -> Result<Self> {
        if options.limits != Limits::Off {
            return Err(Error::NotBuilt { option: "enforcing limits (real, scaled)" });
        }
        if options.tls_dir.is_some() {
            return Err(Error::NotBuilt { option: "serving https (tls-dir)" });
        }
        let listener = Listener::bind(options.listen).await?;
        let addresses = Addresses::new(listener.address());
        let simulators = Arc::new(Simulators::new(&options, addresses));
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        tasks.spawn(listener.serve(simulators.clone(), tasks.clone(), stop.clone()));
        tasks.close();
        Ok(Self { simulators, stop, tasks })
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
