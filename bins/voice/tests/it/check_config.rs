use crate::plant::voice;

#[test]
fn check_config_shows_what_the_configuration_means() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/worlds/basic.toml");
    let ran = voice(&["check-config", "--config", file]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let printed = ran.stdout;
    assert!(printed.contains("contoso") && printed.contains("client secret"), "{printed}");
    assert!(!printed.contains("sandbox-secret"), "{printed}");
}

#[test]
fn check_config_names_what_is_wrong_and_where() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("voice.toml");
    std::fs::write(&file, "[tenants.contoso.enreach]\nusername = 7\n").unwrap();
    let ran = voice(&["check-config", "--config", file.to_str().unwrap()]);
    assert_eq!(ran.code, 64);
    for part in ["tenants.contoso.enreach.username", "tenants.contoso.dataverse", "voice.toml"] {
        assert!(ran.stderr.contains(part), "{part} is missing in: {}", ran.stderr);
    }
}
