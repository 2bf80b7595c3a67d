//! The demo's callback requests: some are found by polling, some come by webhook.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use callback_sync::{CallbackSync, Freshness, Handled, Outcome, PassReport};
use chrono::{DateTime, Utc};
use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use program::{TenantParts, compose_callback_sync};
use sandbox::Sandbox;
use serde_json::{Value, json};
use sync_store::{EventSource, Store};
use voice_model::{ActivityId, TenantName, mask_numbers};
use webhook_listener::{WebhookTenant, Webhooks};
use worker::{PublicLimits, Shutdown, serve_public};

use crate::world::{DemoWorld, ExpectedCallback};

/// What Enreach sends along in the demo, to be known by.
const TOKEN: &str = "the-demo's-token";
/// How long events may take to get into the inbox.
const ARRIVAL: Duration = Duration::from_secs(5);
const COLUMNS: [&str; 6] = ["asked at", "number", "list", "came by", "callback", "details"];

/// Callback sync with a webhook listener of its own.
pub(super) struct Callbacks {
    tenant: TenantName,
    store: Arc<dyn Store>,
    callback_sync: CallbackSync,
    shutdown: Shutdown,
    listening: tokio::task::JoinHandle<()>,
}

impl Callbacks {
    /// Puts them together, and has the sandbox send its events to the listener.
    pub(super) async fn start(sandbox: &Sandbox, parts: &TenantParts) -> anyhow::Result<Self> {
        let composed = compose_callback_sync(parts);
        let composed = composed.map_err(|stopped| anyhow::anyhow!(stopped.message))?;
        let tenant = parts.config.name.clone();
        let address = "127.0.0.1:0".parse()?;
        let listener = worker::listen(address, "the demo's listener").await?;
        let address = listener.local_addr()?;
        let shutdown = Shutdown::new();
        let enreach = WebhookTenant { name: tenant.clone(), token: TOKEN.to_owned().into() };
        let (store, clock) = (Arc::clone(&parts.store), Arc::clone(&parts.clock));
        let (router, intake) = Webhooks::new([enreach], store, clock).start();
        let until = shutdown.clone();
        let listening = tokio::spawn(async move {
            serve_public(listener, router, PublicLimits::default(), &until).await;
            intake.finished().await;
        });
        sandbox
            .subscribe(&json!({
                "url": format!("http://{address}/webhooks/enreach/{tenant}"), "token": TOKEN,
                "events": ["CallbackCreated"]
            }))
            .context("subscribe to the sandbox's events")?;
        Ok(Self {
            tenant,
            store: Arc::clone(&parts.store),
            callback_sync: CallbackSync::new(composed),
            shutdown,
            listening,
        })
    }

    /// Adds requests to the world and waits until their events are in the inbox.
    pub(super) async fn tell(&self, sandbox: &Sandbox, world: &Value) -> anyhow::Result<()> {
        let before = self.store.inbox_depth(&self.tenant).await?.open;
        let items = world["enreach"]["callback_items"].as_array().map_or(0, Vec::len);
        sandbox.load_world(world).context("add callback requests")?;
        let arrived = async {
            while self.store.inbox_depth(&self.tenant).await?.open < before + items as u64 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            anyhow::Ok(())
        };
        let in_time = tokio::time::timeout(ARRIVAL, arrived).await;
        ensure!(in_time.is_ok(), "the events of callback requests did not arrive");
        in_time?
    }

    /// One pass.
    pub(super) async fn pass(&self, freshness: Freshness) -> PassReport {
        self.callback_sync.pass(freshness).await
    }

    /// Ends the listener.
    pub(super) async fn stop(self) {
        self.shutdown.request();
        drop(self.listening.await);
    }
}

