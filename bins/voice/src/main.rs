//! Voice for Dynamics 365: all workers in one process, the demo, and the administrator's commands.

mod calls;
mod check_config;
mod demo;
mod inbox;
mod place;
mod refusal;
mod table;
mod world;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use program::WorkerArgs;
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
    Run(RunArgs),
    #[command(flatten)]
    Tool(Tool),
}

/// What ends by itself.
#[derive(Debug, Subcommand)]
enum Tool {
    Demo(demo::DemoArgs),
    CheckConfig(check_config::CheckConfigArgs),
    #[command(subcommand)]
    Calls(calls::CallsCommand),
    #[command(subcommand)]
    Inbox(inbox::InboxCommand),
}

/// Runs all workers in one process: call sync, retro sync, callback sync, and the webhook listener
///
/// Until SIGTERM or SIGINT: the first finishes what is in flight, the second stops at once. Webhooks are
/// taken on server.public_listen, if a tenant has a token for them.
///
/// Exit codes: 0 ended by a signal, 64 bad configuration, 1 or 75 it could not start.
///
/// Example: voice run --config voice.toml
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
struct RunArgs {
    /// Configuration file; default: the environment variable VOICE_CONFIG, else voice.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Private address for health, status, metrics and refresh, in place of server.listen
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Public address for webhooks, in place of server.public_listen
    #[arg(long, value_name = "ADDR")]
    public_listen: Option<SocketAddr>,
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
    match args.command {
        Command::Run(run) => Box::pin(run_workers(run, args.log)).await,
        Command::Tool(tool) => use_tool(tool, args.log.as_deref()).await,
    }
}

async fn use_tool(tool: Tool, log: Option<&str>) -> ExitCode {
    log_to_stderr(log.unwrap_or(DEFAULT_LOG));
    let exit = match tool {
        Tool::Demo(args) => Box::pin(demo::run(&args)).await.map_err(Into::into),
        Tool::CheckConfig(args) => Ok(check_config::run(&args)),
        Tool::Calls(command) => Box::pin(calls::run(&command)).await,
        Tool::Inbox(command) => inbox::run(&command).await,
    };
    exit.unwrap_or_else(|refusal| {
        eprintln!("{refusal}");
        refusal.exit
    })
    .into()
}

async fn run_workers(args: RunArgs, log: Option<String>) -> ExitCode {
    let RunArgs { config, listen, public_listen } = args;
    let log = log.unwrap_or_else(|| "info".to_owned());
    let worker = WorkerArgs { config, once: false, json: false, listen, public_listen, log };
    let jobs = [program::call_sync(), program::retro_sync(), program::callback_sync()];
    program::main_with_webhooks(worker, &jobs).await
}
