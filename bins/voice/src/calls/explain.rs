//! `voice calls explain`: what became of a call, and why, from the store alone.

mod help;
mod text;
mod wanted;

use std::sync::Arc;

use call_sync::{CallHistory, explain_call, explain_number};
use chrono::Duration;
use serde::Serialize;
use settings::TenantConfig;
use sync_store::Store;
use voice_model::TenantName;
use worker::Exit;

use crate::demo;
use crate::place::PlaceArgs;
use crate::refusal::Refusal;
use wanted::Wanted;

/// Why a call was, or was not, logged: all decisions on it over time
///
/// Shows the rule that decided, the customers that have the number, what they were looked for by, the
/// owner, the settings in force, attempts, and what would help. Asks the store only, neither Enreach
/// Cloud nor Dynamics 365.
///
/// Exit codes: 0 something is known, 1 nothing is known, 64 bad configuration.
///
/// Examples:
///   voice calls explain --demo
///   voice calls explain +358501234567 --config voice.toml
///   voice calls explain 46475ea5-4523-eb11-b821-0050569e6df2 --json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct ExplainArgs {
    /// The id of a call in Enreach, or a customer's number with its country code
    #[arg(value_name = "CALL ID | NUMBER", required_unless_present = "demo")]
    wanted: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
    /// Print one JSON object, {"calls":[{"tenant","call","decisions":[…]}]}, and nothing else
    #[arg(long)]
    json: bool,
    /// Ask the made-up company of `voice demo`; without a call or number: one of its ambiguous calls
    #[arg(long, conflicts_with_all = ["config", "tenant"])]
    demo: bool,
    /// With --demo: the seed that the company is told from
    #[arg(long, requires = "demo", default_value_t = demo::SEED)]
    seed: u64,
}

/// A call with what the store knows of it.
#[derive(Debug, Serialize)]
struct Known {
    tenant: TenantName,
    #[serde(flatten)]
    history: CallHistory,
}

/// Where the answer is looked for.
struct Archive {
    store: Arc<dyn Store>,
    tenants: Vec<TenantConfig>,
    /// Which store, for people.
    name: String,
    retention: Duration,
}

/// Explains a call, or the calls with a number.
pub(crate) async fn run(args: &ExplainArgs) -> Result<Exit, Refusal> {
    let (archive, wanted) = if args.demo {
        let past = Box::pin(demo::past(args.seed)).await?;
        let wanted = args.wanted.clone().unwrap_or(past.ambiguous_call);
        let archive = Archive {
            store: past.store,
            tenants: vec![past.tenant],
            name: "the demo's store in memory".to_owned(),
            retention: past.retention,
        };
        (archive, wanted)
    } else {
        let place = args.place.read()?;
        let archive = Archive {
            store: place.known_store().await?,
            name: place.store_name(),
            retention: place.store.retention,
            tenants: place.tenants,
        };
        (archive, args.wanted.clone().unwrap_or_default())
    };
    let known = archive.look_up(&wanted).await?;
    print(&known, args.json);
    if known.is_empty() {
        return Err(archive.nothing_known(&wanted));
    }
    Ok(Exit::Done)
}

impl Archive {
    async fn look_up(&self, text: &str) -> Result<Vec<Known>, Refusal> {
        let mut known = Vec::new();
        for tenant in &self.tenants {
            let histories = self.of_tenant(text, tenant).await?;
            let of_tenant = |history| Known { tenant: tenant.name.clone(), history };
            known.extend(histories.into_iter().map(of_tenant));
        }
        Ok(known)
    }

    async fn of_tenant(
        &self,
        text: &str,
        tenant: &TenantConfig,
    ) -> Result<Vec<CallHistory>, Refusal> {
        let (store, name) = (self.store.as_ref(), &tenant.name);
        let wanted = Wanted::read(text, wanted::region_of(tenant));
        if let Some(call) = &wanted.call
            && let Some(history) = explain_call(store, name, call).await?
        {
            return Ok(vec![history]);
        }
        let mut histories: Vec<CallHistory> = Vec::new();
        for number in &wanted.numbers {
            for found in explain_number(store, name, number).await? {
                if histories.iter().all(|history| history.call != found.call) {
                    histories.push(found);
                }
            }
        }
        Ok(histories)
    }

    /// The answer when nothing is known, with what may be the reason.
    fn nothing_known(&self, text: &str) -> Refusal {
        let names: Vec<_> = self.tenants.iter().map(|tenant| tenant.name.as_str()).collect();
        let (names, store) = (names.join(", "), &self.name);
        let regions = self.tenants.iter().map(wanted::region_of);
        let readings: Vec<_> = regions.map(|region| Wanted::read(text, region)).collect();
        let hint = readings.iter().find_map(Wanted::how_to_write_it).unwrap_or_default();
        let what = match readings.first() {
            Some(wanted) if wanted.is_certainly_a_call => format!("call {text}"),
            _ => format!("a call {text} or of a number {text}"),
        };
        Refusal::failure(format!(
            "Nothing is known of {what}.{hint}\n\
             It may not have been seen yet (a call is seen about a minute after its end), have been \
             seen last more than {} days ago (store.retention), have been erased, or stand in another \
             store.\nAsked: {store}, tenants: {names}.",
            self.retention.num_days(),
        ))
    }
}

fn print(known: &[Known], json: bool) {
    if json {
        println!("{}", serde_json::json!({ "calls": known }));
        return;
    }
    let calls: Vec<_> =
        known.iter().map(|known| text::of_call(&known.tenant, &known.history)).collect();
    print!("{}", calls.join("\n"));
}
