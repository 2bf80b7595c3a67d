//! What a right configuration becomes.

use std::path::Path;

use chrono::Duration;
use secrecy::ExposeSecret;
use settings::{CredentialConfig, EnreachEndpoint, Names, ProcessConfig, StoreUrl};

use crate::sources::{MINIMAL, good, replaced, with};

/// The sample of design §7 with every section.
const WHOLE: &str = r#"
[store]
url = "sqlite://data/voice.db"
retention = "60d"
[server]
listen = "127.0.0.1:9080"
public_listen = "[::1]:9081"

[tenants.contoso.enreach]
username = "api.user@contoso.example"
secret_key = "enreach-secret"
api_url = "http://127.0.0.1:9100/enreach"
[tenants.contoso.dataverse]
url = "http://localhost:9100"
[tenants.contoso.dataverse.credential]
kind = "client_secret"
tenant_id = "11111111-1111-1111-1111-111111111111"
client_id = "22222222-2222-2222-2222-222222222222"
client_secret = "entra-secret"
authority_host = "http://127.0.0.1:9100/entra"
[tenants.contoso.dataverse.names]
call_id = "xyz_callid"
setting_entity_set = "xyz_settings"
bundle_navigation = "xyz_FirstCall_PhoneCall"
[inbox]
attempts = 3
[tenants.contoso.settings]
NumbersToCut = 4
EnableAudit = true
WindowBasis = "StartTime"
[tenants.contoso.webhook]
token = "webhook-token"
[tenants.contoso.routing]
basic_user = "enreach"
basic_password = "routing-password"
[tenants.contoso.feed]
api_key = "feed-key"
"#;

#[test]
fn every_section_is_read() {
    let config = good(WHOLE, &[]);
    assert_eq!(config.store.url, StoreUrl::Sqlite("data/voice.db".into()));
    assert_eq!(config.store.retention, Duration::days(60));
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:9080");
    assert_eq!(config.server.public_listen.to_string(), "[::1]:9081");
    assert_eq!(config.inbox.attempts, 3);

    let [tenant] = config.tenants.as_slice() else { panic!("one tenant") };
    assert_eq!(tenant.name.as_str(), "contoso");
    assert_eq!(tenant.enreach.username, "api.user@contoso.example");
    assert_eq!(tenant.enreach.secret_key.expose_secret(), "enreach-secret");
    let api = EnreachEndpoint::Api("http://127.0.0.1:9100/enreach".parse().unwrap());
    assert_eq!(tenant.enreach.endpoint, api);
    assert_eq!(tenant.dataverse.url.as_str(), "http://localhost:9100/");
    let names = Names {
        call_id: "xyz_callid".to_owned(),
        setting_entity_set: "xyz_settings".to_owned(),
        bundle_navigation: "xyz_FirstCall_PhoneCall".to_owned(),
        ..Names::default()
    };
    assert_eq!(tenant.dataverse.names, names);
    let overrides = settings::resolve(&[], &tenant.overrides).settings;
    assert_eq!((overrides.numbers_to_cut, overrides.enable_audit), (4, true));
    let webhook = tenant.webhook.as_ref().unwrap();
    assert_eq!(webhook.token.expose_secret(), "webhook-token");
    let routing = tenant.routing.as_ref().unwrap();
    assert!(routing.api_key.is_none());
    assert_eq!(routing.basic.as_ref().unwrap().user, "enreach");
    assert_eq!(routing.basic.as_ref().unwrap().password.expose_secret(), "routing-password");
    assert_eq!(tenant.feed.as_ref().unwrap().api_key.expose_secret(), "feed-key");
}

#[test]
fn what_is_not_given_has_a_default() {
    let config = good(MINIMAL, &[]);
    assert_eq!(config.store.url, StoreUrl::Sqlite("voice.db".into()));
    assert_eq!(config.store.retention, Duration::days(45));
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.public_listen.to_string(), "127.0.0.1:8081");
    assert_eq!(config.inbox.attempts, 8);
    let tenant = &config.tenants[0];
    let discovery =
        EnreachEndpoint::Discovery("https://discover.enreachvoice.com".parse().unwrap());
    assert_eq!(tenant.enreach.endpoint, discovery);
    assert_eq!(tenant.dataverse.names, Names::default());
    assert!(tenant.overrides.is_empty());
    assert!(tenant.webhook.is_none() && tenant.routing.is_none() && tenant.feed.is_none());
    let CredentialConfig::ClientSecret { authority_host, .. } = &tenant.dataverse.credential else {
        panic!("a client secret")
    };
    assert_eq!(authority_host.as_str(), "https://login.microsoftonline.com/");
}

