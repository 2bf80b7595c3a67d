//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Carries finished Enreach calls into Dynamics 365 as phone calls, about once a minute.
///
/// Exit codes: 0 all passes ran (single calls may have failed), 64 bad configuration, 75 a tenant was
/// stopped by a passing cause, 1 by another cause.
///
/// Example: call-sync --config voice.toml --once --json
#[derive(Debug, clap::Parser)]
#[command(version, verbatim_doc_comment)]
pub(crate) struct Args {
    /// Configuration file; default: the environment variable VOICE_CONFIG, else voice.toml
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Run one pass for every tenant, then exit
    #[arg(long)]
    pub(crate) once: bool,
    /// With --once: print one JSON object with the counts and nothing else on standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// Private address for health and metrics, in place of server.listen (not served yet)
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// Public address, in place of server.public_listen (call sync serves nothing there)
    #[arg(long, value_name = "ADDR")]
    pub(crate) public_listen: Option<SocketAddr>,
    /// What to log on standard error, such as warn or info,call_sync=debug
    #[arg(long, value_name = "FILTER", default_value = "info")]
    pub(crate) log: String,
}
