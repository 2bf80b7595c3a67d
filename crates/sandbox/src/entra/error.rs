//! Entra's error answers: the OAuth error, the AADSTS code, and the text around them (Dataverse
//! reference, section 1.2).

use chrono::{DateTime, Utc};
use http::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use crate::identity::ENTRA_TENANT_ID;
use crate::server::{Answer, json_answer};

/// Why no token was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntraError {
    status: StatusCode,
    error: &'static str,
    code: u32,
    text: String,
}

impl EntraError {
    fn new(status: StatusCode, error: &'static str, code: u32, text: impl Into<String>) -> Self {
        Self { status, error, code, text: text.into() }
    }

    fn bad_request(error: &'static str, code: u32, text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, code, text)
    }

    pub(super) fn unknown_tenant(tenant: &str) -> Self {
        let text = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and \
             are signing into the correct cloud."
        );
        Self::bad_request("invalid_request", 90_002, text)
    }

    pub(super) fn unknown_application(client_id: &str, tenant: &str) -> Self {
        let text = format!(
            "Application with identifier '{client_id}' was not found in the directory '{tenant}'."
        );
        Self::bad_request("unauthorized_client", 700_016, text)
    }

    pub(super) fn wrong_secret(client_id: &str) -> Self {
        let text = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the \
             client secret value, not the client secret ID, for a secret added to app '{client_id}'."
        );
        Self::new(StatusCode::UNAUTHORIZED, "invalid_client", 7_000_215, text)
    }

    pub(super) fn missing_secret() -> Self {
        let text = "'client_assertion', 'client_secret' or 'request' is required for the \
                    'client_credentials' grant type.";
        Self::new(StatusCode::UNAUTHORIZED, "invalid_client", 7_000_216, text)
    }

    pub(super) fn missing_parameter(name: &str) -> Self {
        let text = format!("The request body must contain the following parameter: '{name}'.");
        Self::bad_request("invalid_request", 900_144, text)
    }

    pub(super) fn not_a_form(media_type: &str) -> Self {
        let text = format!(
            "The request body must contain the following parameter: 'grant_type'. It is read from \
             'application/x-www-form-urlencoded' only; the content type was '{media_type}'."
        );
        Self::bad_request("invalid_request", 900_144, text)
    }

    pub(super) fn unsupported_grant(grant: &str) -> Self {
        let text = format!("The app requested an unsupported grant type '{grant}'.");
        Self::bad_request("unsupported_grant_type", 70_003, text)
    }

    pub(super) fn bad_scope(scope: &str) -> Self {
        let text = format!(
            "The provided request must include a 'scope' input parameter. The provided value for \
             the input parameter 'scope' is not valid. The scope {scope} is not valid."
        );
        Self::bad_request("invalid_scope", 70_011, text)
    }

    pub(super) fn scope_not_default(scope: &str) -> Self {
        let text = format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have \
             a scope value with /.default suffixed to the resource identifier (application ID URI)."
        );
        Self::bad_request("invalid_scope", 1_002_012, text)
    }

    pub(super) fn unknown_resource(resource: &str) -> Self {
        let text = format!(
            "The resource principal named {resource} was not found in the tenant named \
             {ENTRA_TENANT_ID}. This can happen if the application has not been installed by the \
             administrator of the tenant or consented to by any user in the tenant."
        );
        Self::bad_request("invalid_resource", 500_011, text)
    }

    pub(super) fn only_post(method: &Method) -> Self {
        let text = format!("The endpoint only accepts POST requests. Received a {method} request.");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", 900_561, text)
    }

    /// The error of a planted fault.
    pub(crate) fn planted(status: StatusCode, code: Option<u32>) -> Self {
        let (error, usual_code) = match status.as_u16() {
            401 => ("invalid_client", 7_000_215),
            429 | 500..=599 => ("temporarily_unavailable", 90_033),
            _ => ("invalid_request", 900_144),
        };
        Self::new(status, error, code.unwrap_or(usual_code), "A planted fault.")
    }

    /// As an answer. The ids are made from the instant, as Entra makes them per request.
    pub(crate) fn answer(&self, now: DateTime<Utc>) -> Answer {
        let Self { status, error, code, text } = self;
        let id = |kind: &str| Uuid::new_v5(&ENTRA_TENANT_ID, format!("{kind}|{now}").as_bytes());
        let (trace_id, correlation_id) = (id("trace"), id("correlation"));
        let timestamp = now.format("%Y-%m-%d %H:%M:%SZ").to_string();
        let description = format!(
            "AADSTS{code}: {text} Trace ID: {trace_id} Correlation ID: {correlation_id} \
             Timestamp: {timestamp}"
        );
        let body = json!({
            "error": error,
            "error_description": description,
            "error_codes": [code],
            "timestamp": timestamp,
            "trace_id": trace_id,
            "correlation_id": correlation_id,
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        });
        json_answer(*status, &body)
    }
}
