//! Discovery, credentials, and what is refused before any row is looked at.

use reqwest::Method;
use sandbox::identity::{ENREACH_SECRET_KEY, ENREACH_USER_NAME};
use serde_json::json;

use crate::plant::{Plant, answer, body, id};

#[tokio::test]
async fn discovery_finds_the_api_of_a_known_user_by_get_and_post() {
    let plant = Plant::start().await;
    let get = format!("?user={ENREACH_USER_NAME}");
    for path in ["/api/user", "/api/user/"] {
        let asked = [
            plant.plain(Method::GET, &format!("{path}{get}")),
            plant.plain(Method::POST, path).json(&json!({"user": ENREACH_USER_NAME})),
        ];
        for request in asked {
            let (status, places) = answer(request).await;
            assert_eq!(status, 200);
            assert_eq!(places[0]["apiEndpoint"], plant.url("/enreach/"));
        }
    }
}

#[tokio::test]
async fn discovery_answers_with_the_host_that_was_asked() {
    let plant = Plant::start().await;
    let request = plant.plain(Method::GET, &format!("/api/user?user={ENREACH_USER_NAME}"));
    let (_, places) = answer(request.header("Host", "localhost:4711")).await;
    assert_eq!(places[0]["apiEndpoint"], "http://localhost:4711/enreach/");
}

#[tokio::test]
async fn discovery_knows_no_place_for_others() {
    let plant = Plant::start().await;
    let (status, places) = answer(plant.plain(Method::GET, "/api/user?user=x@example.com")).await;
    assert_eq!((status.as_u16(), places), (200, json!([])));
    assert_eq!(answer(plant.plain(Method::GET, "/api/user")).await.0, 400);
    assert_eq!(answer(plant.plain(Method::POST, "/api/user").body("{")).await.0, 400);
    assert_eq!(answer(plant.plain(Method::DELETE, "/api/user")).await.0, 405);
}

#[tokio::test]
async fn a_world_user_can_be_discovered() {
    let user = json!({"Id": id(1), "UserName": "anna@example.com"});
    let plant = Plant::holding(json!({"enreach": {"users": [user]}})).await;
    let (_, places) = answer(plant.plain(Method::GET, "/api/user?user=Anna@example.com")).await;
    assert_eq!(places.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn only_the_api_users_key_opens_the_api() {
    let plant = Plant::start().await;
    let path = "/enreach/users/me";
    let cases = [
        (plant.plain(Method::GET, path), 401),
        (plant.plain(Method::GET, path).bearer_auth(ENREACH_SECRET_KEY), 401),
        (plant.plain(Method::GET, path).header("Authorization", "Basic %%%"), 401),
        (plant.plain(Method::GET, path).basic_auth(ENREACH_USER_NAME, Some("wrong")), 401),
        (plant.plain(Method::GET, path).basic_auth("other", Some(ENREACH_SECRET_KEY)), 401),
        (
            plant.plain(Method::GET, path).basic_auth(ENREACH_USER_NAME, Some(ENREACH_SECRET_KEY)),
            200,
        ),
        (plant.plain(Method::GET, "/enreach/nothing"), 401),
    ];
    for (request, expected) in cases {
        let (status, body) = answer(request).await;
        assert_eq!(status, expected);
        if expected == 401 {
            assert_eq!(body["ErrorCode"], 401);
            assert!(body["Message"].is_string());
        }
    }
}

#[tokio::test]
async fn a_password_buys_the_secret_key() {
    let plant = Plant::start().await;
    let path = format!("/enreach/authuser/{ENREACH_USER_NAME}/");
    let login = |password: &str| {
        let login = json!({"UserName": ENREACH_USER_NAME, "Password": password});
        plant.plain(Method::POST, &path).json(&login)
    };
    let (status, key) = answer(login(ENREACH_SECRET_KEY)).await;
    assert_eq!(status, 200);
    assert_eq!(key["SecretKey"], ENREACH_SECRET_KEY);
    assert_eq!(key["UserID"], plant.asked("/users/me").await.1["Id"]);
    assert_eq!(answer(login("wrong")).await.0, 401);
    assert_eq!(answer(plant.plain(Method::POST, &path).json(&json!({}))).await.0, 400);
    assert_eq!(answer(plant.plain(Method::GET, &path)).await.0, 405);
}

#[tokio::test]
async fn unknown_resources_and_methods_are_told_apart() {
    let plant = Plant::start().await;
    let (status, error) = plant.asked("/nothing").await;
    assert_eq!((status.as_u16(), &error["ErrorCode"]), (404, &json!(404)));
    let post = plant.plain(Method::POST, "/enreach/calls");
    let post = post.basic_auth(ENREACH_USER_NAME, Some(ENREACH_SECRET_KEY));
    let response = post.send().await.unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "GET");
    assert_eq!(body(response).await["ErrorCode"], 405);
}
