//! Voice for Dynamics 365: the demo and the administrator's commands.

mod calls;
mod check_config;
mod demo;
mod place;
mod refusal;
mod table;
mod world;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use worker::{Exit, log_to_stderr};

/// Connects Enreach Cloud telephony to Microsoft Dynamics 365.
///
/// Start with: voice demo --once
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(subcommand)]
    command: Command,
    /// What to log on standard error, such as warn or info,call_sync=debug
    ///
    /// Default: warn, and for a backfill that nobody watches a line for every day.
    #[arg(long, value_name = "FILTER", global = true)]
    log: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    CheckConfig(check_config::CheckConfigArgs),
    #[command(subcommand)]
    Calls(calls::CallsCommand),
}

/// What is logged unless something else is asked for. `voice` is this program.
const DEFAULT_LOG: &str = "warn,voice=info";

#[tokio::main]
async fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Exit::BadConfiguration } else { Exit::Done }.into();
        }
    };
    log_to_stderr(args.log.as_deref().unwrap_or(DEFAULT_LOG));
    let exit = match args.command {
        Command::Demo(args) => Box::pin(demo::run(&args)).await.map_err(Into::into),
        Command::CheckConfig(args) => Ok(check_config::run(&args)),
        Command::Calls(command) => Box::pin(calls::run(&command)).await,
    };
    exit.unwrap_or_else(|refusal| {
        eprintln!("{refusal}");
        refusal.exit
    })
    .into()
}
