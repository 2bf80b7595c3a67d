//! What may depend on what (docs/architecture.md, Invariants).
//!
//! The rules are functions over a small model, so that a forbidden edge can be tried without one in
//! the workspace. Edges that only tests see are free, unless a rule says otherwise.

use crate::workspace::{Package, packages};

/// Ours that each library may use.
const MAY_USE: [(&str, &[&str]); 16] = [
    ("voice-model", &[]),
    ("http-kit", &["voice-model"]),
    ("enreach-client", &["voice-model", "http-kit"]),
    ("dataverse-client", &["voice-model", "http-kit"]),
    ("settings", &["voice-model", "dataverse-client"]),
    ("call-matching", &["voice-model"]),
    (
        "call-sync",
        &[
            "voice-model",
            "enreach-client",
            "dataverse-client",
            "settings",
            "call-matching",
            "directory",
            "sync-store",
        ],
    ),
    (
        "callback-sync",
        &[
            "voice-model",
            "enreach-client",
            "dataverse-client",
            "settings",
            "call-matching",
            "directory",
            "sync-store",
        ],
    ),
    (
        "directory",
        &[
            "voice-model",
            "enreach-client",
            "dataverse-client",
            "settings",
            "call-matching",
            "sync-store",
        ],
    ),
    (
        "connect",
        &[
            "voice-model",
            "http-kit",
            "enreach-client",
            "dataverse-client",
            "settings",
            "sync-store",
        ],
    ),
    (
        "program",
        &[
            "voice-model",
            "settings",
            "connect",
            "call-sync",
            "callback-sync",
            "sync-store",
            "webhook-listener",
            "worker",
        ],
    ),
    ("webhook-listener", &["voice-model", "sync-store", "worker"]),
    ("sync-store", &["voice-model"]),
    ("worker", &["voice-model", "sync-store"]),
    ("sandbox", &["voice-model"]),
    (
        "test-support",
        &[
            "voice-model",
            "settings",
            "connect",
            "call-sync",
            "callback-sync",
            "sync-store",
            "sandbox",
        ],
    ),
];

/// The crates that decide. They take traits and a clock and know nothing of the outside.
const ENGINES: [&str; 4] = ["call-matching", "call-sync", "callback-sync", "directory"];

/// What an engine must not name.
const OUTSIDE: [&str; 12] = [
    "reqwest",
    "axum",
    "sqlx",
    "clap",
    "azure_identity",
    "azure_core",
    "http-kit",
    "tower-http",
    "config",
    "toml",
    "rand",
    "tracing-subscriber",
];

/// Dependencies that one package alone may have, with the reason.
const SOLE_USERS: [(&str, &str, &str); 4] = [
    ("reqwest", "http-kit", "one send path: ask http-kit to send"),
    ("azure_identity", "dataverse-client", "credentials live in one place"),
    ("azure_core", "dataverse-client", "its transport is http-kit's, its retries are off"),
    ("rlibphonenumber", "call-matching", "numbering plans are behind one file"),
];

/// What production must not contain, with those that may use it all the same: the programs that are
/// there to run the sandbox, and what is itself for tests.
const STAND_INS: [(&str, &[&str]); 2] =
    [("sandbox", &["sandbox-bin", "voice", "test-support"]), ("test-support", &[])];

fn violations(packages: &[Package]) -> Vec<String> {
    let rules = [ours, outside, sole_users, stand_ins];
    packages
        .iter()
        .flat_map(|package| rules.map(|rule| rule(package, packages)))
        .flatten()
        .collect()
}

fn ours(package: &Package, all: &[Package]) -> Vec<String> {
    if !package.has_library {
        return Vec::new();
    }
    let name = &package.name;
    let Some((_, allowed)) = MAY_USE.iter().find(|(library, _)| library == name) else {
        return vec![format!(
            "{name}: no rule says what it may use; add it to MAY_USE in tests/it/dependencies.rs \
             and to the code map in docs/architecture.md"
        )];
    };
    let is_ours = |used: &&str| all.iter().any(|other| other.name == *used);
    let forbidden = package.shipped().filter(is_ours).filter(|used| !allowed.contains(used));
    forbidden
        .map(|used| {
            format!(
                "{name} depends on {used}, but may use {allowed:?} only; take a trait from one of \
                 those, or move the code that needs {used} to a binary"
            )
        })
        .collect()
}

fn outside(package: &Package, _all: &[Package]) -> Vec<String> {
    if !ENGINES.contains(&package.name.as_str()) {
        return Vec::new();
    }
    let seen = package.shipped().filter(|used| OUTSIDE.contains(used));
    seen.map(|used| {
        format!(
            "{} decides and must not know {used}; take what it brings through a trait or as an \
             argument",
            package.name
        )
    })
    .collect()
}