/// What became of each request, a row each, as the story knows them.
pub(super) fn table(story: &DemoWorld, report: &PassReport) -> Table {
    let items = known(story);
    let asked_at = |handled: &Handled| items.get(handled.item.as_str()).map(|it| text(it, CREATED));
    let mut handled: Vec<_> = report.handled.iter().collect();
    handled.sort_by_cached_key(|handled| (asked_at(handled), &handled.item));
    let calls = calls_of(&items, report);
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(COLUMNS);
    table.add_rows(handled.into_iter().map(|handled| cells(&items, &calls, handled)));
    table
}

/// One request in one line; `world` tells of it alone.
pub(super) fn line(handled: &Handled, world: &Value) -> String {
    let items =
        BTreeMap::from([(handled.item.to_string(), &world["enreach"]["callback_items"][0])]);
    let [time, number, list, source, outcome, details] = cells(&items, &BTreeMap::new(), handled);
    format!("{time}  {source:<16} {number:<15} {list:<28} {:<20} {outcome:<13} {details}", "")
}

/// The requests of the story by id.
fn known(story: &DemoWorld) -> BTreeMap<String, &Value> {
    let items = [&story.world, &story.told_callbacks]
        .into_iter()
        .filter_map(|world| world["enreach"]["callback_items"].as_array())
        .flatten();
    items.filter_map(|item| Some((item["Id"].as_str()?.to_owned(), item))).collect()
}

/// When the phone calls of a pass were asked for.
fn calls_of(items: &BTreeMap<String, &Value>, report: &PassReport) -> BTreeMap<ActivityId, String> {
    let created = report.handled.iter().filter_map(|handled| match handled.outcome {
        Outcome::Created { activity, .. } => {
            Some((activity, time(items.get(handled.item.as_str())?)))
        }
        _ => None,
    });
    created.collect()
}

const CREATED: &str = "Created";

fn text(item: &Value, name: &str) -> String {
    item[name].as_str().unwrap_or_default().to_owned()
}

fn time(item: &Value) -> String {
    let at = text(item, CREATED).parse::<DateTime<Utc>>();
    at.map(|at| at.format("%H:%M:%S").to_string()).unwrap_or_default()
}

fn cells(
    items: &BTreeMap<String, &Value>,
    calls: &BTreeMap<ActivityId, String>,
    handled: &Handled,
) -> [String; 6] {
    let item = items.get(handled.item.as_str()).copied().unwrap_or(&Value::Null);
    let call = |activity: ActivityId| match calls.get(&activity) {
        Some(time) => format!("that of {time}"),
        None => format!("phone call {activity}"),
    };
    let details = match &handled.outcome {
        Outcome::Created { bundled_into: Some(first), .. } => format!("points to {}", call(*first)),
        Outcome::Ignored { open } => format!("{} is open", call(*open)),
        Outcome::Waiting => "reserved by an agent in Enreach".to_owned(),
        Outcome::Failed(failure) => mask_numbers(&failure.message),
        _ => String::new(),
    };
    let source = match handled.source {
        EventSource::Webhook => "webhook",
        EventSource::Polling => "polling",
    };
    [
        time(item),
        text(item, "Number"),
        text(item, "CallbackListName"),
        source.to_owned(),
        handled.outcome.name().to_owned(),
        details,
    ]
}

/// The requests that did not end as the story says.
pub(super) fn deviations(story: &DemoWorld, report: &PassReport) -> Vec<String> {
    let mut expected = story.expected_callbacks.clone();
    let mut deviations = Vec::new();
    for handled in &report.handled {
        let wanted = expected.remove(handled.item.as_str());
        if wanted.map(name) != Some(handled.outcome.name()) {
            let found = handled.outcome.name();
            deviations.push(format!("callback {}: {found}, wanted {wanted:?}", handled.item));
        }
    }
    deviations.extend(expected.keys().map(|item| format!("callback {item}: not dealt with")));
    deviations
}

fn name(expected: ExpectedCallback) -> &'static str {
    match expected {
        ExpectedCallback::Created => "Created",
        ExpectedCallback::Bundled => "Bundled",
        ExpectedCallback::Ignored => "Ignored",
        ExpectedCallback::Waiting => "Waiting",
    }
}
