use serde_json::{Value, json};

use crate::plant::{Plant, sum};

#[tokio::test(flavor = "multi_thread")]
async fn calls_become_phone_calls_and_a_second_pass_changes_nothing() {
    let plant = Plant::basic().await;
    let first = plant.pass().await;
    assert_eq!(first.code, 0, "{}", first.stderr);
    let report = first.tenant();
    assert_eq!(report["tenant"], "contoso");
    assert_eq!((&report["logged"], &report["already_logged"]), (&json!(4), &json!(1)));
    assert_eq!(
        report["skipped"],
        json!({"Internal": 1, "KindSwitchedOff": 1, "NoNumber": 1, "NotWork": 1,
               "PersonalWorkQueue": 1, "TooShort": 1, "Unanswered": 1})
    );
    assert_eq!(report["deferred"], json!({"Ambiguous": 1, "InProgress": 1, "NoMatch": 1}));
    assert_eq!(report["failed"], json!({}));
    assert_eq!(report["rows"], 18);
    let counted = report["logged"].as_u64().unwrap()
        + report["already_logged"].as_u64().unwrap()
        + sum(&report["skipped"])
        + sum(&report["deferred"]);
    assert_eq!(report["fetched"], counted);
    assert!(report.get("error").is_none());

    let rows_before = phone_calls(&plant).await;
    let second = plant.pass().await;
    let report = second.tenant();
    assert_eq!((&report["logged"], &report["already_logged"]), (&json!(0), &json!(5)));
    assert_eq!(phone_calls(&plant).await, rows_before, "not even a version moved");
}

async fn phone_calls(plant: &Plant) -> Value {
    let path = "phonecalls?$expand=phonecall_activity_parties&$orderby=activityid";
    plant.read(path).await["value"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_phone_call_is_completed_and_has_both_parties() {
    let plant = Plant::basic().await;
    plant.pass().await;
    let rows = phone_calls(&plant).await;
    let rows = rows.as_array().unwrap();
    let ours: Vec<&Value> = rows.iter().filter(|row| row["ev_syncsource"] == 451_000_000).collect();
    assert_eq!(ours.len(), 4);
    for row in &ours {
        assert_eq!(row["statecode"], 1, "{row}");
        let incoming = row["directioncode"] == false;
        assert_eq!(row["statuscode"], if incoming { 4 } else { 2 });
        let parties = row["phonecall_activity_parties"].as_array().unwrap();
        let party = |role: i64| {
            let found = parties.iter().find(|party| party["participationtypemask"] == role);
            found.unwrap_or_else(|| panic!("no party {role}: {row}"))["_partyid_value"].clone()
        };
        let (customer, agent) = if incoming { (party(1), party(2)) } else { (party(2), party(1)) };
        assert_eq!(customer, row["_regardingobjectid_value"]);
        assert_eq!(agent, row["_ownerid_value"]);
    }
    let transferred =
        rows.iter().find(|row| row["ev_callid"] == "0000c004-0000-4000-8000-000000000000").unwrap();
    assert_eq!(transferred["_ownerid_value"], "000000d2-0000-4000-8000-000000000000", "Bo's");
    let adopted =
        rows.iter().find(|row| row["ev_callid"] == "0000c005-0000-4000-8000-000000000000").unwrap();
    assert_eq!(adopted["activityid"], "00000f31-0000-4000-8000-000000000000");
    assert_eq!(adopted["subject"], "Call from the phone widget", "people's columns are theirs");
    assert_eq!(adopted["ev_syncsource"], 451_000_004);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_asks_little() {
    let plant = Plant::basic().await;
    let report = plant.pass().await.tenant();
    // Discovery, /users/me, /users, /queues, /calls, /servicecall.
    assert_eq!(report["requests"]["enreach"], 6);
    // Settings; contacts, accounts, leads, users; existing phone calls; one batch.
    assert_eq!(report["requests"]["dataverse"], 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_logged_with_its_operations() {
    let plant = Plant::basic().await;
    plant.pass().await;
    let batches: Vec<_> = plant
        .sandbox
        .requests(0)
        .into_iter()
        .filter(|request| request.path.ends_with("$batch"))
        .collect();
    assert_eq!(batches.len(), 1);
    assert_eq!(batches[0].inner.len(), 4 * 2 + 1, "create and complete; one adoption");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_liberties_that_enreach_takes_change_no_decision() {
    let counts = async |modes: Value| {
        let plant = Plant::basic().await;
        plant.sandbox.set_modes(&modes).unwrap();
        let mut report = plant.pass().await.tenant();
        report
            .as_object_mut()
            .unwrap()
            .retain(|name, _| name != "elapsed_ms" && name != "requests");
        report
    };
    let usual = counts(json!({})).await;
    for modes in [
        json!({"strip_plus": true}),
        json!({"omit_optional": true}),
        json!({"null_optional": true}),
        json!({"unknown_fields": true}),
        json!({"call_id_spelling": "CallID"}),
        json!({"strip_plus": true, "omit_optional": true, "unknown_fields": true, "call_id_spelling": "CallID"}),
    ] {
        assert_eq!(counts(modes.clone()).await, usual, "{modes}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_refused_in_the_middle_is_renewed() {
    let plant = Plant::basic().await;
    plant.fault(json!({
        "system": "dataverse", "path_contains": "$batch", "kind": "status", "status": 401
    }));
    let report = plant.pass().await.tenant();
    assert_eq!((&report["logged"], report.get("error")), (&json!(4), None));
    let asked = plant.sandbox.requests(0);
    let tokens = asked.iter().filter(|request| request.path.contains("/oauth2/")).count();
    assert_eq!(tokens, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_goes_on_until_a_signal_and_then_ends_well() {
    let plant = Plant::basic().await;
    let mut worker = plant.start(&plant.tenant("contoso"));
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while phone_calls(&plant).await.as_array().unwrap().len() < 5 {
        assert!(std::time::Instant::now() < deadline, "the first pass logs calls");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let id = worker.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let status = tokio::task::spawn_blocking(move || worker.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(0));
}
