//! Worker: call sync.

use std::process::ExitCode;

use clap::Parser;
use program::WorkerArgs;

/// Carries finished Enreach calls into Dynamics 365 as phone calls, about once a minute.
///
/// Exit codes: 0 all passes ran (single calls may have failed), 64 bad configuration, 75 a tenant was
/// stopped by a passing cause, 1 by another cause.
///
/// Example: call-sync --config voice.toml --once --json
#[derive(Debug, Parser)]
#[command(name = "call-sync", version, verbatim_doc_comment)]
struct Args {
    #[command(flatten)]
    worker: WorkerArgs,
}

#[tokio::main]
async fn main() -> ExitCode {
    match Args::try_parse() {
        Ok(args) => program::main(args.worker, &[program::call_sync()]).await,
        Err(error) => program::usage(&error),
    }
}
