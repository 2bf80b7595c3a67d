//! Planted faults as a client meets them.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::plant::{Plant, answer, id};

const RAW_REQUEST: &str = "GET /enreach/users/me HTTP/1.1\r\nHost: sandbox\r\n\
    Authorization: Basic YXBpLnVzZXJAY29udG9zby5leGFtcGxlOnNhbmRib3gtc2VjcmV0\r\n\r\n";

async fn planted(faults: Value) -> Plant {
    let plant = Plant::start().await;
    plant.sandbox.add_faults(&faults).unwrap();
    plant
}

/// Statuses in the log.
fn statuses(plant: &Plant) -> Vec<Option<u16>> {
    plant.sandbox.requests(0).iter().map(|row| row.status).collect()
}

#[tokio::test]
async fn a_status_comes_in_the_systems_own_shape_and_then_stops() {
    let plant = planted(json!([{
        "system": "enreach", "method": "GET", "path_contains": "users", "kind": "status",
        "status": 429, "retry_after": 2, "skip": 1, "count": 1,
    }]))
    .await;
    assert_eq!(plant.asked("/users").await.0, 200);
    assert_eq!(plant.asked("/queues").await.0, 200);
    let response = plant.enreach("/users").send().await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "2");
    assert_eq!(crate::plant::body(response).await["ErrorCode"], 429);
    assert_eq!(plant.asked("/users").await.0, 200);
}

#[tokio::test]
async fn dataverse_and_entra_faults_carry_their_codes() {
    let plant = planted(json!([
        {"system": "dataverse", "kind": "status", "status": 429, "code": "0x80072326"},
        {"system": "entra", "kind": "status", "status": 401, "code": 7_000_222},
    ]))
    .await;
    let path = "/api/data/v9.2/WhoAmI";
    let (status, error) = answer(plant.plain(Method::GET, path)).await;
    assert_eq!((status.as_u16(), &error["error"]["code"]), (429, &json!("0x80072326")));
    let (status, error) = plant.token_request(&[]).await;
    assert_eq!((status.as_u16(), &error["error_codes"]), (401, &json!([7_000_222])));
}

#[tokio::test]
async fn a_body_of_ones_own_can_be_any_text() {
    let page = "<html>504</html>";
    let fault =
        json!([{"kind": "status", "status": 504, "body": page, "content_type": "text/plain"}]);
    let plant = planted(fault).await;
    let response = plant.enreach("/users").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/plain");
    assert_eq!(response.text().await.unwrap(), page);
}

#[tokio::test]
async fn reset_breaks_the_connection_hard() {
    let plant = planted(json!([{"kind": "reset"}])).await;
    let error = plant.raw_answer(RAW_REQUEST).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(statuses(&plant), [None]);
}

#[tokio::test]
async fn timeout_holds_the_connection_and_sends_nothing() {
    let plant = planted(json!([{"kind": "timeout", "delay_ms": 40}])).await;
    let start = Instant::now();
    assert_eq!(plant.raw_answer(RAW_REQUEST).await.unwrap(), "");
    assert!(start.elapsed() >= Duration::from_millis(40));
    assert_eq!(statuses(&plant), [None]);
}

#[tokio::test]
async fn a_client_that_gives_up_waiting_can_ask_again() {
    let plant = planted(json!([{"kind": "timeout"}])).await;
    let impatient = plant.enreach("/users").timeout(Duration::from_millis(50));
    assert!(impatient.send().await.unwrap_err().is_timeout());
    assert_eq!(plant.asked("/users").await.0, 200);
    assert_eq!(statuses(&plant), [None, Some(200)]);
}

#[tokio::test]
async fn truncate_sends_half_of_what_it_announces() {
    let plant = planted(json!([{"kind": "truncate"}])).await;
    let answer = plant.raw_answer(RAW_REQUEST).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let announced = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let announced: usize = announced.unwrap().parse().unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(body.len(), announced / 2);
    assert_eq!(statuses(&plant), [Some(200)]);
}

