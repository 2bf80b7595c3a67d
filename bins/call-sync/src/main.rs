//! Worker: call sync. Parses, loads, composes, runs.

mod args;
mod tenants;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use settings::ProcessConfig;
use tenants::{Ran, line, run_always, run_once, stopped_by_signal};
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
    let names: Vec<_> = config.tenants.iter().map(|tenant| tenant.name.clone()).collect();
    let ran = match shutdown.or_at_once(run_once(config.tenants)).await {
        Some(ran) => ran,
        None => names.iter().map(stopped_by_signal).collect(),
    };
    // A reader that went away is no reason to fail: the work is done.
    let _ = print(&ran, args.json);
    Exit::worst(ran.into_iter().map(|(_, exit)| exit)).into()
}

fn print(ran: &[Ran], json: bool) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        let tenants: Vec<_> = ran.iter().map(|(summary, _)| summary).collect();
        return writeln!(out, "{}", serde_json::json!({ "tenants": tenants }));
    }
    for (summary, _) in ran {
        writeln!(out, "{}: {}", summary.tenant, line(summary))?;
        if let Some(error) = &summary.error {
            writeln!(out, "{}: stopped ({}): {}", summary.tenant, error.class, error.message)?;
        }
    }
    Ok(())
}

/// Help and version go to standard output and are no failure; anything else is bad usage.
fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if error.use_stderr() { Exit::BadConfiguration.into() } else { Exit::Done.into() }
}
