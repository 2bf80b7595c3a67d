//! Service protection limits as a client meets them.

use chrono::Duration;
use reqwest::{Method, StatusCode};
use sandbox::{Limits, SandboxOptions};
use serde_json::{Value, json};

use crate::plant::{Plant, answer, body, id};

async fn limited(factor: f64) -> Plant {
    let limits = Limits::Scaled(factor);
    Plant::with(SandboxOptions { limits, ..SandboxOptions::default() }).await
}

/// Asks who one is, and gives the status and a header's number.
async fn who_am_i(plant: &Plant, token: &str, header: &str) -> (u16, Option<String>) {
    let request = plant.plain(Method::GET, "/api/data/v9.2/WhoAmI").bearer_auth(token);
    let answer = request.send().await.unwrap();
    let value = answer.headers().get(header).map(|value| value.to_str().unwrap().to_owned());
    (answer.status().as_u16(), value)
}

const REQUESTS_LEFT: &str = "x-ms-ratelimit-burst-remaining-xrm-requests";
const TIME_LEFT: &str = "x-ms-ratelimit-time-remaining-xrm-requests";

#[tokio::test]
async fn requests_beyond_the_limit_wait_for_the_window_to_slide() {
    let plant = limited(0.001).await;
    let token = plant.token().await;
    for left in (0..6).rev() {
        let expected = (200, Some(left.to_string()));
        assert_eq!(who_am_i(&plant, &token, REQUESTS_LEFT).await, expected);
    }
    assert_eq!(who_am_i(&plant, &token, "retry-after").await, (429, Some("300".into())));
    plant.clock.advance(Duration::seconds(1));
    assert_eq!(who_am_i(&plant, &token, "retry-after").await, (429, Some("300".into())));
    plant.clock.advance(Duration::seconds(300));
    assert_eq!(who_am_i(&plant, &token, REQUESTS_LEFT).await, (200, Some("5".into())));
    let rows = plant.sandbox.requests(0);
    assert_eq!(rows.iter().filter(|row| row.status == Some(429)).count(), 2);
}

#[tokio::test]
async fn a_refusal_has_the_services_own_shape() {
    let plant = limited(0.0001).await;
    let request = plant.data(Method::GET, "WhoAmI").await;
    answer(request.try_clone().unwrap()).await;
    let refused = request.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["odata-version"], "4.0");
    let error = body(refused).await;
    let expected = "Number of requests exceeded the limit of 1 over time window of 300 seconds.";
    assert_eq!(error, json!({"error": {"code": "0x80072322", "message": expected}}));
}

#[tokio::test]
async fn only_known_callers_and_only_dataverse_are_counted() {
    let plant = limited(0.0001).await;
    for _ in 0..3 {
        assert_eq!(plant.asked("/users/me").await.0, 200);
        let stranger = plant.plain(Method::GET, "/api/data/v9.2/WhoAmI").bearer_auth("x");
        assert_eq!(answer(stranger).await.0, 401);
    }
    let token = plant.token().await;
    assert_eq!(who_am_i(&plant, &token, REQUESTS_LEFT).await, (200, Some("0".into())));
}

/// Sends a request and gives the execution time that it took, in milliseconds.
async fn cost(plant: &Plant, request: reqwest::RequestBuilder) -> i64 {
    plant.clock.advance(Duration::hours(1));
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
    let left = answer.headers()[TIME_LEFT].to_str().unwrap().replace(',', "");
    1_200_000 - (left.parse::<f64>().unwrap() * 1_000.0).round() as i64
}

#[tokio::test]
async fn execution_time_follows_the_table_of_costs() {
    let plant = limited(1.0).await;
    let contacts: Vec<Value> = (1..=2_000)
        .map(|number| json!({"contactid": id(number), "lastname": format!("V{number}")}))
        .collect();
    plant.sandbox.load_world(&json!({"dataverse": {"contacts": contacts}})).unwrap();
    plant.control("/modes", json!({"token_lifetime_secs": 1_000_000})).await;
    let token = plant.token().await;
    let request = |method, path: &str| {
        plant.plain(method, &format!("/api/data/v9.2/{path}")).bearer_auth(&token)
    };
    let get = |path: &str| request(Method::GET, path);
    assert_eq!(cost(&plant, get("WhoAmI")).await, 10);
    assert_eq!(cost(&plant, get("contacts?$select=lastname&$top=750")).await, 40);
    // Told in hundredths of a second, rounded down: 25 + 0.02 · 2 + 0.002 · 2000 = 29.04 ms.
    let search = "contacts?$select=lastname&$filter=contains(lastname,'V1999')";
    assert_eq!(cost(&plant, get(search)).await, 30);
    let create = request(Method::POST, "contacts").json(&json!({"lastname": "New"}));
    assert_eq!(cost(&plant, create).await, 60);
    let update = request(Method::PATCH, &format!("contacts({})", id(1)));
    assert_eq!(cost(&plant, update.json(&json!({"lastname": "Other"}))).await, 40);
    let delete = request(Method::DELETE, &format!("contacts({})", id(2)));
    assert_eq!(cost(&plant, delete).await, 40);
}

#[tokio::test]
async fn a_batch_is_one_request_and_costs_what_is_inside() {
    let plant = limited(1.0).await;
    let part = "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n";
    let create = "POST /api/data/v9.2/contacts HTTP/1.1\r\nContent-Type: application/json\r\n\r\n\
                  {\"lastname\":\"V\"}\r\n";
    let batch = format!("{}--b--\r\n", format!("{part}{create}").repeat(50));
    let request = plant.data(Method::POST, "$batch").await;
    let request = request.header("Content-Type", "multipart/mixed; boundary=b").body(batch);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()[REQUESTS_LEFT], "5999");
    assert_eq!(answer.headers()[TIME_LEFT], "1,197.00");
}

#[tokio::test]
async fn requests_at_the_same_time_are_counted_while_they_run() {
    let plant = limited(1.0).await;
    let token = plant.token().await;
    let hold = json!([{"kind": "timeout", "delay_ms": 20_000, "count": 52}]);
    plant.sandbox.add_faults(&hold).unwrap();
    let ask = || plant.plain(Method::GET, "/api/data/v9.2/WhoAmI").bearer_auth(&token);
    let before = plant.sandbox.requests(0).len();
    let waiting: Vec<_> = (0..52).map(|_| tokio::spawn(ask().send())).collect();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while plant.sandbox.requests(0).len() < before + 52 {
        assert!(std::time::Instant::now() < deadline, "the requests do not arrive");
        tokio::task::yield_now().await;
    }
    let (status, error) = answer(ask()).await;
    assert_eq!((status.as_u16(), &error["error"]["code"]), (429, &json!("0x80072326")));
    // A client that gives up makes room.
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
    while answer(ask()).await.0 != 200 {
        assert!(std::time::Instant::now() < deadline, "no room is made");
    }
}
