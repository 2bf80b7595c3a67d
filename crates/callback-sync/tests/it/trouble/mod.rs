//! What goes wrong around callback sync, each kind in a file: after each, every request has what it
//! ought to have, once; nothing that was acknowledged is missing; what is closed in Enreach is kept.

mod clocks;
mod closing;
mod crash;
mod dead_letters;
mod duplicates;
mod events;
mod limits;
mod people;
mod profiles;
mod reserved;
mod store;
mod texts;

use std::time::{Duration as StdDuration, Instant};

use callback_sync::{CallbackSync, Freshness, PassReport};
use chrono::Duration;
use serde_json::{Value, json};
use sync_store::{EventKey, EventSource, NewEvent, Opaque, Store};
use test_support::{
    CallbackList, CallbackProfile, CallbackRequest, Customer, DuplicateRule, ExpectedCallbacks,
    Queue, SyncMethod, TestPlant, World, assert_callback_invariants,
};
use voice_model::ErrorClass;

/// A plant with one list, its queue and its profile, by webhook backed with polling.
struct Desk {
    plant: TestPlant,
    list: CallbackList,
    queue: Queue,
    profile: CallbackProfile,
}

impl Desk {
    /// A desk with this rule for duplicates.
    async fn with_rule(rule: DuplicateRule) -> Self {
        Self::with(|profile| profile.duplicates(rule)).await
    }

    /// A desk where requests come in this way.
    async fn by(method: SyncMethod) -> Self {
        Self::with(|profile| profile.method(method)).await
    }

    async fn with(change: impl FnOnce(CallbackProfile) -> CallbackProfile) -> Self {
        let plant = TestPlant::start().await;
        let (list, queue) = (CallbackList::new(1), Queue::new(1));
        let profile = CallbackProfile::new(1, &list, &queue);
        let profile = change(profile.method(SyncMethod::WebhookBackedWithPolling));
        plant.load(World::new().callback_list(&list).queue(&queue).profile(&profile));
        Self { plant, list, queue, profile }
    }

    /// Requests of customers of their own, ten seconds apart, the last one ten seconds ago.
    fn add(&self, numbers: std::ops::RangeInclusive<u32>) -> Vec<CallbackRequest> {
        let customers: Vec<_> = numbers.clone().map(Customer::contact).collect();
        let last = *numbers.end();
        let requests: Vec<_> = numbers
            .zip(&customers)
            .map(|(number, customer)| {
                let created = self.plant.ago_secs(10 * (1 + i64::from(last - number)));
                CallbackRequest::new(number, &self.list, created, customer)
            })
            .collect();
        self.plant.load(World::new().customers(&customers).callbacks(&requests));
        requests
    }

    /// Requests of one customer, a second apart.
    fn add_of_one(
        &self,
        numbers: std::ops::RangeInclusive<u32>,
        customer: &Customer,
    ) -> Vec<CallbackRequest> {
        let last = *numbers.end();
        let requests: Vec<_> = numbers
            .map(|number| {
                let created = self.plant.ago_secs(1 + i64::from(last - number));
                CallbackRequest::new(number, &self.list, created, customer)
            })
            .collect();
        self.plant.load(World::new().customer(customer).callbacks(&requests));
        requests
    }

    /// Enreach tells of requests.
    async fn hear<'r>(
        &self,
        requests: impl IntoIterator<Item = &'r CallbackRequest>,
    ) -> Vec<EventKey> {
        let events = requests.into_iter().map(|request| {
            event(&self.plant, &format!("event of {}", request.id()), created(request))
        });
        self.take_in(events.collect()).await
    }

    /// The listener has acknowledged events.
    async fn take_in(&self, events: Vec<NewEvent>) -> Vec<EventKey> {
        let store = self.plant.store().await;
        store.take_in(self.plant.now(), &events).await.unwrap();
        store.close().await;
        events.into_iter().map(|event| event.key).collect()
    }

    fn expected(&self) -> ExpectedCallbacks {
        ExpectedCallbacks::of([&self.profile])
    }

    /// All of these are in the queue, and nothing else is.
    async fn assert_queued<'r>(&self, requests: impl IntoIterator<Item = &'r CallbackRequest>) {
        assert_callback_invariants(&self.plant, &self.expected().queued(requests)).await;
    }

    /// A pass of a process that has just started.
    async fn pass(&self) -> PassReport {
        self.plant.callback_sync().await.pass(Freshness::Fresh).await
    }
}

