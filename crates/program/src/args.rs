//! The command line that every worker has (design, section 8).

use std::net::SocketAddr;
use std::path::PathBuf;

/// The arguments of a worker.
#[derive(Debug, Clone, clap::Args)]
pub struct WorkerArgs {
    /// Configuration file; default: the environment variable VOICE_CONFIG, else voice.toml
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Run one pass for every tenant, then exit; nothing is served
    #[arg(long)]
    pub once: bool,
    /// With --once: print one JSON object with the counts and nothing else on standard output
    #[arg(long)]
    pub json: bool,
    /// Private address for health, status, metrics and refresh, in place of server.listen
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Public address, in place of server.public_listen; only workers that serve something use it
    #[arg(long, value_name = "ADDR")]
    pub public_listen: Option<SocketAddr>,
    /// What to log on standard error, such as warn or info,call_sync=debug
    #[arg(long, value_name = "FILTER", default_value = "info")]
    pub log: String,
}
