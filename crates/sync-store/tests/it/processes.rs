//! Processes on one file, one of which is killed in the middle of its work.
//!
//! The other process is this test program, run on [`write_until_killed`] in a folder that holds a
//! marker. Without the marker, as when someone runs all ignored tests, that does nothing.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use sync_store::{JobName, SqliteStore, Store};

use crate::fixtures::*;

const MARKER: &str = "write until killed";
const FILE: &str = "voice.db";
const CALLS_PER_BATCH: usize = 50;

fn batch(number: usize) -> Vec<sync_store::CallDecision> {
    (0..CALLS_PER_BATCH).map(|n| logged(&format!("call-{number}-{n}"))).collect()
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
        println!("committed {number}");
        store.advance_cursor(&tenant(), &JobName::CALL_SYNC, at(number as i64)).await.unwrap();
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

fn start(folder: &Path) -> Other {
    std::fs::write(folder.join(MARKER), "").unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "processes::write_until_killed"])
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
    let mut other = start(folder.path());
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
    }
    let cursor = store.cursor(&tenant(), &JobName::CALL_SYNC).await.unwrap();
    assert!(cursor >= Some(at(said as i64 - 2)) && cursor <= Some(at(said as i64)));
}

#[tokio::test]
async fn two_processes_write_one_file_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = start(folder.path());
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
