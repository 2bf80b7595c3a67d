//! Secrets in files of their own, and the file of the configuration itself.

use std::fs;
use std::path::Path;

use secrecy::ExposeSecret;
use settings::{Error, ProcessConfig};

use crate::sources::{MINIMAL, replaced};

fn with_secret_file(file: &str) -> String {
    replaced("secret_key = \"enreach-secret\"", &format!("secret_key_file = \"{file}\""))
}

/// Writes the configuration into a folder and reads it from there.
fn load(folder: &Path, text: &str) -> settings::Result<ProcessConfig> {
    let path = folder.join("voice.toml");
    fs::write(&path, text).unwrap();
    ProcessConfig::load(Some(&path))
}

fn problem(folder: &Path, text: &str) -> String {
    let error = load(folder, text).unwrap_err().to_string();
    error.replace(folder.to_str().unwrap(), "<folder>")
}

#[test]
fn a_secret_file_is_read_without_its_last_line_break() {
    let folder = tempfile::tempdir().unwrap();
    for (content, secret) in [("s3cret\n", "s3cret"), ("s3cret\r\n", "s3cret"), (" s p ", " s p ")]
    {
        fs::write(folder.path().join("key"), content).unwrap();
        let config = load(folder.path(), &with_secret_file("key")).unwrap();
        assert_eq!(config.tenants[0].enreach.secret_key.expose_secret(), secret);
    }
    let absolute = folder.path().join("key");
    assert!(load(folder.path(), &with_secret_file(absolute.to_str().unwrap())).is_ok());
}

#[test]
fn a_secret_file_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("empty"), "\n").unwrap();
    fs::write(folder.path().join("binary"), [0xff, 0xfe]).unwrap();
    fs::write(folder.path().join("lines"), "a\nb\n").unwrap();
    fs::write(folder.path().join("large"), "x".repeat(70_000)).unwrap();
    let problem = |file| problem(folder.path(), &with_secret_file(file));
    insta::assert_snapshot!(problem("missing"), @r#"tenants.contoso.enreach.secret_key_file in <folder>/voice.toml: cannot read the secret file <folder>/missing: No such file or directory (os error 2)"#);
    insta::assert_snapshot!(problem("empty"), @r#"tenants.contoso.enreach.secret_key_file in <folder>/voice.toml: the file <folder>/empty is empty"#);
    for (file, expected) in [
        ("binary", "cannot read the secret file"),
        ("lines", "a line break"),
        ("large", "too large"),
        ("", "the path is empty"),
    ] {
        assert!(problem(file).contains(expected), "{}", problem(file));
    }
}

#[test]
fn a_secret_given_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = replaced("username", "secret_key_file = \"key\"\nusername");
    insta::assert_snapshot!(problem(folder.path(), &text), @r#"tenants.contoso.enreach.secret_key in <folder>/voice.toml: secret_key_file is given as well, in <folder>/voice.toml; keep one of them"#);
}

#[test]
fn a_configuration_file_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("voice.toml");
    let error = ProcessConfig::load(Some(&path)).unwrap_err();
    assert!(matches!(&error, Error::ReadFile { path: named, .. } if *named == path), "{error}");
    assert!(load(folder.path(), MINIMAL).is_ok());
}
