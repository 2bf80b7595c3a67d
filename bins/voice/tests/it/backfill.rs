use std::io::{BufRead, BufReader, Read};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sync_store::Store;
use voice_model::{CallId, TenantName};

use crate::plant::{Plant, ago, basic_call, bytes, now, text};

/// A direct call by Aino Aalto to Anna, of the small world.
fn call(number: u32, start: DateTime<Utc>) -> Value {
    let [answer, end] = [5, 65].map(|seconds| text(start + TimeDelta::seconds(seconds)));
    json!({
        "Id": format!("0000e{number:03}-0000-4000-8000-000000000000"), "CallId": past_call(number),
        "StartTime": text(start), "AnswerTime": answer, "EndTime": end,
        "ANum": "+358405550101", "BNum": "+358942450111", "CallType": 1, "Direction": 0,
        "EndResult": 0, "Duration": 60, "UserId": "000000a1-0000-4000-8000-000000000000",
        "UserName": "anna.agent@contoso.example", "Privacy": "Work",
    })
}

fn past_call(number: u32) -> String {
    format!("0000d{number:03}-0000-4000-8000-000000000000")
}

/// The small world without its calls of today, and two calls on each of three days.
async fn three_days() -> Plant {
    let plant = Plant::empty().await;
    let mut world: Value = serde_json::from_str(crate::plant::BASIC).unwrap();
    let days = (1..=6).map(|number| {
        let start = now() - TimeDelta::hours(12 * i64::from(number));
        call(number, start)
    });
    world["enreach"]["calls"] = days.collect();
    world["enreach"]["servicecalls"] = json!([]);
    world["dataverse"]["phonecalls"] = json!([]);
    plant.load(&world);
    plant
}

