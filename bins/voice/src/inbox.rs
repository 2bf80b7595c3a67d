//! `voice inbox`: events of callback requests that are not done, and what a person can do about them.

use clap::Subcommand;
use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use enreach_client::callback_hint;
use serde_json::{Value, json};
use sync_store::{EventKey, EventState, InboxEvent, Store};
use voice_model::{Clock, SystemClock, TenantName};
use worker::Exit;

use crate::place::PlaceArgs;
use crate::refusal::Refusal;

/// Events that are shown of a tenant.
const SHOWN: usize = 1_000;

/// See what of callback requests is not done, and put that right
#[derive(Debug, Subcommand)]
pub(crate) enum InboxCommand {
    List(ListArgs),
    Replay(ReplayArgs),
    Drop(DropArgs),
}

/// List the events that are not done: waiting, being worked on, or given up
///
/// Exit codes: 0 done, 64 bad configuration, 1 or 75 the store cannot be read.
///
/// Examples:
///   voice inbox list
///   voice inbox list --given-up --json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// Only those that were given up
    #[arg(long)]
    given_up: bool,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

/// Have events worked on again that were given up, all or one
///
/// They get all their attempts once more. Put right first what their messages name.
///
/// Exit codes: 0 done, also if there was none; 1 the event named was not given up; 64 bad
/// configuration.
///
/// Examples:
///   voice inbox replay
///   voice inbox replay c3c1f1a0-7a11-ec11-b832-0050569e6df2 --tenant contoso
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct ReplayArgs {
    /// Only this event, by the id that the list shows
    #[arg(value_name = "EVENT")]
    event: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Take an event out of the inbox for good, whatever its state
///
/// Nothing is done in Dynamics or Enreach. It does not come back, also if Enreach sends it again.
///
/// Exit codes: 0 done; 1 there is no such event; 64 bad configuration.
///
/// Example: voice inbox drop c3c1f1a0-7a11-ec11-b832-0050569e6df2 --tenant contoso
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct DropArgs {
    /// The event, by the id that the list shows
    #[arg(value_name = "EVENT")]
    event: String,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Carries a command out.
pub(crate) async fn run(command: &InboxCommand) -> Result<Exit, Refusal> {
    match command {
        InboxCommand::List(args) => list(args).await,
        InboxCommand::Replay(args) => replay(args).await,
        InboxCommand::Drop(args) => drop_event(args).await,
    }
}

async fn list(args: &ListArgs) -> Result<Exit, Refusal> {
    let place = args.place.read()?;
    let store = place.known_store().await?;
    let mut events = Vec::new();
    for tenant in &place.tenants {
        let mut of_tenant = store.inbox(&tenant.name, SHOWN).await?;
        if of_tenant.len() == SHOWN && !args.json {
            println!("{}: only the {SHOWN} that came first are shown.", tenant.name);
        }
        of_tenant.retain(|event| !args.given_up || event.state == EventState::DeadLetter);
        events.extend(of_tenant.into_iter().map(|event| (tenant.name.clone(), event)));
    }
    if args.json {
        let events: Vec<_> = events.iter().map(|(tenant, event)| as_json(tenant, event)).collect();
        println!("{}", json!({ "events": events }));
    } else if events.is_empty() {
        println!("There is no such event: nothing waits.");
    } else {
        println!("{}", table(&events));
    }
    Ok(Exit::Done)
}

async fn replay(args: &ReplayArgs) -> Result<Exit, Refusal> {
    let place = args.place.read()?;
    let store = place.known_store().await?;
    let key = args.event.as_deref().map(EventKey::new);
    let mut replayed = 0;
    for tenant in &place.tenants {
        let now = SystemClock.now();
        replayed += store.replay_dead_letters(&tenant.name, key.as_ref(), now).await?;
    }
    match (&key, replayed) {
        (Some(key), 0) => {
            return Err(Refusal::failure(format!(
                "event {key} is not among those that were given up; see them with: voice inbox list \
                 --given-up{}",
                args.place.config_argument()
            )));
        }
        (None, 0) => println!("No event was given up."),
        (_, 1) => println!("1 event is worked on again by the next pass of callback-sync."),
        (_, many) => {
            println!("{many} events are worked on again by the next pass of callback-sync.");
        }
    }
    Ok(Exit::Done)
}

async fn drop_event(args: &DropArgs) -> Result<Exit, Refusal> {
    let place = args.place.read()?;
    let store = place.known_store().await?;
    let key = EventKey::new(args.event.as_str());
    let owners = owners(store.as_ref(), &place.tenants, &key).await?;
    let refusal = |why: String| {
        let config = args.place.config_argument();
        Refusal::failure(format!("{why}; see them with: voice inbox list{config}"))
    };
    let tenant = match &owners[..] {
        [] => return Err(refusal(format!("there is no event {key}"))),
        [tenant] => tenant,
        _ => {
            let why = format!("several tenants have an event {key}; name one with --tenant");
            return Err(refusal(why));
        }
    };
    if !store.drop_event(tenant, &key, SystemClock.now()).await? {
        return Err(refusal(format!("event {key} is done already")));
    }
    println!("Event {key} of {tenant} is out of the inbox; nothing is done about it.");
    Ok(Exit::Done)
}

/// The tenants that have, or had, an event with this key.
async fn owners(
    store: &dyn Store,
    tenants: &[settings::TenantConfig],
    key: &EventKey,
) -> Result<Vec<TenantName>, Refusal> {
    let mut owners = Vec::new();
    for tenant in tenants {
        let known = store.known_events(&tenant.name, std::slice::from_ref(key)).await?;
        owners.extend(known.iter().map(|_| tenant.name.clone()));
    }
    Ok(owners)
}

fn as_json(tenant: &TenantName, event: &InboxEvent) -> Value {
    let hint = callback_hint(event.body.as_bytes()).unwrap_or_default();
    let (state, due_at, holder) = match &event.state {
        EventState::Waiting { due_at } => ("waiting", Some(due_at), None),
        EventState::Claimed { holder, until } => ("claimed", Some(until), Some(holder)),
        EventState::DeadLetter => ("given up", None, None),
    };
    json!({
        "tenant": tenant, "event": event.key.as_str(), "source": event.source.name(),
        "type": hint.event_type, "list": hint.list, "item": hint.item,
        "received_at": event.received_at, "state": state, "until": due_at, "holder": holder,
        "attempts": event.attempts, "problem": event.problem
    })
}

fn table(events: &[(TenantName, InboxEvent)]) -> Table {
    let time = |at: &chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%M:%S UTC").to_string();
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_header(["tenant", "event", "callback", "received", "state", "attempts", "problem"]);
    table.add_rows(events.iter().map(|(tenant, event)| {
        let hint = callback_hint(event.body.as_bytes()).unwrap_or_default();
        let state = match &event.state {
            EventState::Waiting { due_at } => format!("waits until {}", time(due_at)),
            EventState::Claimed { until, .. } => format!("worked on, until {}", time(until)),
            EventState::DeadLetter => "given up".to_owned(),
        };
        [
            tenant.to_string(),
            event.key.to_string(),
            hint.item.map(|item| item.to_string()).unwrap_or_default(),
            time(&event.received_at),
            state,
            event.attempts.to_string(),
            event.problem.clone().unwrap_or_default(),
        ]
    }));
    table
}
