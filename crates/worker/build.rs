//! Tells the program which commit it is built from, in `VOICE_COMMIT`.
//!
//! The environment variable of the same name wins; then Git is asked; a build from an archive, or
//! without Git, is of commit `unknown`.

use std::path::Path;
use std::process::Command;

/// Where this package lies in its repository. Somewhere else it is part of a foreign one.
const PLACE: &str = "crates/worker/";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=VOICE_COMMIT");
    let commit = given().or_else(of_repository).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=VOICE_COMMIT={commit}");
}

#[expect(clippy::disallowed_methods, reason = "a build is told by its environment")]
fn given() -> Option<String> {
    let commit = std::env::var("VOICE_COMMIT").ok()?.trim().to_owned();
    let plain = !commit.is_empty() && commit.chars().all(|c| c.is_ascii_graphic());
    plain.then_some(commit)
}

fn of_repository() -> Option<String> {
    if git(&["rev-parse", "--show-prefix"])? != PLACE {
        return None;
    }
    // Git writes here at each commit and at each change of branch.
    for file in ["HEAD", "logs/HEAD"] {
        let path = git(&["rev-parse", "--git-path", file])?;
        // Cargo would build anew each time for a file that does not exist.
        if Path::new(&path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