#[tokio::test]
async fn slow_spreads_the_whole_answer_over_the_delay() {
    let plant = planted(json!([{"kind": "slow", "delay_ms": 60}])).await;
    let start = Instant::now();
    let (status, me) = plant.asked("/users/me").await;
    assert!(start.elapsed() >= Duration::from_millis(60));
    assert_eq!((status.as_u16(), &me["LastName"]), (200, &json!("User")));
}

#[tokio::test]
async fn drop_after_commit_loses_the_answer_and_not_the_write() {
    let plant = planted(json!([{"method": "POST", "path_contains": "contacts",
                                "kind": "drop_after_commit"}]))
    .await;
    let row = json!({"contactid": id(1), "lastname": "Virtanen"});
    let create = plant.data(Method::POST, "contacts").await.json(&row);
    assert!(create.send().await.is_err());
    let path = format!("contacts({})", id(1));
    let (status, row) = answer(plant.data(Method::GET, &path).await).await;
    assert_eq!((status.as_u16(), &row["lastname"]), (200, &json!("Virtanen")));
    let create = plant.sandbox.requests(0).into_iter().find(|row| row.path.ends_with("contacts"));
    assert_eq!(create.unwrap().status, None);
}

#[tokio::test]
async fn an_inner_fault_strikes_one_operation_of_a_batch() {
    let plant = planted(json!([{
        "system": "dataverse", "inner": true, "method": "POST", "path_contains": "contacts",
        "kind": "status", "status": 400, "code": "0x80040265", "skip": 1,
    }]))
    .await;
    let part = |lastname: &str| {
        format!(
            "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n\
             POST /api/data/v9.2/contacts HTTP/1.1\r\nContent-Type: application/json\r\n\r\n\
             {{\"lastname\":\"{lastname}\"}}\r\n"
        )
    };
    let body = format!("{}{}{}--b--\r\n", part("A"), part("B"), part("C"));
    let batch = plant
        .data(Method::POST, "$batch")
        .await
        .header("Content-Type", "multipart/mixed; boundary=b")
        .header("Prefer", "odata.continue-on-error")
        .body(body);
    let text = batch.send().await.unwrap().text().await.unwrap();
    assert!(text.contains("0x80040265"), "{text}");
    let log = plant.sandbox.requests(0);
    let inner: Vec<_> = log.last().unwrap().inner.iter().map(|row| row.status).collect();
    assert_eq!(inner, [204, 400, 204]);
    assert_eq!(log.last().unwrap().inner[0].path, "/api/data/v9.2/contacts");
}

#[tokio::test]
async fn faults_are_posted_listed_and_deleted() {
    let plant = Plant::start().await;
    let (status, list) = plant.control("/faults", json!([{"kind": "reset", "count": 2}])).await;
    assert_eq!((status.as_u16(), &list[0]["remaining"]), (200, &json!(2)));
    plant.control("/faults", json!([{"kind": "slow"}])).await;
    let (_, list) = answer(plant.plain(Method::GET, "/control/faults")).await;
    assert_eq!(list.as_array().unwrap().len(), 2);
    let (_, list) = answer(plant.plain(Method::DELETE, "/control/faults")).await;
    assert_eq!(list, json!([]));
    assert_eq!(plant.asked("/users").await.0, 200);
}

#[tokio::test]
async fn bad_faults_are_refused_with_what_is_allowed() {
    let plant = Plant::start().await;
    let (status, error) = plant.control("/faults", json!([{"kind": "crash"}])).await;
    assert_eq!(status, 400);
    let error = error["error"].as_str().unwrap();
    assert!(error.contains("faults[0]") && error.contains("`truncate`"), "{error}");
    assert!(plant.sandbox.add_faults(&json!([{"kind": "status"}])).is_err());
}

