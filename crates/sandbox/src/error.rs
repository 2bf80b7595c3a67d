//! What can go wrong around the sandbox itself. What goes wrong inside it is an HTTP answer.

use std::net::SocketAddr;

use crate::faults::FaultError;
use crate::modes::ModeError;
use crate::world::WorldError;

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the sandbox did not start, or refused what it was given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address cannot be listened on; mostly because another process does.
    #[error("cannot listen on {address}; choose a free port, or 0 to let the system choose")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// An option that is accepted but not served in this version.
    #[error("{option} is not built yet; start the sandbox without it")]
    NotBuilt {
        /// The option and its value.
        option: &'static str,
    },
    /// A world that cannot be loaded. Nothing of it was.
    #[error("the world was refused")]
    World(#[from] WorldError),
    /// Faults that cannot be read. None of them was added.
    #[error("the faults were refused")]
    Fault(#[from] FaultError),
    /// Modes that cannot be read. None of them was changed.
    #[error("the modes were refused")]
    Mode(#[from] ModeError),
}
