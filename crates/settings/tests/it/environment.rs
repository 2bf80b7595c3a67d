//! The environment over the file.

use secrecy::ExposeSecret;
use settings::{CredentialConfig, ProcessConfig, StoreUrl};

use crate::sources::{MINIMAL, good, refused};

#[test]
fn a_variable_takes_the_place_of_a_key() {
    let config = good(
        MINIMAL,
        &[
            ("VOICE__STORE__URL", "memory://"),
            ("VOICE__SERVER__LISTEN", "0.0.0.0:1"),
            ("VOICE__TENANTS__CONTOSO__ENREACH__SECRET_KEY", "from-environment"),
            ("PATH", "/bin"),
            ("VOICE_CONFIG", "elsewhere.toml"),
        ],
    );
    assert_eq!(config.store.url, StoreUrl::Memory);
    assert_eq!(config.server.listen.to_string(), "0.0.0.0:1");
    assert_eq!(config.tenants[0].enreach.secret_key.expose_secret(), "from-environment");
}

#[test]
fn names_are_compared_without_case_and_with_underscores_for_dashes() {
    let text = MINIMAL.replace("contoso", "Contoso-EU");
    let config = good(
        &text,
        &[
            ("VOICE__TENANTS__CONTOSO_EU__SETTINGS__NUMBERSTOCUT", "4"),
            ("VOICE__TENANTS__contoso_eu__ENREACH__USERNAME", "other@contoso.example"),
        ],
    );
    let [tenant] = config.tenants.as_slice() else { panic!("one tenant") };
    assert_eq!(tenant.name.as_str(), "Contoso-EU");
    assert_eq!(tenant.enreach.username, "other@contoso.example");
    assert_eq!(settings::resolve(&[], &tenant.overrides).settings.numbers_to_cut, 4);
}

#[test]
fn a_setting_in_the_environment_takes_the_place_of_one_in_the_file() {
    let text = format!("{MINIMAL}[tenants.contoso.settings]\nNumbersToCut = 4\n");
    let config = good(&text, &[("VOICE__TENANTS__CONTOSO__SETTINGS__NUMBERSTOCUT", "5")]);
    let overrides = &config.tenants[0].overrides;
    assert_eq!(overrides.len(), 1);
    assert_eq!(settings::resolve(&[], overrides).settings.numbers_to_cut, 5);
}

#[test]
fn the_environment_alone_can_say_everything() {
    let environment = [
        ("VOICE__TENANTS__CONTOSO__ENREACH__USERNAME", "api.user@contoso.example"),
        ("VOICE__TENANTS__CONTOSO__ENREACH__SECRET_KEY", "secret"),
        ("VOICE__TENANTS__CONTOSO__DATAVERSE__URL", "https://contoso.crm4.dynamics.com"),
        ("VOICE__TENANTS__CONTOSO__DATAVERSE__CREDENTIAL__KIND", "managed_identity"),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()));
    let config = ProcessConfig::from_sources("", None, environment).unwrap();
    assert_eq!(config.tenants[0].name.as_str(), "contoso");
}

#[test]
fn a_workload_identity_is_filled_in_from_the_variables_of_azure() {
    let text = MINIMAL.split_once("kind =").unwrap().0.to_owned() + "kind = \"workload_identity\"";
    let config = good(
        &text,
        &[
            ("AZURE_TENANT_ID", "tenant"),
            ("AZURE_CLIENT_ID", "client"),
            ("AZURE_FEDERATED_TOKEN_FILE", "/var/run/token"),
            ("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us/"),
        ],
    );
    let CredentialConfig::WorkloadIdentity { tenant_id, client_id, token_file, authority_host } =
        &config.tenants[0].dataverse.credential
    else {
        panic!("a workload identity")
    };
    assert_eq!((tenant_id.as_str(), client_id.as_str()), ("tenant", "client"));
    assert_eq!(token_file.to_str(), Some("/var/run/token"));
    assert_eq!(authority_host.as_str(), "https://login.microsoftonline.us/");
    insta::assert_snapshot!(refused(&text, &[]), @r#"
    the configuration has 3 problems
      tenants.contoso.dataverse.credential.client_id in voice.toml: missing; expected the client id of the app registration: a GUID (may also stand in AZURE_CLIENT_ID or VOICE__TENANTS__CONTOSO__DATAVERSE__CREDENTIAL__CLIENT_ID)
      tenants.contoso.dataverse.credential.tenant_id in voice.toml: missing; expected the Entra tenant: a GUID or a domain (may also stand in AZURE_TENANT_ID or VOICE__TENANTS__CONTOSO__DATAVERSE__CREDENTIAL__TENANT_ID)
      tenants.contoso.dataverse.credential.token_file in voice.toml: missing; expected the file with the federated token (may also stand in AZURE_FEDERATED_TOKEN_FILE or VOICE__TENANTS__CONTOSO__DATAVERSE__CREDENTIAL__TOKEN_FILE)
    "#);
}

#[test]
fn a_wrong_variable_is_named() {
    insta::assert_snapshot!(refused(MINIMAL, &[
        ("VOICE__TENANTS__CONTOSO__DATAVERSE__URL", "contoso"),
        ("VOICE__STORE", "memory://"),
        ("VOICE__STORE__URL__X", "1"),
        ("VOICE__", "1"),
        ("VOICE__SERVER__LISTN", "127.0.0.1:1"),
        ("VOICE__TENANTS__CONTOSO__SETTINGS__NUMBERSTOCUT", "four"),
    ]), @r#"
    the configuration has 6 problems
      environment variable VOICE__: not the name of a key; expected VOICE__SECTION__KEY
      server.listn in environment variable VOICE__SERVER__LISTN: unknown key; did you mean listen?
      store in environment variable VOICE__STORE: expected a table [store]
      store.url.x in environment variable VOICE__STORE__URL__X: store is no table and has no keys in it
      tenants.contoso.dataverse.url in environment variable VOICE__TENANTS__CONTOSO__DATAVERSE__URL: "contoso" is not a URL; expected https://<org>.crm<N>.dynamics.com
      tenants.contoso.settings.numberstocut in environment variable VOICE__TENANTS__CONTOSO__SETTINGS__NUMBERSTOCUT: "four" is not a whole number; expected 0 to 15 characters
    "#);
}
