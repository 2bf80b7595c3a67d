//! Worker: call sync. Parses, loads, composes, runs.

mod args;
mod tenants;

use std::process::ExitCode;

use clap::Parser;
use settings::ProcessConfig;
use tenants::{Ran, line, run_always, run_once};
use worker::{Exit, Shutdown, log_to_stderr};

use crate::args::Args;

#[tokio::main]
async fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage(&error),
    };
    log_to_stderr(&args.log);
    let config = match ProcessConfig::load(args.config.as_deref()) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("{error}");
            return Exit::BadConfiguration.into();
        }
    };
    let shutdown = Shutdown::on_signals();
    if !args.once {
        run_always(config.tenants, &shutdown).await;
        return Exit::Done.into();
    }
    let Some(ran) = shutdown.or_at_once(run_once(config.tenants)).await else {
        return Exit::TryAgain.into();
    };
    print(&ran, args.json);
    Exit::worst(ran.into_iter().map(|(_, exit)| exit)).into()
}

fn print(ran: &[Ran], json: bool) {
    if json {
        let tenants: Vec<_> = ran.iter().map(|(summary, _)| summary).collect();
        println!("{}", serde_json::json!({ "tenants": tenants }));
        return;
    }
    for (summary, _) in ran {
        println!("{}: {}", summary.tenant, line(summary));
        if let Some(error) = &summary.error {
            println!("{}: stopped ({}): {}", summary.tenant, error.class, error.message);
        }
    }
}

/// Help and version go to standard output and are no failure; anything else is bad usage.
fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if error.use_stderr() { Exit::BadConfiguration.into() } else { Exit::Done.into() }
}