fn sole_users(package: &Package, _all: &[Package]) -> Vec<String> {
    let forbidden = |(dependency, user, _): &&(&str, &str, &str)| {
        package.name != *user && package.shipped().any(|used| used == *dependency)
    };
    let mut found: Vec<String> = SOLE_USERS
        .iter()
        .filter(forbidden)
        .map(|(dependency, user, reason)| {
            format!("{} depends on {dependency}, which is {user}'s alone: {reason}", package.name)
        })
        .collect();
    // A library that is tested over another client than its own proves nothing about its own. The
    // sandbox shares nothing with the clients, and tests of a binary talk to its control address.
    let in_tests = package.dependencies.iter().any(|d| d.name == "reqwest" && d.only_for_tests);
    let free = !package.has_library || ["sandbox", "http-kit"].contains(&package.name.as_str());
    if in_tests && !free {
        found.push(format!(
            "{} tests with reqwest; of the libraries only the sandbox does: use http-kit or a client",
            package.name
        ));
    }
    found
}

fn stand_ins(package: &Package, _all: &[Package]) -> Vec<String> {
    let forbidden = |(stand_in, users): &&(&str, &[&str])| {
        !users.contains(&package.name.as_str()) && package.shipped().any(|used| used == *stand_in)
    };
    STAND_INS
        .iter()
        .filter(forbidden)
        .map(|(stand_in, _)| {
            format!(
                "{} depends on {stand_in}, a stand-in; make it a dev-dependency or drop it",
                package.name
            )
        })
        .collect()
}

#[test]
fn the_workspace_keeps_its_own_rules() {
    let found = violations(&packages());
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_rule_is_about_a_package_that_exists() {
    let packages = packages();
    let named = MAY_USE.iter().map(|(name, _)| name).chain(&ENGINES);
    let users = STAND_INS.iter().flat_map(|(_, users)| *users);
    let named = named.chain(users);
    for name in named {
        let exists = packages.iter().any(|package| package.name == *name);
        assert!(exists, "{name} is no package any more; drop it from tests/it/dependencies.rs");
    }
}

mod with_a_forbidden_edge {
    use super::*;
    use crate::workspace::Dependency;

    fn package(name: &str, has_library: bool, shipped: &[&str], in_tests: &[&str]) -> Package {
        let edge =
            |name: &&str, only_for_tests| Dependency { name: (*name).to_owned(), only_for_tests };
        Package {
            name: name.to_owned(),
            folder: format!("crates/{name}").into(),
            has_library,
            binaries: Vec::new(),
            dependencies: shipped
                .iter()
                .map(|name| edge(name, false))
                .chain(in_tests.iter().map(|name| edge(name, true)))
                .collect(),
        }
    }

    #[track_caller]
    fn check(
        name: &str,
        has_library: bool,
        shipped: &[&str],
        in_tests: &[&str],
        expected: &[&str],
    ) {
        let mut world: Vec<Package> =
            MAY_USE.iter().map(|(name, _)| package(name, true, &[], &[])).collect();
        world.retain(|other| other.name != name);
        world.push(package(name, has_library, shipped, in_tests));
        let found = violations(&world);
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (message, part) in found.iter().zip(expected) {
            assert!(message.contains(part), "{message:?} does not say {part:?}");
        }
    }

    #[test]
    fn a_library_above_its_layer_is_named() {
        check("voice-model", true, &["http-kit"], &[], &["voice-model depends on http-kit"]);
        check("call-matching", true, &["settings"], &[], &["call-matching depends on settings"]);
        check("sandbox", true, &["enreach-client"], &[], &["sandbox depends on enreach-client"]);
    }

    #[test]
    fn an_engine_that_sees_the_outside_is_named() {
        check("call-sync", true, &["sqlx"], &[], &["call-sync decides and must not know sqlx"]);
        check(
            "call-sync",
            true,
            &["http-kit"],
            &[],
            &["call-sync depends on http-kit", "know http-kit"],
        );
        check("call-sync", true, &["serde", "voice-model"], &[], &[]);
    }

    #[test]
    fn a_second_user_of_a_sole_dependency_is_named() {
        check("enreach-client", true, &["reqwest"], &[], &["one send path"]);
        check("settings", true, &["azure_identity"], &[], &["dataverse-client's alone"]);
        check("settings", true, &[], &["reqwest"], &["settings tests with reqwest"]);
        check("sandbox", true, &[], &["reqwest"], &[]);
        check("call-sync-bin", false, &[], &["reqwest"], &[]);
        check("call-sync-bin", false, &["reqwest"], &[], &["one send path"]);
        check("http-kit", true, &["reqwest"], &[], &[]);
    }

    #[test]
    fn a_stand_in_in_production_is_named() {
        check("call-sync-bin", false, &["sandbox"], &[], &["call-sync-bin depends on sandbox"]);
        check("call-sync-bin", false, &[], &["sandbox"], &[]);
        check("voice", false, &["sandbox", "call-sync"], &[], &[]);
        check("voice", false, &["test-support"], &[], &["voice depends on test-support"]);
        check("call-sync", true, &[], &["test-support"], &[]);
    }

    #[test]
    fn a_library_without_a_rule_is_named() {
        check("presence-sync", true, &[], &[], &["no rule says what it may use"]);
    }
}
