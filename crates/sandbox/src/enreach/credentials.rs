//! Who may ask: Basic authentication with the secret key, and the exchange of a password for it
//! (Enreach reference, sections 1.2 and 1.3).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::json;
use subtle::ConstantTimeEq;

use super::failure::Failure;
use super::rows::Rows;
use crate::identity::{ENREACH_SECRET_KEY, ENREACH_USER_ID, ENREACH_USER_NAME};
use crate::server::{Answer, Received, json_answer};

/// Refuses a request without the API user's credentials.
pub(super) fn check(received: &Received) -> Result<(), Failure> {
    let (user, key) = basic(received).ok_or_else(Failure::unauthorized)?;
    verify(&user, &key)
}

/// Answers `POST /authuser/{email}`: the secret key for the right password. The sandbox's password
/// is the secret key itself.
pub(super) fn secret_key(email: &str, received: &Received, rows: &Rows) -> Result<Answer, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Login {
        user_name: String,
        password: String,
    }
    let login: Login = serde_json::from_slice(&received.body).map_err(|error| {
        Failure::bad_request(format!("UserName and Password are required: {error}"))
    })?;
    if !login.user_name.eq_ignore_ascii_case(email) {
        return Err(Failure::bad_request("UserName differs from the user in the path"));
    }
    verify(&login.user_name, &login.password)?;
    let id = rows.api_user().and_then(|user| user.get("Id")).cloned();
    let id = id.unwrap_or_else(|| ENREACH_USER_ID.to_string().into());
    Ok(json_answer(StatusCode::OK, &json!({"UserID": id, "SecretKey": ENREACH_SECRET_KEY})))
}

fn basic(received: &Received) -> Option<(String, String)> {
    let (scheme, encoded) = received.header(AUTHORIZATION)?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, key) = text.split_once(':')?;
    Some((user.to_owned(), key.to_owned()))
}

fn verify(user: &str, key: &str) -> Result<(), Failure> {
    let key_is_right = bool::from(key.as_bytes().ct_eq(ENREACH_SECRET_KEY.as_bytes()));
    if user.eq_ignore_ascii_case(ENREACH_USER_NAME) && key_is_right {
        Ok(())
    } else {
        Err(Failure::unauthorized())
    }
}
