//! A process that is killed while it holds a lease.
//!
//! The other process is this test program, run on [`hold_until_killed`] in a folder that holds a
//! marker. Without the marker, as when someone runs all ignored tests, that does nothing.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use sync_store::{JobName, SqliteStore};
use voice_model::SystemClock;
use worker::{Holder, Leases};

use crate::fixtures::{tenant, until};

const MARKER: &str = "hold until killed";
const FILE: &str = "voice.db";
const JOB: JobName = JobName::CALL_SYNC;

async fn leases(file: &Path) -> Leases {
    let store = SqliteStore::open(file).await.unwrap();
    Leases::new(Arc::new(store), Arc::new(SystemClock), Holder::new())
}

#[tokio::test]
#[ignore = "the other process of the test in this module; does nothing by itself"]
async fn hold_until_killed() {
    if !Path::new(MARKER).exists() {
        return;
    }
    let _kept = leases(FILE.as_ref()).await.acquire(&tenant(), &JOB).await.unwrap().unwrap();
    println!("it is held");
    std::future::pending().await
}

/// The other process. It does not outlive a test that fails.
struct Other(Child);

impl Drop for Other {
    fn drop(&mut self) {
        // Nothing to do if it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(folder: &Path) -> Other {
    std::fs::write(folder.join(MARKER), "").unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "killed::hold_until_killed"])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    Other(child.unwrap())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_lease_of_a_killed_process_is_taken_over_at_once() {
    for its_parent_has_asked in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let mut other = start(folder.path());
        let mut said = BufReader::new(other.0.stdout.take().unwrap()).lines();
        assert!(said.any(|line| line.unwrap().contains("it is held")), "it ended");

        let leases = leases(&folder.path().join(FILE)).await;
        let refusal = leases.acquire(&tenant(), &JOB).await.unwrap().unwrap_err();
        let pid = format!("/{}/", other.0.id());
        assert!(refusal.holder.contains(&pid), "{} does not name {pid}", refusal.holder);

        other.0.kill().unwrap();
        if its_parent_has_asked {
            other.0.wait().unwrap();
        }
        // Much sooner than the lease ends by itself.
        until(|| async { leases.acquire(&tenant(), &JOB).await.unwrap().is_ok() }).await;
    }
}
