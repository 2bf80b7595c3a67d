//! What can go wrong around the sandbox itself. What goes wrong inside it is an HTTP answer.

use std::net::SocketAddr;
use std::path::PathBuf;

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
    /// The files for https cannot be used or made.
    #[error("cannot serve https with the files in {}", directory.display())]
    Tls {
        /// The folder.
        directory: PathBuf,
        /// What is wrong with them.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A world file that cannot be opened.
    #[error("cannot read the world file {}", path.display())]
    WorldFile {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A world that cannot be loaded. Nothing of it was.
    #[error("the world was refused")]
    World(#[from] WorldError),
    /// Faults that cannot be read. None of them was added.
    #[error("the faults were refused")]
    Fault(#[from] FaultError),
    /// A subscription that cannot be read. It was not added.
    #[error("the subscription was refused: {problem}")]
    Subscription {
        /// Which of its fields is wrong, and what is expected.
        problem: String,
    },
    /// Modes that cannot be read. None of them was changed.
    #[error("the modes were refused")]
    Mode(#[from] ModeError),
}