/// What the platform sends of a new request (Enreach reference, section 8).
fn created(request: &CallbackRequest) -> Value {
    let (list, row) = (request.list(), request.row());
    json!({
        "Timestamp": row["Created"], "RootEntityType": "Organization",
        "RootEntityId": sandbox::identity::ENREACH_ORGANIZATION_ID,
        "EntityType": "CallList", "EntityId": list.id(), "EventType": "CallbackCreated",
        "CallbackListId": list.id(), "CallbackListName": list.name(),
        "CallbackListItemId": request.id(), "RequestTypeId": row["RequestTypeId"],
        "Number": row["Number"], "QueueId": row["QueueId"], "CallId": row["CallId"],
        "State": row["State"]
    })
}

/// An event with this id, as the listener stores it.
fn event(plant: &TestPlant, id: &str, mut body: Value) -> NewEvent {
    body["Id"] = id.into();
    raw_event(plant, id, body.to_string())
}

/// Whatever came, as the listener stores it.
fn raw_event(plant: &TestPlant, key: &str, body: impl Into<String>) -> NewEvent {
    NewEvent {
        tenant: plant.tenant(),
        key: EventKey::new(key),
        source: EventSource::Webhook,
        due_at: plant.now(),
        number: None,
        body: Opaque::new(body.into()),
    }
}

/// The number of operations on phone calls inside batches, and of batches.
fn writes_since(plant: &TestPlant, mark: u64) -> usize {
    let asked = plant.requests_since(mark, "dataverse");
    asked.iter().filter(|request| request.method != "GET").count()
}

/// How often a close was asked for.
fn closes_since(plant: &TestPlant, mark: u64) -> usize {
    let asked = plant.requests_since(mark, "enreach");
    asked.iter().filter(|request| request.method == "PUT").count()
}

/// A passing refusal that no client repeats within a pass.
fn refusal(system: &str, path: &str) -> Value {
    json!({"system": system, "path_contains": path, "kind": "status", "status": 503,
           "retry_after": 3_600, "count": 100_000})
}

/// Runs a pass up to the moment when a request to a path with this method hangs, and drops it there,
/// as the death of the process would.
async fn dies_at(plant: &TestPlant, sync: &CallbackSync, method: &str, path: &str) {
    dies_after_losing(0, plant, sync, method, path).await;
}

/// The same, where so many answers to such requests are lost before.
async fn dies_after_losing(
    answers: usize,
    plant: &TestPlant,
    sync: &CallbackSync,
    method: &str,
    path: &str,
) {
    let mark = plant.mark();
    if answers > 0 {
        plant.fault(json!({"method": method, "path_contains": path, "kind": "drop_after_commit",
                           "count": answers}));
    }
    plant
        .fault(json!({"method": method, "path_contains": path, "kind": "timeout", "count": 1_000}));
    let deadline = Instant::now() + StdDuration::from_secs(60);
    let hangs = async {
        let is_one = |request: &&sandbox::LoggedRequest| {
            request.method == method && request.path.contains(path) && request.status.is_none()
        };
        // A request is in the log before it is struck; if the fault went then, it would be handled.
        let is_struck = |fault: &Value| fault["kind"] == "timeout" && fault["remaining"] != 1_000;
        while !plant.sandbox.faults().iter().any(is_struck)
            || plant.sandbox.requests(mark).iter().filter(is_one).count() <= answers
        {
            assert!(Instant::now() < deadline, "{method} {path} is not asked for");
            tokio::time::sleep(StdDuration::from_millis(1)).await;
        }
    };
    tokio::select! {
        report = sync.pass(Freshness::Fresh) => panic!("it came to its end: {report:?}"),
        () = hangs => {}
    }
    plant.calm();
}

/// A process writes all that is there to write, and dies before it hears of it.
async fn dies_before_it_records(desk: &Desk) {
    dies_after_losing(1, &desk.plant, &desk.plant.callback_sync().await, "POST", "$batch").await;
}

/// The events that a process has claimed which is gone are another's after a minute.
fn claims_end(plant: &TestPlant) {
    plant.pass_time(Duration::seconds(61));
}

/// How many requests of a pass had an outcome such as `Created`.
fn count(report: &PassReport, outcome: &str) -> usize {
    report.handled.iter().filter(|handled| handled.outcome.name() == outcome).count()
}

/// That nothing stopped a pass.
#[track_caller]
fn assert_good(report: &PassReport) {
    let error = report.error.as_ref().map(callback_sync::Error::chain);
    assert_eq!(error, None);
}

/// The class of what stopped a pass.
#[track_caller]
fn class_of_stop(report: &PassReport) -> ErrorClass {
    let stopped = report.error.as_ref().map(callback_sync::Error::class);
    stopped.unwrap_or_else(|| panic!("nothing stopped the pass"))
}

/// That some finding of a pass says all of this.
#[track_caller]
fn assert_finding(report: &PassReport, words: &[&str]) {
    let findings: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    let found = findings.iter().any(|it| words.iter().all(|word| it.contains(word)));
    assert!(found, "no finding says {words:?}: {findings:?}");
}
