//! `voice calls`: why calls were logged or not, and how to put that right.

mod backfill;
mod explain;
mod retry;

use clap::Subcommand;
use worker::Exit;

use crate::refusal::Refusal;

/// Ask why calls were logged or not, and put that right
#[derive(Debug, Subcommand)]
pub(crate) enum CallsCommand {
    Explain(explain::ExplainArgs),
    Backfill(backfill::BackfillArgs),
    Retry(retry::RetryArgs),
}

/// Carries a command out.
pub(crate) async fn run(command: &CallsCommand) -> Result<Exit, Refusal> {
    match command {
        CallsCommand::Explain(args) => explain::run(args).await,
        CallsCommand::Backfill(args) => backfill::run(args).await,
        CallsCommand::Retry(args) => retry::run(args).await,
    }
}
