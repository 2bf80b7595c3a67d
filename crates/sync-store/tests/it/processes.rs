//! Processes on one file, one of which is killed in the middle of its work.
//!
//! The other process is this test program, run on [`write_until_killed`] or [`claim_until_killed`] in
//! a folder that holds a marker. Without the marker, as when someone runs all ignored tests, those do
//! nothing.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use sync_store::{EventKey, JobName, NewEvent, SqliteStore, Store};

use crate::fixtures::*;

const MARKER: &str = "write until killed";
const FILE: &str = "voice.db";
const CALLS_PER_BATCH: usize = 50;
const EVENTS_PER_BATCH: usize = 7;

fn batch(number: usize) -> Vec<sync_store::CallDecision> {
    (0..CALLS_PER_BATCH).map(|n| logged(&format!("call-{number}-{n}"))).collect()
}

fn events(number: usize) -> Vec<NewEvent> {
    (0..EVENTS_PER_BATCH).map(|n| event(&format!("event-{number}-{n}"))).collect()
}

fn keys(events: &[NewEvent]) -> Vec<EventKey> {
    events.iter().map(|event| event.key.clone()).collect()
}

/// Writes batches, each followed by a line that says that it is committed.
#[tokio::test]
#[ignore = "the other process of the tests in this module; does nothing by itself"]
async fn write_until_killed() {
    if !Path::new(MARKER).exists() {
        return;
    }
    let store = SqliteStore::open(FILE).await.unwrap();
    for number in 0.. {
        store.record(&tenant(), at(0), &batch(number)).await.unwrap();
        store.take_in(at(0), &events(number)).await.unwrap();
        println!("committed {number}");
        store.advance_cursor(&tenant(), &JobName::CALL_SYNC, at(number as i64)).await.unwrap();
    }
}

/// Claims one event after the other for ever, each followed by a line that names it.
#[tokio::test]
#[ignore = "the other process of the tests in this module; does nothing by itself"]
async fn claim_until_killed() {
    if !Path::new(MARKER).exists() {
        return;
    }
    let store = SqliteStore::open(FILE).await.unwrap();
    println!("committed 0");
    loop {
        let claimed = store.claim_events(&tenant(), "theirs", at(0), at(60), 1).await.unwrap();
        if let [event] = &claimed[..] {
            println!("claimed {}", event.key);
        }
    }
}

/// The other process. It does not outlive a test that fails.
struct Other(Child);

impl Other {
    fn kill(&mut self) {
        // Nothing to do if it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        self.kill();
    }
}

fn start(folder: &Path, what: &str) -> Other {
    std::fs::write(folder.join(MARKER), "").unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", what])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    Other(child.unwrap())
}

/// Waits until the other process has committed some batches; what it says next.
fn wait_for_batches(other: &mut Other, batches: usize) -> BufReader<ChildStdout> {
    let mut lines = BufReader::new(other.0.stdout.take().unwrap());
    let last = format!("committed {}", batches - 1);
    let mut line = String::new();
    while !line.ends_with(&format!("{last}\n")) {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "the other process ended");
    }
    lines
}

#[tokio::test]
async fn a_killed_process_loses_nothing_that_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = start(folder.path(), "processes::write_until_killed");
    let lines = wait_for_batches(&mut other, 5);
    other.kill();
    let said_more = lines.lines().map_while(Result::ok).filter(|line| line.contains("committed"));
    let said = 5 + said_more.count();

    let store = SqliteStore::open(folder.path().join(FILE)).await.unwrap();
    for number in 0..said + 2 {
        let calls: Vec<_> = batch(number).into_iter().map(|decision| decision.call).collect();
        let found = store.calls(&tenant(), &calls).await.unwrap().len();
        let buried = store.was_ever_logged(&tenant(), &calls).await.unwrap().len();
        assert_eq!(found, buried, "batch {number} is half there");
        match number < said {
            true => assert_eq!(found, CALLS_PER_BATCH, "batch {number} of {said} is lost"),
            false => assert!([0, CALLS_PER_BATCH].contains(&found), "batch {number} is half there"),
        }
        let known = store.known_events(&tenant(), &keys(&events(number))).await.unwrap().len();
        match number < said {
            true => assert_eq!(known, EVENTS_PER_BATCH, "events {number} of {said} are lost"),
            false => assert!([0, EVENTS_PER_BATCH].contains(&known), "half of events {number}"),
        }
    }
    let cursor = store.cursor(&tenant(), &JobName::CALL_SYNC).await.unwrap();
    assert!(cursor >= Some(at(said as i64 - 2)) && cursor <= Some(at(said as i64)));
}

#[tokio::test]
async fn two_processes_write_one_file_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = start(folder.path(), "processes::write_until_killed");
    let store = SqliteStore::open(folder.path().join(FILE)).await.unwrap();
    let lines = wait_for_batches(&mut other, 1);
    for number in 0..10 {
        let ours = [deferred(&format!("ours-{number}"))];
        assert_eq!(store.record(&tenant(), at(0), &ours).await.unwrap(), 1);
    }
    other.kill();
    drop(lines);
    assert_eq!(store.deferred_since(&tenant(), at(0)).await.unwrap().len(), 10);
    let theirs = store.calls(&tenant(), &[call("call-0-0")]).await.unwrap();
    assert_eq!(theirs.len(), 1);
}

#[tokio::test]
async fn two_processes_never_claim_the_same_event() {
    const EVENTS: usize = 120;
    let folder = tempfile::tempdir().unwrap();
    let tenant = tenant();
    let store = SqliteStore::open(folder.path().join(FILE)).await.unwrap();
    let all: Vec<_> = (0..EVENTS).map(|n| event(&format!("event-{n}"))).collect();
    store.take_in(at(0), &all).await.unwrap();
    let mut other = start(folder.path(), "processes::claim_until_killed");
    let lines = wait_for_batches(&mut other, 1);

    let mut ours = HashSet::new();
    loop {
        let found = store.claim_events(&tenant, "ours", at(0), at(60), 1).await.unwrap();
        let Some(event) = found.into_iter().next() else { break };
        assert!(ours.insert(event.key), "an event was claimed twice");
    }
    other.kill();
    let said = lines.lines().map_while(Result::ok);
    let theirs = said.filter_map(|line| Some(EventKey::new(line.strip_prefix("claimed ")?)));
    let theirs: Vec<_> = theirs.collect();
    assert!(!ours.is_empty() && !theirs.is_empty(), "only one of them got anything");
    assert!(theirs.iter().all(|key| !ours.contains(key)), "an event was claimed by both");

    // What the killed one had is given back in its name; it may not have said the last.
    assert_eq!(store.claim_holders(&tenant).await.unwrap(), ["ours", "theirs"]);
    let given_back = store.release_claims(&tenant, "theirs").await.unwrap() as usize;
    assert_eq!(given_back + ours.len(), EVENTS);
    assert!([given_back, given_back - 1].contains(&theirs.len()));
    let found = store.claim_events(&tenant, "ours", at(0), at(60), EVENTS).await.unwrap();
    assert_eq!(found.len(), given_back);
}
