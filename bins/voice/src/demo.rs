//! The demo: a sandbox with a busy little company, and call sync and callback sync at work on it over
//! real HTTP.

mod callbacks;
mod setting;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use call_sync::{CallSync, Decision, DeferReason, Freshness, Outcome, PassReport};
use callback_sync::Freshness as CallbackFreshness;
use program::{TenantParts, compose_call_sync, line_of_callbacks};
use sandbox::{Sandbox, SandboxOptions};
use settings::TenantConfig;
use sync_store::Store;
use voice_model::{CallId, Clock, SystemClock};
use worker::{Exit, Shutdown};

use crate::refusal::Refusal;
use crate::table;
use crate::world::{self, DemoWorld, Expected};
use callbacks::Callbacks;
use setting::Setting;

/// Time between new calls in the continuous demo.
const PAUSE: Duration = Duration::from_secs(3);
/// After so many calls somebody asks to be called back.
const CALLS_PER_CALLBACK: u64 = 2;

/// The seed of the demo that everybody sees.
pub(crate) const SEED: u64 = 365;

/// Shows call sync and callback sync at work on a made-up company: no account, no configuration
///
/// Examples:
///   voice demo --once
///   voice demo --once --keep demo
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct DemoArgs {
    /// One pass over the last fourteen minutes, then exit; without it new calls go on arriving
    #[arg(long)]
    once: bool,
    /// The seed that the company, its customers and their calls are told from
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// Leave configuration and store, as voice.toml and voice.db, in this folder
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
}

/// Runs the demo.
pub(crate) async fn run(args: &DemoArgs) -> anyhow::Result<Exit> {
    let shutdown = Shutdown::on_signals();
    let stage = Stage::set(args.seed, args.keep.as_deref()).await?;
    println!(
        "A sandbox of Enreach Cloud and Dynamics 365 runs at {}; call sync makes one pass.\n",
        stage.sandbox.base_url()
    );
    let pass = stage.call_sync.pass(Freshness::Fresh);
    let Some(report) = shutdown.or_at_once(pass).await else { return Ok(Exit::TryAgain) };
    println!("{}\n\n{}", table::of_decisions(&report.decisions), table::totals(&report));
    let mut deviations = stage.deviations(&report);
    match deviations.len() {
        0 => println!("Every decision is the one that the story wants."),
        several => println!("{several} decisions are not those of the story: {deviations:#?}"),
    }
    if let Some(hint) = how_to_ask(args, &report) {
        println!("{hint}");
    }
    println!(
        "\nCustomers ask to be called back, on three lists: one is polled, one is told by webhook, one \
         both.\nCallback sync makes one pass.\n"
    );
    let showing = stage.show_callbacks();
    let Some(off_story) = shutdown.or_at_once(showing).await.transpose()? else {
        return Ok(Exit::TryAgain);
    };
    deviations.extend(off_story);
    let exit = exit_of(&report, &deviations);
    if !args.once && exit == Exit::Done {
        println!("\nNew calls and callback requests arrive. Ctrl-C ends the demo.\n");
        stage.go_on(&report, &shutdown).await?;
    }
    stage.callbacks.stop().await;
    stage.sandbox.shutdown().await;
    Ok(exit)
}

/// What the first pass of a demo leaves behind, for those who ask why.
pub(crate) struct Past {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) tenant: TenantConfig,
    pub(crate) retention: chrono::Duration,
    /// A call of which several customers have the number.
    pub(crate) ambiguous_call: String,
}

/// Runs the demo's first pass without a word.
pub(crate) async fn past(seed: u64) -> Result<Past, Refusal> {
    let stage = Stage::set(seed, None).await?;
    let report = stage.call_sync.pass(Freshness::Fresh).await;
    let Stage { sandbox, setting, callbacks, .. } = stage;
    callbacks.stop().await;
    sandbox.shutdown().await;
    if let Some(error) = report.error {
        return Err(error.into());
    }
    let ambiguous_call = ambiguous(&report).map(|decision| decision.call.to_string());
    Ok(Past {
        store: setting.store,
        tenant: setting.tenant,
        retention: setting.retention,
        ambiguous_call: ambiguous_call.unwrap_or_default(),
    })
}

