//! What the sandbox says it was asked.

use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::plant::{Plant, answer, noon};

async fn log(plant: &Plant, since: &str) -> Value {
    answer(plant.plain(Method::GET, &format!("/control/requests{since}"))).await.1
}

#[tokio::test]
async fn rows_tell_number_time_system_method_path_and_status() {
    let plant = Plant::start().await;
    plant.asked("/users?a=%20b").await;
    plant.clock.advance(Duration::seconds(5));
    plant.token().await;
    answer(plant.plain(Method::DELETE, "/api/data/v9.2/contacts")).await;
    answer(plant.plain(Method::GET, "/nowhere")).await;
    let rows = log(&plant, "").await;
    let expected = json!([
        {"number": 1, "time": noon(), "system": "enreach", "method": "GET",
         "path": "/enreach/users?a=%20b", "status": 200, "inner": []},
        {"number": 2, "time": noon() + Duration::seconds(5), "system": "entra", "method": "POST",
         "path": "/entra/11111111-1111-1111-1111-111111111111/oauth2/v2.0/token", "status": 200,
         "inner": []},
        {"number": 3, "time": noon() + Duration::seconds(5), "system": "dataverse",
         "method": "DELETE", "path": "/api/data/v9.2/contacts", "status": 401, "inner": []},
        {"number": 4, "time": noon() + Duration::seconds(5), "system": "unknown", "method": "GET",
         "path": "/nowhere", "status": 404, "inner": []},
    ]);
    assert_eq!(rows, expected);
}

#[tokio::test]
async fn since_gives_the_rows_above_and_control_requests_are_not_logged() {
    let plant = Plant::start().await;
    for _ in 0..3 {
        plant.asked("/users").await;
    }
    let numbers = |rows: Value| {
        rows.as_array()
            .unwrap()
            .iter()
            .map(|row| row["number"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers(log(&plant, "?since=1").await), [2, 3]);
    assert_eq!(numbers(log(&plant, "?since=3").await), [0; 0]);
    assert_eq!(numbers(log(&plant, "?since=0").await), [1, 2, 3]);
    assert_eq!(
        log(&plant, "?since=x").await["error"],
        "since is \"x\"; expected a number, 0 or more"
    );
}

#[tokio::test]
async fn a_batch_lists_its_operations() {
    let plant = Plant::start().await;
    let body = "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n\
                GET /api/data/v9.2/contacts?$top=1 HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n\
                --b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n\
                GET /api/data/v9.2/nothings HTTP/1.1\r\n\r\n\r\n--b--\r\n";
    let batch = plant.data(Method::POST, "$batch").await;
    let batch = batch.header("Content-Type", "multipart/mixed; boundary=b");
    batch.body(body).send().await.unwrap();
    let rows = log(&plant, "?since=1").await;
    assert_eq!(
        rows[0]["inner"],
        json!([
            {"method": "GET", "path": "/api/data/v9.2/contacts", "status": 200},
            {"method": "GET", "path": "/api/data/v9.2/nothings", "status": 404},
        ])
    );
}

#[tokio::test]
async fn a_reset_empties_the_log_and_counts_anew() {
    let plant = Plant::start().await;
    plant.asked("/users").await;
    plant.sandbox.reset();
    assert_eq!(log(&plant, "").await, json!([]));
    plant.asked("/queues").await;
    assert_eq!(log(&plant, "").await[0]["number"], 1);
}
