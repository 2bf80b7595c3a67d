//! Worker: webhooks.

use std::process::ExitCode;

use clap::Parser;
use program::WorkerArgs;

/// Takes webhooks of Enreach into the store, where callback-sync works them off.
///
/// It serves until SIGTERM or SIGINT; then what is under way is stored and acknowledged. It has no
/// passes, so there is nothing for --once to do.
///
/// Exit codes: 0 stopped by a signal, 64 bad configuration or arguments, 75 the store cannot be used
/// for now, 1 anything else.
///
/// Example: webhook-listener --config voice.toml --public-listen 0.0.0.0:8081
#[derive(Debug, Parser)]
#[command(name = "webhook-listener", version, verbatim_doc_comment)]
struct Args {
    #[command(flatten)]
    worker: WorkerArgs,
}

#[tokio::main]
async fn main() -> ExitCode {
    match Args::try_parse() {
        Ok(args) => program::main_with_webhooks(args.worker, &[]).await,
        Err(error) => program::usage(&error),
    }
}