fn three_days_ago() -> String {
    ago(TimeDelta::hours(73))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_of_three_days_are_logged_once() {
    let plant = three_days().await;
    let from = three_days_ago();
    let ran = plant.calls(&["backfill", "--from", &from, "--json"]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let object = ran.json();
    assert_eq!((&object["from"], &object["dry_run"]), (&json!(from), &json!(false)));
    let tenant = &object["tenants"][0];
    assert_eq!((&tenant["tenant"], &tenant["logged"]), (&json!("contoso"), &json!(6)));
    assert_eq!((&tenant["fetched"], &tenant["done_until"]), (&json!(6), &object["to"]));
    let lines =
        ran.stderr.lines().filter(|line| line.contains("6 logged") || line.contains("2 logged"));
    assert_eq!(lines.count(), 3, "a line for each day that has calls: {}", ran.stderr);
    let rows = plant.phone_calls().await;
    assert_eq!(rows.len(), 6);
    assert!(rows.iter().all(|row| row["statecode"] == 1 && row["ev_syncsource"] == 451_000_001));

    let again = plant.calls(&["backfill", "--from", &from]).await;
    again.shows("     6  are logged already (by us)");
    assert_eq!(plant.phone_calls().await, rows, "not even a version moved");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_calls_that_start_in_the_given_time_are_decided() {
    let plant = three_days().await;
    let to = ago(TimeDelta::hours(30));
    let ran = plant.calls(&["backfill", "--from", &three_days_ago(), "--to", &to]).await;
    ran.shows("     4  logged (created)");
    ran.shows("4 calls;");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_writes_nothing_anywhere_and_shows_what_would_happen() {
    let plant = three_days().await;
    let from = three_days_ago();
    let arguments = ["backfill", "--from", &from, "--dry-run"];
    let ran = plant.calls(&arguments).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.shows("     6  would be logged (created)");
    ran.shows("Nothing was written.");
    assert_eq!(ran.stdout.matches("Aino Aalto").count(), 6, "a row of the table for each call");
    assert_eq!(plant.writes(0), [], "not even a batch");
    assert!(!plant.store_file().exists(), "a store that is not there is not made");

    // With a store that knows some of the calls.
    let to = ago(TimeDelta::hours(30));
    plant.calls(&["backfill", "--from", &from, "--to", &to]).await;
    let store = plant.store().await;
    let call = CallId::new(&past_call(1)).unwrap();
    let tenant = TenantName::new("contoso");
    assert_eq!(store.history(&tenant, &call).await.unwrap(), []);
    store.close().await;
    let (before, sent) = (bytes(&plant.store_file()), plant.sandbox.requests(0).len() as u64);
    let ran = plant.calls(&[&arguments[..], &["--json"]].concat()).await;
    let object = ran.json();
    assert_eq!(object["dry_run"], true);
    let tenant = &object["tenants"][0];
    assert_eq!((&tenant["logged"], &tenant["already_logged"]), (&json!(2), &json!(4)));
    let shown = tenant["decisions"].as_array().unwrap();
    assert_eq!((shown.len(), &shown[0]["evidence"]["customer"]), (6, &json!(null)));
    assert_eq!(shown[5]["evidence"]["customer"], "Aino Aalto");
    assert_eq!(plant.writes(sent), []);
    assert!(bytes(&plant.store_file()) == before, "not a byte of the store has changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_waited_out_and_the_piece_is_repeated() {
    let plant = three_days().await;
    // One more than the client itself waits out.
    plant.fault(json!({
        "system": "dataverse", "path_contains": "$batch", "kind": "status", "status": 429,
        "code": "0x80072322", "retry_after": 1, "count": 5
    }));
    let ran = plant.calls(&["backfill", "--from", &three_days_ago(), "--json"]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let tenant = &ran.json()["tenants"][0];
    assert_eq!((&tenant["logged"], &tenant["fetched"]), (&json!(6), &json!(6)));
    assert_eq!(plant.phone_calls().await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_row_comes_back_only_if_that_is_asked_for() {
    let plant = three_days().await;
    let from = three_days_ago();
    plant.calls(&["backfill", "--from", &from]).await;
    let deleted = plant.phone_calls().await[0]["activityid"].as_str().unwrap().to_owned();
    plant.delete(&format!("phonecalls({deleted})")).await;

    let ran = plant.calls(&["backfill", "--from", &from]).await;
    ran.shows("     6  are logged already (by us)");
    assert_eq!(plant.phone_calls().await.len(), 5);

    let dry = plant.calls(&["backfill", "--from", &from, "--recreate", "--dry-run"]).await;
    dry.shows("     1  would be logged (created)");
    assert_eq!(plant.phone_calls().await.len(), 5);

    let ran = plant.calls(&["backfill", "--from", &from, "--recreate"]).await;
    ran.shows("     1  logged (created)");
    ran.shows("     5  are logged already (by us)");
    let rows = plant.phone_calls().await;
    assert_eq!((rows.len(), rows[0]["activityid"].as_str()), (6, Some(deleted.as_str())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_stopped_stops_no_other_and_says_how_to_go_on() {
    let plant = three_days().await;
    let broken = plant.tenant("broken").replace("secret_key = \"", "secret_key = \"wrong-");
    plant.configure(&format!("{broken}{}", plant.tenant("contoso")));
    let from = three_days_ago();
    let ran = plant.calls(&["backfill", "--from", &from]).await;
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    ran.shows("Stopped (Auth):");
    ran.shows(&format!("No day is done. To go on: voice calls backfill --from {from} --to "));
    ran.shows("     6  logged (created)");
    let one = plant.calls(&["backfill", "--from", &from, "--tenant", "contoso", "--json"]).await;
    assert_eq!((one.code, one.json()["tenants"].as_array().unwrap().len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_it_with_the_way_to_go_on() {
    let plant = three_days().await;
    plant.fault(json!({
        "system": "enreach", "path_contains": "/calls", "kind": "status", "status": 429,
        "retry_after": 599, "skip": 2, "count": 100
    }));
    let from = three_days_ago();
    let mut child = plant.start(&["backfill", "--from", &from]);
    let log = BufReader::new(child.stderr.take().unwrap());
    let id = child.id().to_string();
    let ended = tokio::task::spawn_blocking(move || {
        let mut lines = log.lines().map(Result::unwrap);
        let waits = lines.find(|line| line.contains("goes on in 599 s"));
        assert!(waits.is_some(), "it waits as long as asked");
        let killed = std::process::Command::new("kill").args(["-INT", &id]).status().unwrap();
        assert!(killed.success());
        let mut printed = String::new();
        child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
        (child.wait().unwrap().code(), printed)
    });
    let (code, printed) = ended.await.unwrap();
    assert_eq!(code, Some(75), "{printed}");
    let second_day = DateTime::parse_from_rfc3339(&from).unwrap().to_utc() + TimeDelta::days(2);
    let go_on = format!("--from {} --to", text(second_day));
    assert!(printed.contains("Done up to") && printed.contains(&go_on), "{go_on}: {printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_cannot_be_is_refused() {
    let plant = Plant::empty().await;
    for (from, to, part) in [
        ("yesterday", "2026-01-01", "expected a date such as"),
        ("9999-01-01", "9999-02-01", "lies in the future"),
        ("2026-01-02", "2026-01-02", "has to lie before"),
        ("2026-01-03", "2026-01-02", "has to lie before"),
    ] {
        plant.calls(&["backfill", "--from", from, "--to", to]).await.complains(64, part);
    }
    assert_eq!(plant.sandbox.requests(0), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn skipped_and_deferred_calls_are_counted_by_their_reasons() {
    let plant = Plant::basic().await;
    let ran = plant.calls(&["backfill", "--from", &ago(TimeDelta::hours(2)), "--dry-run"]).await;
    for line in [
        "     4  would be logged (created)",
        "     1  would be taken over (adopted)",
        "     1  would be skipped (NotWork)",
        "     1  would be deferred (Ambiguous)",
    ] {
        ran.shows(line);
    }
    assert!(!ran.stdout.contains(&basic_call("c008")));
}
