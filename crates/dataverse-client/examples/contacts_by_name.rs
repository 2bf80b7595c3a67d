//! Finds contacts by name. Runs against a sandbox of its own:
//! `cargo run -p dataverse-client --example contacts_by_name`

use std::error::Error;
use std::sync::Arc;

use dataverse_client::{
    Credential, CredentialKind, DataverseApi, DataverseClient, Filter, Order, Query, all_rows,
};
use http_kit::{HttpClient, Tls};
use sandbox::{Sandbox, SandboxOptions, identity};
use voice_model::SystemClock;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::start(SandboxOptions::default()).await?;
    sandbox.load_world(&serde_json::json!({"dataverse": {"contacts": [
        {"contactid": "00000f11-0000-4000-8000-000000000000", "firstname": "Aino", "lastname": "Aalto"},
        {"contactid": "00000f12-0000-4000-8000-000000000000", "firstname": "Pat", "lastname": "O'Hara"},
    ]}}))?;

    // The sandbox speaks plain http, so no certificates are needed; elsewhere leave `tls` out.
    let http = HttpClient::builder().tls(Tls::NotNeeded).build()?;
    let kind = CredentialKind::ClientSecret {
        tenant_id: identity::ENTRA_TENANT_ID.to_string(),
        client_id: identity::ENTRA_CLIENT_ID.to_string(),
        secret: identity::ENTRA_CLIENT_SECRET.into(),
        authority_host: format!("{}/entra", sandbox.base_url()).parse()?,
    };
    let credential = Credential::new(kind, http.counted_apart(), Arc::new(SystemClock))?;
    let environment = sandbox.base_url().parse()?;
    let client = DataverseClient::builder(http, environment, credential).build()?;

    println!("we are user {}", client.who_am_i().await?.user_id);
    let query = Query::new("contacts")
        .select(["fullname"])
        .filter(Filter::Contains("fullname".into(), "o'h".into()))
        .order_by("fullname", Order::Ascending);
    for contact in all_rows(&client, &query).await? {
        println!("found {}", contact.text("fullname").unwrap_or("(no name)"));
    }
    sandbox.shutdown().await;
    Ok(())
}
