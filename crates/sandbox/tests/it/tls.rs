//! https as a client meets it that trusts the sandbox's authority.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use reqwest::{Certificate, Method};
use sandbox::{Error, Sandbox, SandboxOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::plant::{Plant, answer, body, id};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn options(directory: &Path) -> SandboxOptions {
    SandboxOptions { tls_dir: Some(directory.to_owned()), ..SandboxOptions::default() }
}

/// A plant whose client trusts the authority that an earlier start left in the folder.
async fn plant(directory: &Path) -> Plant {
    Sandbox::start(options(directory)).await.unwrap().shutdown().await;
    let authority = Certificate::from_pem(&fs::read(directory.join("ca.pem")).unwrap()).unwrap();
    Plant::trusting(options(directory), Some(authority)).await
}

#[tokio::test]
async fn everything_is_served_over_https_under_both_names() {
    let folder = folder();
    let plant = plant(folder.path()).await;
    assert!(plant.sandbox.base_url().starts_with("https://127.0.0.1:"));
    let who = plant.data(Method::GET, "WhoAmI").await;
    assert_eq!(answer(who).await.0, 200);
    assert_eq!(plant.asked("/users/me").await.0, 200);
    let port = plant.sandbox.base_url().rsplit(':').next().unwrap().to_owned();
    let places = plant.plain(Method::GET, "/api/user?user=api.user@contoso.example").build();
    let mut places = places.unwrap();
    places.url_mut().set_host(Some("localhost")).unwrap();
    let places = body(plant.execute(places).await).await;
    assert_eq!(places[0]["apiEndpoint"], format!("https://localhost:{port}/enreach/"));
}

#[tokio::test]
async fn links_in_answers_are_https_too() {
    let folder = folder();
    let plant = plant(folder.path()).await;
    let row = json!({"contactid": id(1), "lastname": "Virtanen"});
    let create = plant.data(Method::POST, "contacts").await.json(&row).send().await.unwrap();
    let address = create.headers()["odata-entityid"].to_str().unwrap();
    assert!(address.starts_with(&plant.url("/api/data/v9.2/contacts(")), "{address}");
}

#[tokio::test]
async fn a_client_that_does_not_know_the_authority_refuses() {
    let folder = folder();
    let plant = Plant::with(options(folder.path())).await;
    let error = plant.plain(Method::GET, "/api/user").send().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
}

#[tokio::test]
async fn certificates_are_kept_and_only_the_owner_reads_the_key() {
    let folder = folder();
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    Sandbox::start(options(folder.path())).await.unwrap();
    let before = (read("ca.pem"), read("server.pem"));
    Sandbox::start(options(folder.path())).await.unwrap();
    assert_eq!((read("ca.pem"), read("server.pem")), before);
    let key = fs::metadata(folder.path().join("server-key.pem")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    let authority = String::from_utf8(read("ca.pem")).unwrap();
    assert!(!authority.contains("PRIVATE KEY"));
}

#[tokio::test]
async fn spoilt_certificates_are_made_anew() {
    let folder = folder();
    Sandbox::start(options(folder.path())).await.unwrap();
    fs::write(folder.path().join("server.pem"), "nonsense").unwrap();
    let plant = plant(folder.path()).await;
    assert_eq!(plant.asked("/users/me").await.0, 200);
}

#[tokio::test]
async fn somebody_elses_authority_is_left_alone() {
    let folder = folder();
    fs::write(folder.path().join("ca.pem"), "theirs").unwrap();
    let error = Sandbox::start(options(folder.path())).await.unwrap_err();
    assert!(matches!(&error, Error::Tls { .. }));
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("choose another folder"), "{source}");
    assert_eq!(fs::read_to_string(folder.path().join("ca.pem")).unwrap(), "theirs");
}

#[tokio::test]
async fn faults_break_encrypted_connections_as_well() {
    let folder = folder();
    let plant = plant(folder.path()).await;
    for kind in ["reset", "drop_after_commit", "truncate"] {
        plant.sandbox.add_faults(&json!([{"kind": kind}])).unwrap();
        let answer = plant.enreach("/users/me").send().await;
        let lost = match answer {
            Err(_) => true,
            Ok(answer) => answer.bytes().await.is_err(),
        };
        assert!(lost, "{kind}");
    }
    let (status, me): (_, Value) = plant.asked("/users/me").await;
    assert_eq!((status.as_u16(), &me["LastName"]), (200, &json!("User")));
}
