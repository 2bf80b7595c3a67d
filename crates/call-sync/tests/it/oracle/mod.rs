//! An independent oracle: random worlds, decided by call sync and by plain code written from design
//! §3, must come out alike, decision by decision and column by column.
//!
//! `world` makes worlds, `verdict` is the oracle, `compare` tells where the two differ. The oracle
//! reads the JSON of the world and uses nothing of the crates that it judges. A second pass over each
//! world must find everything done and change nothing.
//!
//! `VOICE_ORACLE_WORLDS=500` sets how many worlds are tried. `VOICE_ORACLE_SEED=17` tries that one
//! alone and prints it, in the form that the sandbox takes with `--world`.

mod compare;
mod countries;
mod http;
mod known;
mod plant;
mod verdict;
mod world;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use call_sync::Freshness;
use serde_json::Value;

use compare::{Difference, Rows, first_pass, second_pass};
use plant::{Plant, now};
use verdict::{Judged, list, text, unreadable, verdicts};
use world::World;

/// How many worlds are tried by default.
const WORLDS: u64 = 500;
/// How many worlds are tried at a time.
const AT_A_TIME: usize = 2;

/// Every verdict there is. A test of many worlds in which one never falls proves nothing of it.
const ALL_WORDS: [(&str, &str); 15] = [
    ("Logged", "created"),
    ("AlreadyLogged", "by us"),
    ("AlreadyLogged", "adopted"),
    ("Skipped", "KindSwitchedOff"),
    ("Skipped", "PersonalWorkQueue"),
    ("Skipped", "NotWork"),
    ("Skipped", "Unanswered"),
    ("Skipped", "TooShort"),
    ("Skipped", "NoNumber"),
    ("Skipped", "Internal"),
    ("Deferred", "InProgress"),
    ("Deferred", "NoMatch"),
    ("Deferred", "Ambiguous"),
    ("Deferred", "NoDefaultAssignee"),
    ("Failed", ""),
];
/// How many worlds are enough for all of them to fall.
const MANY: u64 = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn random_worlds_are_decided_as_the_design_says() {
    let seeds = seeds();
    let count = seeds.end() - seeds.start() + 1;
    let trial = Arc::new(Trial::of(seeds));
    let workers: Vec<_> = (0..AT_A_TIME).map(|_| tokio::spawn(trial.clone().run())).collect();
    for worker in workers {
        worker.await.unwrap();
    }
    let fallen = trial.fallen.lock().unwrap();
    println!("verdicts: {fallen:?}");
    let found = trial.found.lock().unwrap();
    let told: Vec<_> = found.values().flatten().map(String::as_str).collect();
    assert!(
        found.is_empty(),
        "{} worlds differ: seeds {:?}\n{}",
        found.len(),
        found.keys().collect::<Vec<_>>(),
        told.join("\n")
    );
    for words in ALL_WORDS {
        assert!(count < MANY || fallen.contains_key(&words), "no world brings {words:?}");
    }
}

/// Worlds still to be tried, and what came of the others.
struct Trial {
    next: AtomicU64,
    last: u64,
    /// How often each verdict fell.
    fallen: Mutex<BTreeMap<(&'static str, &'static str), u32>>,
    /// The differences of each seed.
    found: Mutex<BTreeMap<u64, Vec<String>>>,
}

impl Trial {
    fn of(seeds: RangeInclusive<u64>) -> Self {
        Self {
            next: AtomicU64::new(*seeds.start()),
            last: *seeds.end(),
            fallen: Mutex::default(),
            found: Mutex::default(),
        }
    }

    /// Tries one world after the other in a sandbox of its own.
    async fn run(self: Arc<Self>) {
        let plant = Plant::start().await;
        loop {
            let seed = self.next.fetch_add(1, Ordering::Relaxed);
            if seed > self.last {
                return;
            }
            let (verdicts, told) = judge(&plant, &World::roll(seed, now())).await;
            for judged in verdicts.values() {
                *self.fallen.lock().unwrap().entry(judged.verdict.words()).or_default() += 1;
            }
            if !told.is_empty() {
                self.found.lock().unwrap().insert(seed, told);
            }
        }
    }
}