#[test]
fn tenants_come_by_name() {
    let second = MINIMAL.replace("contoso", "Adatum-eu");
    let config = good(&format!("{MINIMAL}{second}"), &[]);
    let names: Vec<&str> = config.tenants.iter().map(|tenant| tenant.name.as_str()).collect();
    assert_eq!(names, ["Adatum-eu", "contoso"]);
}

#[test]
fn every_kind_of_credential_is_read() {
    let kind = |lines: &str| {
        let secret = MINIMAL.split_once("kind =").unwrap().0;
        let tenant = good(&format!("{secret}{lines}"), &[]).tenants.remove(0);
        format!("{:?}", tenant.dataverse.credential)
    };
    assert_eq!(kind("kind = 'managed_identity'"), "ManagedIdentity { client_id: None }");
    assert_eq!(
        kind("kind = 'managed_identity'\nclient_id = 'abc'"),
        "ManagedIdentity { client_id: Some(\"abc\") }"
    );
    assert_eq!(kind("kind = 'developer_tools'"), "DeveloperTools");
    let federated =
        kind("kind = 'workload_identity'\ntenant_id = 't'\nclient_id = 'c'\ntoken_file = 'f'");
    assert!(federated.starts_with("WorkloadIdentity { tenant_id: \"t\""), "{federated}");
}

#[test]
fn stores_are_named_by_url() {
    for (text, url) in [
        ("memory://", StoreUrl::Memory),
        ("sqlite://voice.db", StoreUrl::Sqlite("voice.db".into())),
        ("sqlite:///var/lib/voice.db", StoreUrl::Sqlite("/var/lib/voice.db".into())),
    ] {
        let config = good(&format!("[store]\nurl = \"{text}\"\n{MINIMAL}"), &[]);
        assert_eq!(config.store.url, url, "{text}");
    }
}

#[test]
fn the_time_to_keep_may_come_from_the_environment() {
    let kept = |text: &str, variables: &[(&str, &str)]| good(text, variables).store.retention;
    let file = format!("[store]\nretention = \"100d\"\n{MINIMAL}");
    let variable = [("VOICE__STORE__RETENTION", " 96h ")];
    assert_eq!(kept(&file, &[]), Duration::days(100));
    assert_eq!(kept(&file, &variable), Duration::days(4));
    assert_eq!(kept(MINIMAL, &variable), Duration::days(4));
}

#[test]
fn relative_paths_start_at_the_folder_of_the_file() {
    let path = Some(Path::new("/etc/voice/voice.toml"));
    let config = ProcessConfig::from_sources(MINIMAL, path, []).unwrap();
    assert_eq!(config.store.url, StoreUrl::Sqlite("/etc/voice/voice.db".into()));
}

#[test]
fn plain_http_is_accepted_on_this_machine() {
    for host in ["127.0.0.1:9100", "127.8.9.1", "[::1]:80", "localhost:9100"] {
        let text = replaced("https://contoso.crm4.dynamics.com", &format!("http://{host}"));
        assert!(good(&text, &[]).tenants[0].dataverse.url.as_str().starts_with("http://"));
    }
}

#[test]
fn names_of_settings_are_taken_without_case() {
    let config = good(&with("settings", "numberstocut = 3"), &[]);
    let loaded = settings::resolve(&[], &config.tenants[0].overrides);
    assert_eq!(loaded.settings.numbers_to_cut, 3);
}

#[test]
fn debug_shows_no_secret() {
    let api_key = "[tenants.contoso.routing]\napi_key = \"routing-key\"\n";
    let shown = format!("{:?}", good(WHOLE, &[]))
        + &format!("{:?}", good(&format!("{MINIMAL}{api_key}"), &[]));
    for secret in [
        "enreach-secret",
        "entra-secret",
        "webhook-token",
        "routing-password",
        "feed-key",
        "routing-key",
    ] {
        assert!(!shown.contains(secret), "{secret}");
    }
}

#[test]
fn the_number_of_attempts_may_come_as_text() {
    let variable = ("VOICE__INBOX__ATTEMPTS", "5");
    assert_eq!(good(MINIMAL, &[variable]).inbox.attempts, 5);
}
