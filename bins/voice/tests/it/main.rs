//! The binary `voice`, as a person runs it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::process::{Command, Output};

fn voice(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_voice")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_demo_shows_every_decision_there_is() {
    let output = voice(&["demo", "--once"]);
    let printed = text(&output.stdout);
    assert!(output.status.success(), "{printed}\n{}", text(&output.stderr));
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
    ] {
        assert!(printed.contains(word), "{word} is missing in:\n{printed}");
    }
}

#[test]
fn check_config_shows_what_the_configuration_means() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/worlds/basic.toml");
    let output = voice(&["check-config", "--config", file]);
    let printed = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(printed.contains("contoso") && printed.contains("client secret"), "{printed}");
    assert!(!printed.contains("sandbox-secret"), "{printed}");
}

#[test]
fn check_config_names_what_is_wrong_and_where() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("voice.toml");
    std::fs::write(&file, "[tenants.contoso.enreach]\nusername = 7\n").unwrap();
    let output = voice(&["check-config", "--config", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(64));
    let message = text(&output.stderr);
    for part in ["tenants.contoso.enreach.username", "tenants.contoso.dataverse", "voice.toml"] {
        assert!(message.contains(part), "{part} is missing in: {message}");
    }
}
