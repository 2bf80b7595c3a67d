//! What a token request must hold: the checks of the client credentials grant, in the order in
//! which Entra makes them.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use percent_encoding::percent_decode_str;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::error::EntraError;
use crate::identity::{ENTRA_CLIENT_ID, ENTRA_CLIENT_SECRET, ENTRA_TENANT_ID};
use crate::server::{Addresses, Received};

/// Refuses a token request that Entra would refuse.
pub(super) fn check(
    tenant: &str,
    received: &Received,
    addresses: &Addresses,
) -> Result<(), EntraError> {
    if !is_id(tenant, ENTRA_TENANT_ID) {
        return Err(EntraError::unknown_tenant(tenant));
    }
    let mut form = form(received)?;
    add_basic_credentials(received, &mut form);
    match required(&form, "grant_type")? {
        "client_credentials" => {}
        other => return Err(EntraError::unsupported_grant(other)),
    }
    let client_id = required(&form, "client_id")?;
    let scope = required(&form, "scope")?;
    if !is_id(client_id, ENTRA_CLIENT_ID) {
        return Err(EntraError::unknown_application(client_id, tenant));
    }
    let secret = form.get("client_secret").filter(|secret| !secret.is_empty());
    let secret = secret.ok_or_else(EntraError::missing_secret)?;
    if !bool::from(secret.as_bytes().ct_eq(ENTRA_CLIENT_SECRET.as_bytes())) {
        return Err(EntraError::wrong_secret(client_id));
    }
    check_scope(scope, received, addresses)
}

fn form(received: &Received) -> Result<HashMap<String, String>, EntraError> {
    let media_type = received.header(CONTENT_TYPE).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(EntraError::not_a_form(media_type));
    }
    Ok(url::form_urlencoded::parse(&received.body).into_owned().collect())
}

/// Credentials may also come as HTTP Basic, both parts form-encoded (RFC 6749, section 2.3.1).
fn add_basic_credentials(received: &Received, form: &mut HashMap<String, String>) {
    let basic = received.header(AUTHORIZATION).and_then(|value| value.strip_prefix("Basic "));
    let decoded = basic.and_then(|text| STANDARD.decode(text.trim()).ok());
    let Some(text) = decoded.and_then(|bytes| String::from_utf8(bytes).ok()) else { return };
    if let Some((id, secret)) = text.split_once(':') {
        for (name, value) in [("client_id", id), ("client_secret", secret)] {
            let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
            form.entry(name.to_owned()).or_insert(value);
        }
    }
}

fn required<'a>(
    form: &'a HashMap<String, String>,
    name: &'static str,
) -> Result<&'a str, EntraError> {
    form.get(name)
        .map(String::as_str)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| EntraError::missing_parameter(name))
}

fn check_scope(scope: &str, received: &Received, addresses: &Addresses) -> Result<(), EntraError> {
    if scope.split_whitespace().count() != 1 {
        return Err(EntraError::bad_scope(scope));
    }
    let resource =
        scope.strip_suffix("/.default").ok_or_else(|| EntraError::scope_not_default(scope))?;
    if addresses.is_environment(resource, &received.base_url) {
        Ok(())
    } else {
        Err(EntraError::unknown_resource(resource))
    }
}

fn is_id(text: &str, id: Uuid) -> bool {
    text.parse() == Ok(id)
}
