//! What an operator reads when the configuration is wrong. The texts are the contract.

use settings::ProcessConfig;
use voice_model::ErrorClass;

use crate::sources::{MINIMAL, read, refused, replaced, with};

#[test]
fn a_text_that_is_no_url_is_shown_with_what_is_expected() {
    let text = replaced("https://contoso.crm4.dynamics.com", "contoso");
    insta::assert_snapshot!(refused(&text, &[]), @r#"tenants.contoso.dataverse.url in voice.toml: "contoso" is not a URL; expected https://<org>.crm<N>.dynamics.com"#);
}

#[test]
fn every_problem_is_reported_at_once() {
    let text = r#"
[stores]
url = "memory://"
[store]
url = "postgres://voice:hunter2@db/voice"
[server]
listen = "localhost:8080"
public_listen = 8081
[tenants.contoso.enreach]
user_name = "x"
secretkey = "hunter2"
discovery_url = "ftp://example.com"
[tenants.contoso.dataverse]
url = "http://contoso.crm4.dynamics.com"
credential = "client_secret"
[tenants.contoso.dataverse.names]
callid = "x"
call_type = "No Such"
[tenants.contoso.settings]
NumbersToCut = 99
NumberToCut = 4
EnableAudit = "perhaps"
ExecutionInterval = 1.5
[tenants.contoso.routing]
[tenants.contoso.unknown]
"#;
    insta::assert_snapshot!(refused(text, &[]), @r#"
    the configuration has 19 problems
      server.listen in voice.toml: "localhost:8080" is not an address to listen on; expected ADDRESS:PORT such as 127.0.0.1:8080
      server.public_listen in voice.toml: is a number; expected a text in quotes
      store.url in voice.toml: there is no store of kind "postgres"; expected sqlite://<path of a file> or memory://
      stores in voice.toml: unknown key; did you mean store?
      tenants.contoso.dataverse.credential in voice.toml: expected a table [tenants.contoso.dataverse.credential]
      tenants.contoso.dataverse.names.call_type in voice.toml: "No Such" is not a logical name; expected a-z, 0-9 and _ only
      tenants.contoso.dataverse.names.callid in voice.toml: unknown key; did you mean call_id?
      tenants.contoso.dataverse.url in voice.toml: "http://contoso.crm4.dynamics.com" is plain http, which is accepted for 127.0.0.0/8, ::1 and localhost only; expected https://<org>.crm<N>.dynamics.com
      tenants.contoso.enreach.discovery_url in voice.toml: ftp is not https; expected https://discover.enreachvoice.com
      tenants.contoso.enreach.secret_key in voice.toml: missing; expected the API user's secret key (may also stand in secret_key_file or VOICE__TENANTS__CONTOSO__ENREACH__SECRET_KEY)
      tenants.contoso.enreach.secretkey in voice.toml: unknown key; did you mean secret_key?
      tenants.contoso.enreach.user_name in voice.toml: unknown key; did you mean username?
      tenants.contoso.enreach.username in voice.toml: missing; expected the user name of the Enreach API user (may also stand in VOICE__TENANTS__CONTOSO__ENREACH__USERNAME)
      tenants.contoso.routing.api_key in voice.toml: missing; expected the key that Enreach sends (or basic_user and basic_password) (may also stand in api_key_file or VOICE__TENANTS__CONTOSO__ROUTING__API_KEY)
      tenants.contoso.settings.EnableAudit in voice.toml: "perhaps" is neither true nor false; expected true or false
      tenants.contoso.settings.ExecutionInterval in voice.toml: is a number with a fraction; expected a text, a whole number, true or false
      tenants.contoso.settings.NumberToCut in voice.toml: unknown setting; did you mean NumbersToCut?
      tenants.contoso.settings.NumbersToCut in voice.toml: "99" is not between 0 and 15; expected 0 to 15 characters
      tenants.contoso.unknown in voice.toml: unknown key
    "#);
}

#[test]
fn an_empty_configuration_asks_for_a_tenant() {
    insta::assert_snapshot!(refused("", &[]), @r#"tenants in voice.toml: missing; expected at least one table [tenants.<name>]"#);
    let alone = ProcessConfig::from_sources("", None, []).unwrap_err();
    insta::assert_snapshot!(alone, @r#"tenants in the environment: missing; expected a file, by --config or VOICE_CONFIG or as voice.toml in the current folder, or variables VOICE__TENANTS__<NAME>__…"#);
    assert_eq!(alone.class(), ErrorClass::Rejected);
}

#[test]
fn an_empty_tenant_is_asked_for_everything_it_needs() {
    insta::assert_snapshot!(refused("[tenants.contoso]", &[]), @r#"
    the configuration has 4 problems
      tenants.contoso.dataverse.credential.kind in voice.toml: missing; expected client_secret, managed_identity, workload_identity or developer_tools (may also stand in VOICE__TENANTS__CONTOSO__DATAVERSE__CREDENTIAL__KIND)
      tenants.contoso.dataverse.url in voice.toml: missing; expected https://<org>.crm<N>.dynamics.com (may also stand in VOICE__TENANTS__CONTOSO__DATAVERSE__URL)
      tenants.contoso.enreach.secret_key in voice.toml: missing; expected the API user's secret key (may also stand in secret_key_file or VOICE__TENANTS__CONTOSO__ENREACH__SECRET_KEY)
      tenants.contoso.enreach.username in voice.toml: missing; expected the user name of the Enreach API user (may also stand in VOICE__TENANTS__CONTOSO__ENREACH__USERNAME)
    "#);
}

#[test]
fn a_key_of_another_kind_of_credential_is_unknown() {
    let text = replaced("kind = \"client_secret\"", "kind = \"managed_identity\"");
    insta::assert_snapshot!(refused(&text, &[]), @r#"
    the configuration has 2 problems
      tenants.contoso.dataverse.credential.client_secret in voice.toml: not a key of a credential of kind managed_identity
      tenants.contoso.dataverse.credential.tenant_id in voice.toml: not a key of a credential of kind managed_identity
    "#);
    let text = replaced("kind = \"client_secret\"", "kind = \"password\"");
    insta::assert_snapshot!(refused(&text, &[]), @r#"tenants.contoso.dataverse.credential.kind in voice.toml: "password" is no kind of credential; expected client_secret, managed_identity, workload_identity or developer_tools"#);
}

#[test]
fn text_that_is_not_toml_is_named_by_place_without_its_content() {
    let text = "[tenants.contoso.enreach]\nsecret_key = \"hunter2\nx = 1\n";
    let error = refused(text, &[]);
    assert!(!error.contains("hunter2"), "{error}");
    insta::assert_snapshot!(error, @r#"voice.toml, line 2, column 22: not TOML: invalid basic string, expected `"`"#);
}

#[test]
fn no_error_of_toml_repeats_a_secret() {
    for line in [
        "secret_key = hunter2",
        "secret_key = \"\\qhunter2\"",
        "secret_key = 'hunter2",
        "secret_key = \"hunter2\" \"hunter2\"",
        "secret_key = \"\"\"hunter2",
        "secret_key hunter2",
        "secret_key = [hunter2",
    ] {
        let error = refused(&with("enreach", line), &[]);
        assert!(error.contains("not TOML") && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn a_url_with_a_password_is_not_repeated() {
    for url in ["https://user:hunter2@contoso.crm4.dynamics.com", "user:hunter2@contoso"] {
        let error = refused(&replaced("https://contoso.crm4.dynamics.com", url), &[]);
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn no_value_of_a_secret_is_ever_repeated() {
    let text = MINIMAL.replace("-secret\"", "-hunter2\\n\"");
    let error = refused(&text, &[]);
    assert!(!error.contains("hunter2"), "{error}");
    let misplaced = with("webhook", "tokn = \"hunter2\"\ntoken = { x = \"hunter2\" }");
    assert!(!refused(&misplaced, &[]).contains("hunter2"));
}

fn check(text: &str, expected: &str) {
    let error = refused(text, &[]);
    assert!(error.contains(expected), "{error}\nlacks: {expected}");
}

#[test]
fn each_wrong_value_is_told_what_would_be_right() {
    let url = |url| replaced("https://contoso.crm4.dynamics.com", url);
    check(&url("https://contoso.crm4.dynamics.com/api/data/v9.2"), "has a path");
    check(&url("https://contoso.crm4.dynamics.com?x=1"), "with ? or #");
    check(&url("http://128.0.0.1"), "plain http");
    check(&url("http://localhost.example.com"), "plain http");
    check(&url("mailto:x"), "is not the URL of a service");
    check(&replaced("api.user@contoso.example", ""), "the user name is empty");
    check(&replaced("api.user@contoso.example", "a:b"), "colon");
    check(&replaced("\"enreach-secret\"", "\"\""), "the secret is empty");
    check(
        &with("enreach", "api_url = 'https://a.example'\ndiscovery_url = 'https://b.example'"),
        "keep one of them",
    );
    check(&replaced("11111111-1111-1111-1111-111111111111", "a b"), "neither a GUID nor a domain");
    check(&with("routing", "basic_user = 'x'"), "routing.basic_password in voice.toml: missing");
    check(&with("settings", "NumbersToCut = [1]"), "is a list");
    check(&with("settings", "NumbersToCut = 4\nnumberstocut = 5"), "given twice");
    check(&with("settings", "DefaultCrmAssignee = ''"), "the value is empty");
    check(&format!("store = 1\n{MINIMAL}"), "expected a table [store]");
    check(&format!("[store]\nurl = \"sqlite://\"\n{MINIMAL}"), "the path of the file is missing");
    check(&format!("[store]\nurl = \"sqlite://a.db?mode=rw\"\n{MINIMAL}"), "options behind ?");
    check(&format!("[store]\nurl = \"voice.db\"\n{MINIMAL}"), "sqlite://<path of a file>");
    let keep = |value| format!("[store]\nretention = {value}\n{MINIMAL}");
    check(
        &keep("'45 days'"),
        "store.retention in voice.toml: \"45 days\" is no length of time; expected a whole number \
         and s, m, h or d: \"45d\"",
    );
    check(
        &keep("'2d'"),
        "store.retention in voice.toml: \"2d\" is not between 3 and 400 days; expected one such as \
         \"45d\"",
    );
    check(&keep("'401d'"), "is not between 3 and 400 days");
    check(&keep("45"), "store.retention in voice.toml: is a number; expected a text in quotes");
    check(
        &format!("[server]\nlisten = \"127.0.0.1:8081\"\n{MINIMAL}"),
        "both the private and the public",
    );
    check(&MINIMAL.replace("tenants.contoso", "tenants.\"con toso\""), "cannot name a tenant");
    check(&MINIMAL.replace("tenants.contoso", "tenants.a__b"), "cannot name a tenant");
}

#[test]
fn two_free_ports_do_not_collide() {
    let text =
        format!("[server]\nlisten = \"127.0.0.1:0\"\npublic_listen = \"127.0.0.1:0\"\n{MINIMAL}");
    assert!(read(&text, &[]).is_ok());
}
