//! The demo: a sandbox with a busy little company, and call sync at work on it over real HTTP.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use call_sync::{CallSync, CallSyncParts, Decision, Freshness, Outcome, PassReport};
use sandbox::{Sandbox, SandboxOptions};
use settings::ProcessConfig;
use voice_model::{CallId, Clock, SystemClock};
use worker::{Exit, Shutdown};

use crate::table;
use crate::world::{self, DemoWorld, Expected};

/// Time between new calls in the continuous demo.
const PAUSE: Duration = Duration::from_secs(3);

/// Shows call sync at work on a made-up company: no account, no configuration
#[derive(Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// One pass over the last fourteen minutes, then exit; without it new calls go on arriving
    #[arg(long)]
    once: bool,
    /// The seed that the company, its customers and their calls are told from
    #[arg(long, default_value_t = 365)]
    seed: u64,
}

/// Runs the demo.
pub(crate) async fn run(args: &DemoArgs) -> anyhow::Result<Exit> {
    let shutdown = Shutdown::on_signals();
    let stage = Stage::set(args.seed).await?;
    println!(
        "A sandbox of Enreach Cloud and Dynamics 365 runs at {}; call sync makes one pass.\n",
        stage.sandbox.base_url()
    );
    let pass = stage.call_sync.pass(Freshness::Fresh);
    let Some(report) = shutdown.or_at_once(pass).await else { return Ok(Exit::TryAgain) };
    println!("{}\n\n{}", table::of_decisions(&report.decisions), table::totals(&report));
    let deviations = stage.deviations(&report);
    match deviations.len() {
        0 => println!("Every decision is the one that the story wants."),
        several => println!("{several} decisions are not those of the story: {deviations:#?}"),
    }
    let exit = exit_of(&report, &deviations);
    if !args.once && exit == Exit::Done {
        println!("\nNew calls arrive every {} s. Ctrl-C ends the demo.\n", PAUSE.as_secs());
        stage.go_on(&report, &shutdown).await?;
    }
    stage.sandbox.shutdown().await;
    Ok(exit)
}

/// The sandbox with its story, and call sync connected to it.
struct Stage {
    sandbox: Sandbox,
    story: DemoWorld,
    call_sync: CallSync,
    clock: Arc<dyn Clock>,
}

impl Stage {
    async fn set(seed: u64) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let sandbox =
            Sandbox::start(SandboxOptions::default()).await.context("start the sandbox")?;
        let story = world::build(seed, clock.now());
        sandbox.load_world(&story.world).context("load the demo world")?;
        sandbox.add_faults(&planted_fault(&story)).context("plant the fault")?;
        let call_sync = compose(&sandbox, &clock)?;
        Ok(Self { sandbox, story, call_sync, clock })
    }

    /// The calls that did not end as the story says.
    fn deviations(&self, report: &PassReport) -> Vec<String> {
        let mut expected = self.story.expected.clone();
        expected.insert(self.story.failing_call.to_string(), Expected::Failed);
        let mut deviations = Vec::new();
        for decision in &report.decisions {
            let wanted = expected.remove(decision.call.as_str());
            if wanted != Some(found(decision)) {
                deviations
                    .push(format!("{}: {}, wanted {wanted:?}", decision.call, decision.outcome));
            }
        }
        deviations.extend(expected.keys().map(|call| format!("{call}: not decided")));
        deviations
    }

    /// New calls, a pass, a line for every decision that is new; until shutdown.
    async fn go_on(&self, first: &PassReport, shutdown: &Shutdown) -> anyhow::Result<()> {
        let mut known: HashMap<CallId, Outcome> = HashMap::new();
        for decision in &first.decisions {
            is_news(&mut known, decision);
        }
        for index in 0.. {
            let calls = self.story.fresh_calls(index, self.clock.now());
            self.sandbox.load_world(&calls).context("add calls")?;
            let Some(report) = shutdown.or_at_once(self.call_sync.pass(Freshness::Cached)).await
            else {
                break;
            };
            for decision in report.decisions.iter().filter(|decision| is_news(&mut known, decision))
            {
                println!("{}", table::line(decision));
            }
            if let Some(error) = &report.error {
                println!("the pass stopped: {}", error.chain());
            }
            tokio::select! {
                () = shutdown.requested() => break,
                () = tokio::time::sleep(PAUSE) => (),
            }
        }
        Ok(())
    }
}

/// A decision in the story's terms.
fn found(decision: &Decision) -> Expected {
    match &decision.outcome {
        Outcome::Logged { .. } => Expected::Logged,
        Outcome::AlreadyLogged { .. } => Expected::AlreadyLogged,
        Outcome::Skipped(reason) => Expected::Skipped(reason.name()),
        Outcome::Deferred(reason) => Expected::Deferred(reason.name()),
        Outcome::Failed(_) => Expected::Failed,
    }
}

/// Whether a decision tells something that was not told before. A logged call that is found again
/// is no news.
fn is_news(known: &mut HashMap<CallId, Outcome>, decision: &Decision) -> bool {
    let before = known.insert(decision.call.clone(), decision.outcome.clone());
    let found_again = matches!(decision.outcome, Outcome::AlreadyLogged { .. })
        && before.as_ref().is_some_and(|before| before.activity().is_some());
    !found_again && before.as_ref() != Some(&decision.outcome)
}

/// Dynamics refuses to complete one call, as a customer's own plug-in may.
fn planted_fault(story: &DemoWorld) -> serde_json::Value {
    serde_json::json!([{
        "system": "dataverse", "method": "PATCH", "inner": true, "kind": "status", "status": 400,
        "path_contains": story.failing_activity.to_string(), "code": "0x80040265", "count": 1_000_000
    }])
}

fn compose(sandbox: &Sandbox, clock: &Arc<dyn Clock>) -> anyhow::Result<CallSync> {
    let config = ProcessConfig::from_sources(&config_text(sandbox.base_url()), None, Vec::new())?;
    let tenant = config.tenants.into_iter().next().context("the demo has a tenant")?;
    let connection = connect::connect(&tenant, clock)?;
    Ok(CallSync::new(CallSyncParts {
        enreach: Arc::new(connection.enreach),
        dataverse: Arc::new(connection.dataverse),
        clock: clock.clone(),
        names: tenant.dataverse.names,
        overrides: tenant.overrides,
    }))
}

/// The configuration that an operator would write for this sandbox.
fn config_text(base_url: &str) -> String {
    use sandbox::identity;
    format!(
        r#"
[store]
url = "memory://"
[tenants.demo.enreach]
username = "{username}"
secret_key = "{enreach_secret}"
discovery_url = "{base_url}"
[tenants.demo.dataverse]
url = "{base_url}"
[tenants.demo.dataverse.credential]
kind = "client_secret"
tenant_id = "{tenant_id}"
client_id = "{client_id}"
client_secret = "{client_secret}"
authority_host = "{base_url}/entra"
"#,
        username = identity::ENREACH_USER_NAME,
        enreach_secret = identity::ENREACH_SECRET_KEY,
        tenant_id = identity::ENTRA_TENANT_ID,
        client_id = identity::ENTRA_CLIENT_ID,
        client_secret = identity::ENTRA_CLIENT_SECRET,
    )
}

fn exit_of(report: &PassReport, deviations: &[String]) -> Exit {
    let Some(error) = &report.error else {
        return if deviations.is_empty() { Exit::Done } else { Exit::Failure };
    };
    eprintln!("the pass stopped: {}", error.chain());
    Exit::of(error.class())
}

#[cfg(test)]
mod tests;
