use serde_json::{Value, json};

use crate::plant::{Plant, sum};

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_named_with_its_system() {
    let plant = Plant::basic().await;
    let config = plant.tenant("contoso");
    let check = async |from: &str, to: &str, expected: &[&str]| {
        let ran = plant.pass_with(&config.replacen(from, to, 1)).await;
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        let (class, message) = ran.error();
        assert_eq!(class, "Auth", "{message}");
        for part in expected {
            assert!(message.contains(part), "{part} is not in: {message}");
        }
        for output in [&ran.stdout, &ran.stderr] {
            assert!(!output.contains("not-the-secret"), "{output}");
        }
    };
    check(
        "secret_key = \"sandbox-secret\"",
        "secret_key = \"not-the-secret\"",
        &["Enreach", "secret key"],
    )
    .await;
    check(
        "client_secret = \"sandbox-secret\"",
        "client_secret = \"not-the-secret\"",
        &["Dynamics 365", "AADSTS7000215"],
    )
    .await;
    check("client_id = \"22222222", "client_id = \"92222222", &["Dynamics 365", "AADSTS700016"])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_environment_that_entra_does_not_know_is_named() {
    let plant = Plant::basic().await;
    let config = plant.tenant("contoso").replace(
        &format!("dataverse]\nurl = \"{}\"", plant.sandbox.base_url()),
        "dataverse]\nurl = \"http://127.0.0.1:9\"",
    );
    let ran = plant.pass_with(&config).await;
    let (class, message) = ran.error();
    assert_eq!((ran.code, class.as_str()), (1, "Auth"), "{message}");
    assert!(message.contains("AADSTS500011"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_a_passing_cause() {
    let plant = Plant::basic().await;
    let config = plant.tenant("contoso").replace(
        &format!("discovery_url = \"{}\"", plant.sandbox.base_url()),
        "api_url = \"http://127.0.0.1:9\"",
    );
    let ran = plant.pass_with(&config).await;
    assert_eq!(ran.code, 75, "{}", ran.stderr);
    assert_eq!(ran.error().0, "Transient");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_enreach_user_is_told_by_discovery() {
    let plant = Plant::basic().await;
    let config = plant.tenant("contoso").replace("api.user@", "nobody@");
    let ran = plant.pass_with(&config).await;
    assert_eq!(ran.code, 1);
    assert!(ran.error().1.contains("nobody@contoso.example"), "{}", ran.error().1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_configuration_is_told_whole() {
    let plant = Plant::empty().await;
    let config = plant
        .tenant("contoso")
        .replace("kind = \"client_secret\"", "kind = \"password\"")
        .replace("username", "user_name");
    let ran = plant.pass_with(&config).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (64, ""));
    for part in ["tenants.contoso.enreach.user_name", "tenants.contoso.dataverse.credential.kind"] {
        assert!(ran.stderr.contains(part), "{part} is not in: {}", ran.stderr);
    }
    let ran = plant.run(&plant.tenant("contoso"), &["--sideways"]).await;
    assert_eq!(ran.code, 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_tenant_does_not_stop_the_others() {
    let plant = Plant::basic().await;
    let bad =
        plant.tenant("bad").replace("secret_key = \"sandbox-secret\"", "secret_key = \"wrong\"");
    let ran = plant.pass_with(&format!("{bad}{}", plant.tenant("good"))).await;
    assert_eq!(ran.code, 1);
    let tenants = ran.tenants();
    assert_eq!(tenants[0]["error"]["class"], "Auth");
    assert_eq!(tenants[1]["logged"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_are_absent_do_not_stop_the_pass() {
    let plant = Plant::basic().await;
    for table in ["/leads", "/ev_settings"] {
        plant.fault(json!({
            "system": "dataverse", "method": "GET", "path_contains": table, "kind": "status",
            "status": 404, "code": "0x8006088a", "count": 100
        }));
    }
    // Without settings there is no fallback owner, no duration limit, no interval of an hour.
    let ran = plant.pass().await;
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    let report = ran.tenant();
    assert_eq!(report["deferred"]["NoMatch"], 2, "the lead's call too: {report}");
    assert!(ran.stderr.contains("table of settings does not exist"), "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_rows_get_a_decision_each_and_the_others_go_through() {
    let plant = Plant::basic().await;
    let good = json!({
        "StartTime": "now-PT5M", "AnswerTime": "now-PT5M", "EndTime": "now-PT4M",
        "ANum": "+358405550101", "BNum": "+358942450111", "CallType": 1, "Direction": 0,
        "EndResult": 0, "Duration": 60, "UserId": "000000a1-0000-4000-8000-000000000000",
        "Privacy": "Work"
    });
    let odd = |id: u32, change: Value| {
        let mut row = good.clone();
        row["Id"] = json!(format!("0000e{id:03}-0000-4000-8000-000000000000"));
        row["CallId"] = json!(format!("0000f{id:03}-0000-4000-8000-000000000000"));
        for (name, value) in change.as_object().unwrap() {
            row[name] = value.clone();
        }
        // "-" takes a field away.
        row.as_object_mut().unwrap().retain(|_, value| value != "-");
        row
    };
    let before = plant.pass().await.tenant();
    plant.load(&json!({"enreach": {"calls": [
        odd(1, json!({"ANum": "-"})),
        odd(2, json!({"CallType": "Hologram", "Direction": 7, "Privacy": "Secret", "EndResult": "?"})),
        odd(3, json!({"ANum": "358405550101", "StartTime": "now-PT10M", "AnswerTime": "now-PT10M"})),
        odd(4, json!({"CallId": "-", "CallID": "0000f004-0000-4000-8000-000000000000",
                      "StartTime": "now-PT15M", "AnswerTime": "now-PT15M"})),
        {"Id": "0000e005-0000-4000-8000-000000000000", "CallID": "0000f005-0000-4000-8000-000000000000"},
        odd(6, json!({"QueueName": "x".repeat(1 << 20), "StartTime": "now-PT20M", "AnswerTime": "now-PT20M"})),
        odd(7, json!({"CallId": "-"})),
        odd(8, json!({"ANum": "9".repeat(1 << 20)})),
    ]}}));
    let ran = plant.pass().await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let report = ran.tenant();
    let grew = |counts: &str, reason: &str| {
        let count = |report: &Value| report[counts][reason].as_u64().unwrap_or(0);
        count(&report) - count(&before)
    };
    assert_eq!(report["logged"], 3, "without plus, with CallID, with 1 MB of queue name: {report}");
    assert_eq!(grew("skipped", "NoNumber"), 1);
    assert_eq!(grew("skipped", "NotWork"), 2, "unknown privacy; nothing but a call id");
    assert_eq!(grew("failed", "Rejected"), 1, "without any call id");
    assert_eq!(grew("deferred", "NoMatch"), 1, "a megabyte of nines is nobody's number");
    assert_eq!(report["fetched"].as_u64().unwrap() - before["fetched"].as_u64().unwrap(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn html_instead_of_json_is_said_as_such() {
    let plant = Plant::basic().await;
    plant.fault(json!({
        "system": "enreach", "path_contains": "/servicecall", "kind": "status", "status": 200,
        "body": "<html><body>Sign in</body></html>", "content_type": "text/html", "count": 10
    }));
    let ran = plant.pass().await;
    assert_ne!(ran.code, 0);
    assert!(ran.error().1.contains("text/html"), "{}", ran.error().1);

    plant.sandbox.clear_faults();
    plant.fault(json!({
        "system": "dataverse", "path_contains": "/contacts", "kind": "status", "status": 502,
        "body": "<html><h1>Bad Gateway</h1></html>", "content_type": "text/html", "count": 10
    }));
    let ran = plant.pass().await;
    assert_eq!(ran.code, 75, "{}", ran.stdout);
    assert_eq!(ran.error().0, "Transient");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_429_is_weathered_or_ends_the_pass() {
    let plant = Plant::basic().await;
    let storm = |count: u32, retry_after: u32| {
        json!({
            "system": "dataverse", "kind": "status", "status": 429, "retry_after": retry_after,
            "code": "0x80072322", "count": count
        })
    };
    plant.fault(storm(2, 0));
    let ran = plant.pass().await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.tenant()["logged"], 4);

    let plant = Plant::basic().await;
    plant.fault(storm(1, 3_600));
    let ran = plant.pass().await;
    assert_eq!(ran.code, 75);
    assert_eq!(ran.error().0, "Throttled");
    assert_eq!(plant.pass().await.tenant()["logged"], 4, "the next run does the work");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_refused_part_of_a_batch_stops_no_other() {
    let plant = Plant::basic().await;
    plant.fault(json!({
        "system": "dataverse", "method": "PATCH", "path_contains": "phonecalls(", "inner": true,
        "kind": "status", "status": 400, "code": "0x80040265", "skip": 1, "count": 1
    }));
    let ran = plant.pass().await;
    assert_eq!(ran.code, 0, "a failed call is no failed pass: {}", ran.stderr);
    let report = ran.tenant();
    assert_eq!(sum(&report["failed"]), 1);
    assert_eq!(report["logged"], 3);
    let again = plant.pass().await.tenant();
    assert_eq!((&again["logged"], sum(&again["failed"])), (&json!(1), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_lost_after_the_commit_doubles_nothing() {
    let plant = Plant::basic().await;
    plant.fault(json!({
        "system": "dataverse", "method": "POST", "path_contains": "$batch",
        "kind": "drop_after_commit", "count": 1
    }));
    let ran = plant.pass().await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let report = ran.tenant();
    let done = report["logged"].as_u64().unwrap() + report["already_logged"].as_u64().unwrap();
    assert_eq!(done, 5, "{report}");
    let rows = plant.read("phonecalls?$select=ev_callid").await;
    assert_eq!(rows["value"].as_array().unwrap().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_dynamics_refuses_gives_way_to_the_default_assignee() {
    let plant = Plant::basic().await;
    // Bo loses every role: Dynamics then refuses rows of his.
    plant.load(&json!({"dataverse": {"systemusers": [{
        "systemuserid": "000000d2-0000-4000-8000-000000000000", "fullname": "Bo Broker",
        "mobilephone": "+358 (0)45 555 0102", "isdisabled": false, "accessmode": 0, "roles": []
    }]}}));
    let report = plant.pass().await.tenant();
    assert_eq!(report["logged"], 4, "{report}");
    let filter = "phonecalls?$filter=ev_callid eq '0000c004-0000-4000-8000-000000000000'";
    let row = plant.read(filter).await["value"][0].clone();
    assert_eq!(row["_ownerid_value"], "000000d1-0000-4000-8000-000000000000");
}
