//! The token for the websocket of events (Enreach reference, section 9.2). The websocket itself is
//! not served: the back end does not need it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use serde_json::json;
use uuid::Uuid;

use super::failure::Failure;
use super::render::{Rendering, fields};
use super::routes::Request;
use crate::identity::{ENREACH_ORGANIZATION_ID, ENREACH_SECRET_KEY};
use crate::server::{Answer, ENREACH_PREFIX};

/// Life of a token; the vendor only says that it is limited.
const LIFETIME: Duration = Duration::hours(1);

/// Answers `GET /token/{userId}/rte/`.
pub(super) fn token(request: Request<'_>, who: &str) -> Result<Answer, Failure> {
    request.only("GET")?;
    let (user, _) = request.user(who)?;
    let (_, host) = request.received.base_url.split_once("://").unwrap_or_default();
    let header = json!({"alg": "HS256", "typ": "JWT"});
    let claims = json!({
        "sub": user,
        "iat": request.now.timestamp(),
        "exp": (request.now + LIFETIME).timestamp(),
    });
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&header), part(&claims));
    // Shaped like a signature, which nobody can check without the key anyway.
    let proof =
        Uuid::new_v5(&ENREACH_ORGANIZATION_ID, format!("{signed}|{ENREACH_SECRET_KEY}").as_bytes());
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(proof.as_bytes()));
    let row = json!({"WSSEndpoint": format!("{host}{ENREACH_PREFIX}/rte"), "Token": token});
    request.done(&Rendering::of(&[]), fields(row))
}
