//! Voice for Dynamics 365: the demo and the administrator's commands.

mod check_config;
mod demo;
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
    #[arg(long, value_name = "FILTER", default_value = "warn", global = true)]
    log: String,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    CheckConfig(check_config::CheckConfigArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Exit::BadConfiguration } else { Exit::Done }.into();
        }
    };
    log_to_stderr(&args.log);
    let exit = match args.command {
        Command::Demo(args) => Box::pin(demo::run(&args)).await,
        Command::CheckConfig(args) => Ok(check_config::run(&args)),
    };
    exit.unwrap_or_else(|error| {
        eprintln!("{error:#}");
        Exit::Failure
    })
    .into()
}