/// A call of which several customers have the number.
fn ambiguous(report: &PassReport) -> Option<&Decision> {
    let is_ambiguous =
        |decision: &&Decision| decision.outcome == Outcome::Deferred(DeferReason::Ambiguous);
    report.decisions.iter().find(is_ambiguous)
}

/// The command that tells why a call of this demo is not logged.
fn how_to_ask(args: &DemoArgs, report: &PassReport) -> Option<String> {
    let decision = ambiguous(report)?;
    let customers = decision.evidence.candidate_count;
    let from = match &args.keep {
        Some(folder) => format!("--config {}", setting::file_in(folder).display()),
        None if args.seed == SEED => "--demo".to_owned(),
        None => format!("--demo --seed {}", args.seed),
    };
    Some(format!(
        "Why is a call with {customers} customers not logged? voice calls explain {} {from}",
        decision.call
    ))
}

/// The sandbox with its story, and what is connected to it.
struct Stage {
    sandbox: Sandbox,
    story: DemoWorld,
    setting: Setting,
    call_sync: CallSync,
    callbacks: Callbacks,
    clock: Arc<dyn Clock>,
}

impl Stage {
    /// Sets the stage; `keep` is the folder where its store is to stay.
    async fn set(seed: u64, keep: Option<&Path>) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let sandbox =
            Sandbox::start(SandboxOptions::default()).await.context("start the sandbox")?;
        let story = world::build(seed, clock.now());
        sandbox.load_world(&story.world).context("load the demo world")?;
        sandbox.add_faults(&planted_fault(&story)).context("plant the fault")?;
        let setting = Setting::new(&sandbox, keep).await?;
        let parts = TenantParts {
            config: Arc::new(setting.tenant.clone()),
            inbox: setting.inbox,
            store: Arc::clone(&setting.store),
            clock: Arc::clone(&clock),
        };
        let composed = compose_call_sync(&parts, false);
        let call_sync =
            CallSync::new(composed.map_err(|stopped| anyhow::anyhow!(stopped.message))?);
        let callbacks = Callbacks::start(&sandbox, &parts).await?;
        Ok(Self { sandbox, story, setting, call_sync, callbacks, clock })
    }

    /// Shows what becomes of callback requests; those that did not end as the story says come back.
    async fn show_callbacks(&self) -> anyhow::Result<Vec<String>> {
        self.callbacks.tell(&self.sandbox, &self.story.told_callbacks).await?;
        let report = self.callbacks.pass(CallbackFreshness::Fresh).await;
        println!("{}\n", callbacks::table(&self.story, &report));
        println!("{}.", line_of_callbacks(&report.summary(&self.setting.tenant.name)));
        let mut deviations = callbacks::deviations(&self.story, &report);
        deviations.extend(report.error.iter().map(callback_sync::Error::chain));
        match deviations.len() {
            0 => println!("Every request is where the story wants it."),
            several => println!("{several} requests are not where they should be: {deviations:#?}"),
        }
        Ok(deviations)
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

    /// One more callback request, a pass, a line for what became of it.
    async fn call_back(&self, index: u64) -> anyhow::Result<()> {
        let world = self.story.fresh_callback(index, self.clock.now());
        self.callbacks.tell(&self.sandbox, &world).await?;
        let report = self.callbacks.pass(CallbackFreshness::Cached).await;
        let item = &world["enreach"]["callback_items"][0]["Id"];
        for handled in report.handled.iter().filter(|it| item == it.item.as_str()) {
            println!("{}", callbacks::line(handled, &world));
        }
        if let Some(error) = &report.error {
            println!("the pass stopped: {}", error.chain());
        }
        Ok(())
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
            if index % CALLS_PER_CALLBACK == 0 {
                self.call_back(index / CALLS_PER_CALLBACK).await?;
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

fn exit_of(report: &PassReport, deviations: &[String]) -> Exit {
    let Some(error) = &report.error else {
        return if deviations.is_empty() { Exit::Done } else { Exit::Failure };
    };
    eprintln!("the pass stopped: {}", error.chain());
    Exit::of(error.class())
}

#[cfg(test)]
mod tests;
