//! The sandbox as a program: `sandbox --listen 127.0.0.1:9100 --world world.json`.

mod arguments;

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use sandbox::{Error, Sandbox, identity};
use tokio::signal::unix::{SignalKind, signal};

use arguments::Arguments;

/// Exit code for flags and worlds that cannot be used, as of the other programs (EX_USAGE).
const USAGE: u8 = 64;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(std::io::stderr)
        .init();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { USAGE.into() } else { ExitCode::SUCCESS };
        }
    };
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sandbox: {error:#}");
            match error.downcast_ref::<Error>() {
                Some(Error::Listen { .. }) => ExitCode::FAILURE,
                _ => USAGE.into(),
            }
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let sandbox = Sandbox::start(arguments.options()).await?;
    if let Some(path) = &arguments.world {
        sandbox.load_world_file(path).with_context(|| format!("{}", path.display()))?;
    }
    println!(
        "sandbox ready at {base}: discovery {base}/api/user, user {user}; Dataverse {base}; \
         authority {base}/entra, tenant {tenant}, client {client}; secrets \"{secret}\"{trust}",
        base = sandbox.base_url(),
        user = identity::ENREACH_USER_NAME,
        tenant = identity::ENTRA_TENANT_ID,
        client = identity::ENTRA_CLIENT_ID,
        secret = identity::ENTRA_CLIENT_SECRET,
        trust = arguments.authority().map(|path| format!("; trust {path}")).unwrap_or_default(),
    );
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    sandbox.shutdown().await;
    Ok(())
}
