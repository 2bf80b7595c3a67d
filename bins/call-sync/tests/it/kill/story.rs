//! A world with every kind of call, and the program that is run for it again and again.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sync_store::{JobName, Store};
use test_support::{Agent, Call, Customer, Expected, Fate, TestPlant, World, assert_invariants};
use uuid::Uuid;

/// As many as fill three batches, and some that are not to be logged.
const CALLS: u32 = 144;
const SIGKILL: i32 = 9;

/// How a run is to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Death {
    /// By itself.
    None,
    /// At a fail point, such as `after-batch:2`.
    At(String),
    /// By a signal from outside when so many requests were made.
    AfterRequests(usize),
}

/// How it ended.
#[derive(Debug)]
pub(super) struct Ended {
    status: ExitStatus,
    said: String,
}

impl Ended {
    pub(super) fn is_kill(&self) -> bool {
        self.status.signal() == Some(SIGKILL)
    }

    pub(super) fn is_good(&self) -> bool {
        self.status.success()
    }
}

/// A plant and what has happened in it.
pub(super) struct Story {
    /// Told when it goes wrong.
    name: String,
    plant: TestPlant,
    expected: Expected,
    logged: Vec<Call>,
    edited: Vec<Uuid>,
}

impl Story {
    pub(super) async fn begin(name: String) -> Self {
        let plant = TestPlant::in_real_time().await;
        let (mut world, mut expected) = (World::new(), Expected::nothing());
        let (mut logged, mut widgets) = (Vec::new(), Vec::new());
        for number in 1..=CALLS {
            let customer = Customer::contact(number);
            let start = plant.ago_secs(i64::from(90 + 3 * (CALLS - number)));
            let call = Call::incoming(number, start, &customer);
            let (call, fate) = match number % 16 {
                0 => (call.marked("Private"), Fate::Skipped("NotWork")),
                1 => (call.unanswered(), Fate::Skipped("Unanswered")),
                2 => (call, Fate::Deferred("NoMatch")),
                3 => {
                    let widget = Uuid::from_u128(u128::from(number));
                    world = world.row("phonecalls", by_widget(widget, &call));
                    widgets.push(widget);
                    (call, Fate::Adopted(widget))
                }
                4..8 => (call.outgoing().by(Agent::Bo), Fate::LoggedFor(Agent::Bo)),
                8 => (call.to_queue(), Fate::LoggedFor(Agent::Anna)),
                _ => (call, Fate::LoggedFor(Agent::Anna)),
            };
            if fate != Fate::Deferred("NoMatch") {
                world = world.customer(&customer);
            }
            world = world.call(&call);
            expected = expected.and(&call, fate);
            if let Fate::LoggedFor(_) = fate {
                logged.push(call);
            }
        }
        plant.load(world);
        rely_on_the_cursor(&plant).await;
        let expected = expected.kept(plant.outsider().phone_calls().await);
        Self { name, plant, expected, logged, edited: Vec::new() }
    }

    /// Some more calls of new customers.
    pub(super) fn more_calls_come(&mut self, count: u32) {
        for _ in 0..count {
            let number = 1_000 + u32::try_from(self.logged.len()).unwrap();
            let customer = Customer::contact(number);
            let call = Call::incoming(number, self.plant.ago_secs(80), &customer);
            self.plant.load(World::new().customer(&customer).call(&call));
            self.expected = self.expected.clone().and(&call, Fate::LoggedFor(Agent::Anna));
            self.logged.push(call);
        }
    }

    /// Dynamics carries a batch out and its answer does not arrive.
    pub(super) fn an_answer_will_be_lost(&self, skip: u32) {
        self.plant.fault(json!({"system": "dataverse", "path_contains": "$batch",
                                "kind": "drop_after_commit", "skip": skip}));
    }

    /// A person writes into a row that is there already. Nobody may touch it after that.
    pub(super) async fn person_edits_a_row(&mut self) {
        let person = self.plant.outsider();
        let rows = person.phone_calls().await;
        let is_there = |key: &Uuid| rows.iter().any(|row| row["activityid"] == key.to_string());
        let keys = self.logged.iter().map(Call::activity_id);
        let Some(key) = keys.filter(|key| !self.edited.contains(key)).find(is_there) else {
            return;
        };
        let path = format!("phonecalls({key})");
        person.edit(&path, json!({"subject": "Wants an offer", "ev_audit": null})).await;
        self.edited.push(key);
        self.expected = self.expected.clone().untouched([person.phone_call(key).await]);
    }

    /// Runs the program once.
    pub(super) async fn run_until(&self, death: Death) -> Ended {
        let already = self.plant.mark();
        let mut child = self.start(match &death {
            Death::At(point) => Some(point),
            _ => None,
        });
        if let Death::AfterRequests(count) = death {
            let deadline = Instant::now() + Duration::from_secs(60);
            while self.plant.sandbox.requests(already).len() < count
                && child.try_wait().unwrap().is_none()
            {
                assert!(Instant::now() < deadline, "{}: the program hangs", self.name);
                tokio::time::sleep(Duration::from_micros(300)).await;
            }
            // It may have come to its end just now.
            let _ = child.kill();
        }
        let output = tokio::task::spawn_blocking(move || child.wait_with_output()).await;
        let output = output.unwrap().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        Ended { status: output.status, said }
    }

    fn start(&self, fail_point: Option<&str>) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_call-sync"));
        command.arg("--config").arg(self.plant.write_configuration());
        command.args(["--once", "--json", "--log", "warn"]);
        if let Some(point) = fail_point {
            command.env("VOICE_FAIL_POINT", point);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// The program is left alone at last: it does what is left, and then there is nothing left to do.
    pub(super) async fn ends_well(&self) {
        println!("{}", self.name);
        self.plant.calm();
        self.ends().await;
        assert_invariants(&self.plant, &self.expected).await;
        let before = self.plant.outsider().phone_calls().await;
        self.ends().await;
        assert_eq!(self.plant.outsider().phone_calls().await, before, "{}", self.name);
    }

    async fn ends(&self) {
        let ended = self.run_until(Death::None).await;
        assert!(ended.is_good(), "{}: {ended:?}", self.name);
        let report: Value = serde_json::from_str(ended.said.lines().next().unwrap()).unwrap();
        let failed = &report["tenants"][0]["failed"];
        assert_eq!(*failed, json!({}), "{}: {}", self.name, ended.said);
    }
}

/// Has the window reach no further back than the cursor says, as after an outage.
async fn rely_on_the_cursor(plant: &TestPlant) {
    plant.set("ExecutionInterval", "1");
    let (store, job) = (plant.store().await, JobName::CALL_SYNC);
    store.advance_cursor(&plant.tenant(), &job, plant.ago_secs(900)).await.unwrap();
    store.close().await;
}

/// A phone call row that the agent's widget has made for a call.
fn by_widget(key: Uuid, call: &Call) -> Value {
    json!({
        "activityid": key, "subject": "Call from the widget", "phonenumber": call.phone(),
        "directioncode": call.is_outgoing(), "statecode": 1, "statuscode": 4,
        "actualstart": call.start().to_rfc3339(),
        "ownerid@odata.bind": format!("/systemusers({})", call.agent().user_id()),
        "ev_syncsource": 451_000_004
    })
}
