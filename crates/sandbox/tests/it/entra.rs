//! Tokens: how they are asked for, what is refused, and what they open.

use chrono::Duration;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use sandbox::identity::{ENTRA_CLIENT_ID, ENTRA_CLIENT_SECRET, ENTRA_TENANT_ID};
use serde_json::json;

use crate::plant::{Plant, answer};

/// The right request, with some fields replaced (or left out, when empty).
async fn refused(plant: &Plant, changes: &[(&str, &str)]) -> (u16, String, u64) {
    let client_id = ENTRA_CLIENT_ID.to_string();
    let scope = plant.url("/.default");
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", &client_id),
        ("client_secret", ENTRA_CLIENT_SECRET),
        ("scope", &scope),
    ];
    let fields = fields.map(|(name, value)| {
        let change = changes.iter().find(|(changed, _)| *changed == name);
        (name, change.map_or(value, |(_, value)| *value))
    });
    let (status, error) = plant.token_request(&fields).await;
    let code = error["error_codes"][0].as_u64().unwrap();
    let description = error["error_description"].as_str().unwrap();
    assert!(description.starts_with(&format!("AADSTS{code}: ")), "{description}");
    assert!(!description.contains(ENTRA_CLIENT_SECRET), "{description}");
    assert_eq!(error["timestamp"], "2026-03-01 12:00:00Z");
    (status.as_u16(), error["error"].as_str().unwrap().to_owned(), code)
}

#[tokio::test]
async fn the_right_credentials_get_a_token_that_opens_dataverse() {
    let plant = Plant::start().await;
    let (status, _) = answer(plant.data(Method::GET, "WhoAmI").await).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn wrong_requests_get_the_errors_of_entra() {
    let plant = Plant::start().await;
    for (changes, status, error, code) in [
        ([("client_secret", "wrong")], 401, "invalid_client", 7_000_215),
        ([("client_secret", "")], 401, "invalid_client", 7_000_216),
        (
            [("client_id", "99999999-2222-2222-2222-222222222222")],
            400,
            "unauthorized_client",
            700_016,
        ),
        ([("client_id", "")], 400, "invalid_request", 900_144),
        ([("grant_type", "")], 400, "invalid_request", 900_144),
        ([("grant_type", "password")], 400, "unsupported_grant_type", 70_003),
        ([("scope", "")], 400, "invalid_request", 900_144),
        ([("scope", "a/.default b/.default")], 400, "invalid_scope", 70_011),
        ([("scope", "user.read")], 400, "invalid_scope", 1_002_012),
        ([("scope", "https://other.crm4.dynamics.com/.default")], 400, "invalid_resource", 500_011),
    ] {
        let expected = (status, error.to_owned(), code);
        assert_eq!(refused(&plant, &changes).await, expected, "{changes:?}");
    }
}

#[tokio::test]
async fn the_tenant_and_the_content_type_must_be_right() {
    let plant = Plant::start().await;
    let other = "/entra/99999999-1111-1111-1111-111111111111/oauth2/v2.0/token";
    let (status, error) = plant.token_request_at(other, &[]).await;
    assert_eq!((status.as_u16(), &error["error_codes"]), (400, &json!([90_002])));
    let path = format!("/entra/{ENTRA_TENANT_ID}/oauth2/v2.0/token");
    let form = "grant_type=client_credentials";
    let sent = plant.plain(Method::POST, &path).header(CONTENT_TYPE, "application/json").body(form);
    let (status, error) = answer(sent).await;
    assert_eq!((status.as_u16(), &error["error_codes"]), (400, &json!([900_144])));
    assert_eq!(answer(plant.plain(Method::GET, &path)).await.0, 405);
    assert_eq!(answer(plant.plain(Method::POST, "/entra/x/oauth2/token")).await.0, 404);
}

#[tokio::test]
async fn the_environment_may_be_called_localhost() {
    let plant = Plant::start().await;
    let port = plant.sandbox.base_url().rsplit(':').next().unwrap().to_owned();
    for scope in [format!("http://localhost:{port}/.default"), plant.url("//.default")] {
        let client_id = ENTRA_CLIENT_ID.to_string();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id.as_str()),
            ("client_secret", ENTRA_CLIENT_SECRET),
            ("scope", scope.as_str()),
        ];
        assert_eq!(plant.token_request(&form).await.0, 200, "{scope}");
    }
}

#[tokio::test]
async fn credentials_may_come_as_basic_authentication() {
    let plant = Plant::start().await;
    let form = format!("grant_type=client_credentials&scope={}", plant.url("/.default"));
    let request = plant
        .plain(Method::POST, &format!("/entra/{ENTRA_TENANT_ID}/oauth2/v2.0/token"))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")
        .basic_auth(ENTRA_CLIENT_ID, Some(ENTRA_CLIENT_SECRET));
    assert_eq!(answer(request.body(form)).await.0, 200);
}

#[tokio::test]
async fn without_a_valid_token_dataverse_points_to_the_tenant() {
    let plant = Plant::start().await;
    for token in [None, Some("Bearer guess"), Some("Basic abc"), Some("Bearer")] {
        let mut request = plant.plain(Method::GET, "/api/data/v9.2/WhoAmI");
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, token);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        let challenge = response.headers()[WWW_AUTHENTICATE].to_str().unwrap().to_owned();
        let base = plant.sandbox.base_url();
        let expected = format!(
            "Bearer authorization_uri={base}/entra/{ENTRA_TENANT_ID}/oauth2/authorize, \
             resource_id={base}/"
        );
        assert_eq!(challenge, expected);
        assert!(response.bytes().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn tokens_end_when_they_say() {
    let plant = Plant::start().await;
    plant.sandbox.set_modes(&json!({"token_lifetime_secs": 60})).unwrap();
    let token = plant.token().await;
    let opens = async || {
        let request = plant.plain(Method::GET, "/api/data/v9.2/WhoAmI").bearer_auth(&token);
        request.send().await.unwrap().status() != 401
    };
    assert!(opens().await);
    plant.clock.advance(Duration::seconds(59));
    assert!(opens().await);
    plant.clock.advance(Duration::seconds(1));
    assert!(!opens().await);
}

#[tokio::test]
async fn the_lifetime_is_told_truthfully() {
    let plant = Plant::start().await;
    for (secs, expected) in [(None, 3599), (Some(5), 5)] {
        if let Some(secs) = secs {
            plant.sandbox.set_modes(&json!({"token_lifetime_secs": secs})).unwrap();
        }
        let client_id = ENTRA_CLIENT_ID.to_string();
        let scope = plant.url("/.default");
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id.as_str()),
            ("client_secret", ENTRA_CLIENT_SECRET),
            ("scope", scope.as_str()),
        ];
        let (_, body) = plant.token_request(&form).await;
        assert_eq!(body["token_type"], "Bearer");
        assert_eq!(body["expires_in"], expected);
        assert_eq!(body["ext_expires_in"], expected);
    }
}