/// A request that changes something or asks for something, for each system.
async fn asked_of(plant: &Plant, system: &str) -> reqwest::RequestBuilder {
    match system {
        "enreach" => {
            let path = format!("/callbacks/lists/{}/items", id(9));
            plant.enreach_as(Method::POST, &path).json(&json!({"Number": "+1"}))
        }
        "entra" => {
            let path = "/entra/11111111-1111-1111-1111-111111111111/oauth2/v2.0/token";
            let form = format!(
                "grant_type=client_credentials&client_id=22222222-2222-2222-2222-222222222222&\
                 client_secret=sandbox-secret&scope={}",
                plant.url("%2F.default")
            );
            let request = plant.plain(Method::POST, path);
            request.header("Content-Type", "application/x-www-form-urlencoded").body(form)
        }
        "dataverse" => {
            let row = json!({"contactid": id(1), "lastname": "V"});
            let create = plant.data(Method::POST, "contacts").await;
            create.header("Prefer", "return=representation").json(&row)
        }
        _ => {
            let part = "--b\r\nContent-Type: application/http\r\n\
                        Content-Transfer-Encoding: binary\r\n\r\n\
                        POST /api/data/v9.2/contacts HTTP/1.1\r\n\
                        Content-Type: application/json\r\n\r\n{\"lastname\":\"V\"}\r\n";
            let batch = plant.data(Method::POST, "$batch").await;
            let batch = batch.header("Content-Type", "multipart/mixed; boundary=b");
            batch.body(format!("{}--b--\r\n", part.repeat(3)))
        }
    }
}

/// How many rows the requests of [`asked_of`] have left.
async fn written(plant: &Plant, system: &str) -> usize {
    if system == "enreach" {
        return plant
            .asked(&format!("/callbacks/lists/{}/items", id(9)))
            .await
            .1
            .as_array()
            .unwrap()
            .len();
    }
    let contacts = plant.data(Method::GET, "contacts?$select=lastname").await;
    answer(contacts).await.1["value"].as_array().unwrap().len()
}

#[tokio::test]
async fn every_kind_strikes_every_system_and_writes_are_kept_or_not_as_it_says() {
    for (system, whole) in [("enreach", 1), ("entra", 0), ("dataverse", 1), ("$batch", 3)] {
        for (kind, is_lost, rows) in [
            ("reset", true, 0),
            ("timeout", true, 0),
            ("truncate", true, whole),
            ("drop_after_commit", true, whole),
            ("slow", false, whole),
        ] {
            let plant =
                Plant::holding(json!({"enreach": {"callback_lists": [{"Id": id(9)}]}})).await;
            let request = asked_of(&plant, system).await;
            let delay = matches!(kind, "timeout" | "slow").then_some(20);
            let fault = json!([{"kind": kind, "delay_ms": delay}]);
            plant.sandbox.add_faults(&fault).unwrap();
            let lost = match request.send().await {
                Err(_) => true,
                Ok(answer) => answer.bytes().await.is_err(),
            };
            assert_eq!(lost, is_lost, "{kind} of {system}");
            assert_eq!(written(&plant, system).await, rows, "{kind} of {system}");
        }
    }
}

#[tokio::test]
async fn a_lost_batch_is_logged_with_what_ran_inside() {
    let plant = planted(json!([{"path_contains": "$batch", "kind": "drop_after_commit"}])).await;
    assert!(asked_of(&plant, "$batch").await.send().await.is_err());
    let log = plant.sandbox.requests(0);
    let batch = log.last().unwrap();
    assert_eq!((batch.status, batch.inner.len()), (None, 3));
    assert!(batch.inner.iter().all(|operation| operation.status == 204));
}

#[tokio::test]
async fn codes_come_in_the_form_in_which_they_were_given() {
    for (code, expected) in [
        (json!("0x80072321"), json!("0x80072321")),
        (json!("-2147015903"), json!("-2147015903")),
        (json!(-2_147_015_903), json!("-2147015903")),
    ] {
        let fault = json!([{"system": "dataverse", "kind": "status", "status": 429, "code": code,
                            "retry_after": 3}]);
        let plant = planted(fault).await;
        let answer = plant.plain(Method::GET, "/api/data/v9.2/WhoAmI").send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["retry-after"]),
            (429, &"3".parse().unwrap())
        );
        let error = crate::plant::body(answer).await;
        assert_eq!(error["error"]["code"], expected);
        assert!(error["error"]["message"].as_str().unwrap().starts_with("Combined execution"));
    }
}
