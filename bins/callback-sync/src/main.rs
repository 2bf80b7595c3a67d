//! Worker: callback sync.

use std::process::ExitCode;

use clap::Parser;
use program::WorkerArgs;

/// Puts callback requests of Enreach into the queues of Dynamics 365 as open phone calls.
///
/// It polls the lists of all active callback profiles once a minute, and works off the inbox, where
/// webhook-listener puts events, as soon as something is due there. With --once it polls, works off
/// the inbox, and exits.
///
/// Exit codes: 0 all passes ran (single requests may have failed), 64 bad configuration, 75 a tenant
/// was stopped by a passing cause, 1 by another cause.
///
/// Example: callback-sync --config voice.toml --once --json
#[derive(Debug, Parser)]
#[command(name = "callback-sync", version, verbatim_doc_comment)]
struct Args {
    #[command(flatten)]
    worker: WorkerArgs,
}

#[tokio::main]
async fn main() -> ExitCode {
    match Args::try_parse() {
        Ok(args) => program::main(args.worker, &[program::callback_sync()]).await,
        Err(error) => program::usage(&error),
    }
}
