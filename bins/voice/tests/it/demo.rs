use serde_json::Value;

use crate::plant::{Ran, voice};

/// What stands behind `voice ` in the hint of a demo.
fn hint(ran: &Ran) -> Vec<String> {
    let line = ran.stdout.lines().find(|line| line.starts_with("Why is a call"));
    let (_, command) =
        line.unwrap_or_else(|| panic!("{}", ran.stdout)).split_once("? voice ").unwrap();
    command.split(' ').map(str::to_owned).collect()
}

fn follow(hint: &[String]) -> Ran {
    voice(&hint.iter().map(String::as_str).collect::<Vec<_>>())
}

#[track_caller]
fn check_explains_an_ambiguous_call(ran: &Ran) {
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for part in ["of demo", "Deferred (Ambiguous)", "customers have the number", "would help"] {
        assert!(ran.stdout.contains(part), "{part} is missing in:\n{}", ran.stdout);
    }
    assert!(ran.stdout.matches("    candidate ").count() >= 2, "{}", ran.stdout);
}

#[test]
fn the_demo_shows_every_decision_there_is_and_how_to_ask_why() {
    let ran = voice(&["demo", "--once"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    for word in [
        "Logged",
        "AlreadyLogged",
        "KindSwitchedOff",
        "PersonalWorkQueue",
        "NotWork",
        "Unanswered",
        "TooShort",
        "NoNumber",
        "Internal",
        "InProgress",
        "NoMatch",
        "Ambiguous",
        "Failed",
        "requests to Enreach",
        "Every decision is the one that the story wants.",
    ] {
        assert!(ran.stdout.contains(word), "{word} is missing in:\n{}", ran.stdout);
    }
    let hint = hint(&ran);
    assert!(hint.contains(&"--demo".to_owned()), "{hint:?}");
    check_explains_an_ambiguous_call(&follow(&hint));
}

#[test]
fn a_stranger_may_ask_the_demo_without_knowing_a_call_or_with_its_number() {
    check_explains_an_ambiguous_call(&voice(&["calls", "explain", "--demo"]));
    let ran = voice(&["calls", "explain", "--demo", "--json", "--seed", "7"]);
    let object: Value = serde_json::from_str(&ran.stdout).unwrap();
    let evidence = &object["calls"][0]["decisions"][0]["evidence"];
    let number = evidence["number"].as_str().unwrap();
    let ran = voice(&["calls", "explain", "--demo", "--seed", "7", number]);
    check_explains_an_ambiguous_call(&ran);
}

#[test]
fn a_demo_that_is_kept_can_be_asked_when_its_sandbox_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("kept");
    let keep = ["demo", "--once", "--keep", folder.to_str().unwrap()];
    let ran = voice(&keep);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    let hint = hint(&ran);
    assert!(hint.contains(&folder.join("voice.toml").display().to_string()), "{hint:?}");
    check_explains_an_ambiguous_call(&follow(&hint));

    let again = voice(&keep);
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("is there already"), "{}", again.stderr);
}
