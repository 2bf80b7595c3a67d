//! The control API's own manners.

use reqwest::Method;

use crate::plant::{Plant, answer};

#[tokio::test]
async fn other_control_paths_and_methods_are_told_what_there_is() {
    let plant = Plant::start().await;
    for (method, path, expected) in [
        (Method::GET, "/control", 404),
        (Method::GET, "/control/nothing", 404),
        (Method::GET, "/control/world", 405),
        (Method::PUT, "/control/faults", 405),
    ] {
        let (status, body) = answer(plant.plain(method, path)).await;
        assert_eq!(status, expected, "{path}");
        assert!(body["paths"].to_string().contains("GET, POST, DELETE /control/faults"), "{body}");
    }
}

#[tokio::test]
async fn bodies_must_be_json() {
    let plant = Plant::start().await;
    for path in ["/control/world", "/control/faults", "/control/modes"] {
        let (status, body) = answer(plant.plain(Method::POST, path).body("{\"a\":")).await;
        assert_eq!(status, 400);
        assert!(body["error"].as_str().unwrap().starts_with("the body is not JSON"), "{body}");
    }
}
