//! Service discovery: where a user's API lives (Enreach reference, section 1.1).

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::failure::Failure;
use super::rows::Rows;
use crate::server::{Answer, ENREACH_PREFIX, Received, json_answer};

/// Answers `GET /api/user?user=` and `POST /api/user`: one place for a known user, else none.
pub(super) fn answer(received: &Received, rows: &Rows) -> Result<Answer, Failure> {
    let user = match received.method {
        Method::GET => received.parameter("user").unwrap_or_default(),
        Method::POST => posted_user(received)?,
        _ => return Err(Failure::method(&received.method, "GET, POST")),
    };
    if user.trim().is_empty() {
        return Err(Failure::bad_request("user is required"));
    }
    let places =
        if rows.has_login(user.trim()) { vec![place(&user, received)] } else { Vec::new() };
    Ok(json_answer(StatusCode::OK, &places))
}

fn posted_user(received: &Received) -> Result<String, Failure> {
    #[derive(Deserialize)]
    struct Asked {
        user: String,
    }
    let asked: Asked = serde_json::from_slice(&received.body)
        .map_err(|error| Failure::bad_request(format!("user is required: {error}")))?;
    Ok(asked.user)
}

fn place(user: &str, received: &Received) -> serde_json::Value {
    let base = &received.base_url;
    json!({
        "siloName": "Sandbox",
        "username": user,
        "apiEndpoint": format!("{base}{ENREACH_PREFIX}/"),
        "uiEndpoint": format!("{base}/Account/LogOn/?un={user}"),
        "authority": null,
        "authorityIdPHint": null,
        "basicAuthEndpoint": format!("{base}/Account/BasicLogOn/"),
    })
}
