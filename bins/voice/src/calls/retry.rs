//! `voice calls retry`: calls that were given up, and another chance for them.

use call_sync::explain_call;
use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use sync_store::{CallState, Store};
use voice_model::{CallId, Clock, SystemClock, TenantName};
use worker::Exit;

use crate::place::PlaceArgs;
use crate::refusal::Refusal;

/// Have calls tried again that were given up after eight attempts
///
/// Lists them (since when, why) and has the next pass of call-sync try them again, all or the one
/// named, with all their attempts. Put right first what the messages name.
///
/// Exit codes: 0 done, also if there was none; 1 the call named is not one of them; 64 bad
/// configuration.
///
/// Examples:
///   voice calls retry --list
///   voice calls retry --config voice.toml
///   voice calls retry 46475ea5-4523-eb11-b821-0050569e6df2 --tenant contoso
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct RetryArgs {
    /// Only this call
    #[arg(value_name = "CALL ID", value_parser = CallId::new)]
    call: Option<CallId>,
    #[command(flatten)]
    place: PlaceArgs,
    /// List them and change nothing
    #[arg(long)]
    list: bool,
}

/// A call that was given up.
struct DeadLetter {
    tenant: TenantName,
    state: CallState,
    message: String,
}

/// Lists what was given up and has it tried again.
pub(crate) async fn run(args: &RetryArgs) -> Result<Exit, Refusal> {
    let place = args.place.read()?;
    let store = place.known_store().await?;
    let store = store.as_ref();
    let mut letters = Vec::new();
    for tenant in &place.tenants {
        letters.extend(dead_letters(store, &tenant.name, args.call.as_ref()).await?);
    }
    if letters.is_empty() {
        let Some(call) = &args.call else {
            println!("No call was given up.");
            return Ok(Exit::Done);
        };
        return Err(Refusal::failure(format!(
            "call {call} is not among those that were given up; ask what became of it: voice calls \
             explain {call}{}",
            args.place.config_argument()
        )));
    }
    println!("{}", table(&letters));
    if args.list {
        return Ok(Exit::Done);
    }
    let mut revived = 0;
    for letter in &letters {
        let (tenant, call) = (&letter.tenant, &letter.state.call);
        revived += usize::from(store.retry_dead_letter(tenant, call, SystemClock.now()).await?);
    }
    let calls = if revived == 1 { "call is" } else { "calls are" };
    println!("{revived} {calls} tried again by the next pass of call-sync.");
    Ok(Exit::Done)
}

async fn dead_letters(
    store: &dyn Store,
    tenant: &TenantName,
    only: Option<&CallId>,
) -> Result<Vec<DeadLetter>, Refusal> {
    let mut letters = Vec::new();
    for state in store.dead_letters(tenant).await? {
        if only.is_some_and(|call| *call != state.call) {
            continue;
        }
        let history = explain_call(store, tenant, &state.call).await?;
        let evidence = history.and_then(|mut history| history.decisions.pop()?.evidence);
        let message = evidence.and_then(|evidence| evidence.failure).unwrap_or_default();
        letters.push(DeadLetter { tenant: tenant.clone(), state, message });
    }
    Ok(letters)
}

fn table(letters: &[DeadLetter]) -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_header(["tenant", "call", "given up", "reason", "message"]);
    table.add_rows(letters.iter().map(|letter| {
        [
            letter.tenant.to_string(),
            letter.state.call.to_string(),
            letter.state.decided_at.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
            letter.state.reason.clone(),
            letter.message.clone(),
        ]
    }));
    table
}
