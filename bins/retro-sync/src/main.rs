//! Worker: retro sync.

use std::process::ExitCode;

use clap::Parser;
use program::WorkerArgs;

/// Looks at the calls of the last 24 hours once more each night, for calls whose customer was added
/// later.
///
/// The moment is drawn for each tenant and night between 22:00 and 23:30 UTC. A night that was missed
/// is made up at the next start. With --once it runs now.
///
/// Exit codes: 0 all passes ran (single calls may have failed), 64 bad configuration, 75 a tenant was
/// stopped by a passing cause, 1 by another cause.
///
/// Example: retro-sync --config voice.toml --once --json
#[derive(Debug, Parser)]
#[command(name = "retro-sync", version, verbatim_doc_comment)]
struct Args {
    #[command(flatten)]
    worker: WorkerArgs,
}

#[tokio::main]
async fn main() -> ExitCode {
    match Args::try_parse() {
        Ok(args) => program::main(args.worker, &[program::retro_sync()]).await,
        Err(error) => program::usage(&error),
    }
}