/// Runs two passes over a world and tells every difference.
async fn judge(plant: &Plant, world: &World) -> (BTreeMap<String, Judged>, Vec<String>) {
    if environment("VOICE_ORACLE_SEED").is_some() {
        println!("{}", world.json);
    }
    let verdicts = verdicts(&world.json, &world.overrides, now());
    let unreadable = unreadable(&world.json, &world.overrides, now());
    let call_sync = plant.load(world);
    let before = plant.phone_calls();
    let first = call_sync.pass(Freshness::Fresh).await;
    let between = plant.phone_calls();
    let second = call_sync.pass(Freshness::Fresh).await;
    let after = plant.phone_calls();
    let mut told = Vec::new();
    for difference in first_pass(&verdicts, unreadable, &first, &before, &between) {
        told.push(describe(world, "first", &difference, &between, &verdicts));
    }
    for difference in second_pass(&verdicts, unreadable, &second, &between, &after) {
        told.push(describe(world, "second", &difference, &after, &verdicts));
    }
    if !told.is_empty() {
        told.insert(0, settings_of(world));
    }
    (verdicts, told)
}

/// A difference with everything that is needed to judge it.
fn describe(
    world: &World,
    pass: &str,
    difference: &Difference,
    rows: &Rows,
    verdicts: &BTreeMap<String, Judged>,
) -> String {
    let Difference { call, what } = difference;
    let mut told = format!("--- seed {} call {call} ({pass} pass): {what}", world.seed);
    if let Some(judged) = verdicts.get(call) {
        told.push_str(&format!("\n    oracle: {}", judged.why));
    }
    let enreach = ["servicecalls", "calls"].map(|set| (set, list(&world.json["enreach"][set])));
    for (set, rows) in enreach {
        for row in rows.iter().filter(|row| text(row, "CallId").eq_ignore_ascii_case(call)) {
            told.push_str(&format!("\n    {set}: {row}"));
        }
    }
    let before = list(&world.json["dataverse"]["phonecalls"]);
    for (key, row) in rows.iter().filter(|(_, row)| !call.is_empty() && row["ev_callid"] == **call)
    {
        for row in before.iter().filter(|row| text(row, "activityid") == key) {
            told.push_str(&format!("\n    before: {}", given(row)));
        }
        told.push_str(&format!("\n    after: {}", given(row)));
    }
    told
}

/// What a row says: no nulls, no annotations, and nothing of what Dynamics says of every row.
fn given(row: &Value) -> Value {
    let members = row.as_object().unwrap().iter();
    let said = members.filter(|(name, value)| {
        let plain = name.ends_with("id") || name.starts_with("ev_");
        let of_calls = ["phonenumber", "directioncode", "createdon", "statecode", "statuscode"];
        let told = plain || name.starts_with("actual") || of_calls.contains(&name.as_str());
        told && !name.contains('@') && !value.is_null()
    });
    Value::Object(said.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// The settings of a world, one after the other.
fn settings_of(world: &World) -> String {
    let rows = list(&world.json["dataverse"]["ev_settings"]).iter();
    let rows = rows.map(|row| format!("{}={}", text(row, "ev_name"), row["ev_value"]));
    let told: String = rows.collect::<Vec<_>>().join(" ").chars().take(3_000).collect();
    format!("=== seed {}: {told} {:?}", world.seed, world.overrides)
}

fn seeds() -> RangeInclusive<u64> {
    let number = |name: &str| environment(name)?.parse::<u64>().ok();
    match number("VOICE_ORACLE_SEED") {
        Some(seed) => seed..=seed,
        None => 1..=number("VOICE_ORACLE_WORLDS").unwrap_or(WORLDS),
    }
}

#[expect(clippy::disallowed_methods, reason = "the length of a test is no configuration")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
