//! A world of callbacks that come in every way, and the program that is run for it again and again.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};

use serde_json::{Value, json};
use sync_store::{EventKey, EventSource, NewEvent, Opaque, Store};
use test_support::{
    CallbackFate, CallbackList, CallbackProfile, CallbackRequest, Customer, DuplicateRule,
    ExpectedCallbacks, Queue, SyncMethod, TestPlant, World, assert_callback_invariants,
};

/// Requests of each list: together they are more than a wave.
const REQUESTS: u32 = 24;
const SIGKILL: i32 = 9;

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    status: ExitStatus,
    said: String,
}

impl Ended {
    pub(crate) fn is_kill(&self) -> bool {
        self.status.signal() == Some(SIGKILL)
    }

    /// The counts of the only tenant.
    pub(crate) fn counts(&self) -> Value {
        assert!(self.status.success(), "{self:?}");
        let report: Value = serde_json::from_str(self.said.lines().next().unwrap()).unwrap();
        let counts = report["tenants"][0].clone();
        assert_eq!(counts["failed"], json!({}), "{}", self.said);
        counts
    }
}

/// A plant, and what must come of it.
pub(crate) struct Story {
    pub(crate) plant: TestPlant,
    pub(crate) expected: ExpectedCallbacks,
}

impl Story {
    /// One list is told of by webhook, one is polled, and of the third both is true; there six
    /// numbers ask four times each, and once is enough.
    pub(crate) async fn begin() -> Self {
        let plant = TestPlant::in_real_time().await;
        let (mut world, mut profiles) = (World::new(), Vec::new());
        let (mut heard, mut requests) = (Vec::new(), Vec::new());
        for (number, method, rule) in [
            (1, SyncMethod::Webhook, DuplicateRule::Bundle),
            (2, SyncMethod::Polling, DuplicateRule::Bundle),
            (3, SyncMethod::WebhookBackedWithPolling, DuplicateRule::Ignore),
        ] {
            let (list, queue) = (CallbackList::new(number), Queue::new(number));
            let profile =
                CallbackProfile::new(number, &list, &queue).method(method).duplicates(rule);
            world = world.callback_list(&list).queue(&queue).profile(&profile);
            profiles.push(profile);
            for place in 0..REQUESTS {
                let id = 100 * number + place;
                let asks = if rule == DuplicateRule::Ignore { 300 + place % 6 } else { id };
                let customer = Customer::contact(asks);
                let created = plant.ago_secs(i64::from(120 - place));
                let request = CallbackRequest::new(id, &list, created, &customer);
                world = world.customer(&customer).callback(&request);
                if method != SyncMethod::Polling && place % 5 > 0 || method == SyncMethod::Webhook {
                    heard.push(event(&plant, &request));
                }
                requests.push(request);
            }
        }
        plant.load(world);
        let store = plant.store().await;
        store.take_in(plant.now(), &heard).await.unwrap();
        store.close().await;
        let keys: Vec<EventKey> = heard.into_iter().map(|event| event.key).collect();
        let mut expected = ExpectedCallbacks::of(&profiles).queued(&requests).heard(keys);
        let ignoring = requests.split_off(2 * usize::try_from(REQUESTS).unwrap());
        for (place, request) in ignoring.iter().enumerate().skip(6) {
            let first = ignoring[place % 6].activity_id();
            expected = expected.and(request, CallbackFate::Ignored(first));
        }
        Self { plant, expected }
    }

    /// Runs the program once, up to a fail point if there is one.
    pub(crate) async fn run(&self, fail_point: Option<&str>) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_callback-sync"));
        command.arg("--config").arg(self.plant.write_configuration());
        command.args(["--once", "--json", "--log", "warn"]);
        if let Some(point) = fail_point {
            command.env("VOICE_FAIL_POINT", point);
        }
        command.stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        Ended { status: output.status, said }
    }

    /// All is as it ought to be, and one more run finds nothing to do.
    pub(crate) async fn ends_well(&self) {
        assert_callback_invariants(&self.plant, &self.expected).await;
        let counts = self.run(None).await.counts();
        for nothing in ["events", "created", "ignored", "closed"] {
            assert_eq!(counts[nothing], 0, "{counts}");
        }
        assert_callback_invariants(&self.plant, &self.expected).await;
    }
}

/// What the platform sends of a new request, as the listener stores it.
fn event(plant: &TestPlant, request: &CallbackRequest) -> NewEvent {
    let body = json!({
        "Id": format!("event of {}", request.id()), "EventType": "CallbackCreated",
        "EntityType": "CallList", "EntityId": request.list().id(),
        "CallbackListId": request.list().id(), "CallbackListItemId": request.id(),
        "Number": request.phone(), "State": "Open"
    });
    NewEvent {
        tenant: plant.tenant(),
        key: EventKey::new(body["Id"].as_str().unwrap()),
        source: EventSource::Webhook,
        due_at: plant.now(),
        number: None,
        body: Opaque::new(body.to_string()),
    }
}
