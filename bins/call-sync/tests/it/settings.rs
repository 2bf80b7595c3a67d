//! What the tenant settings do, seen from outside.

use serde_json::{Value, json};

use crate::plant::{Plant, Ran};

const AMBIGUOUS: &str = "0000c00e-0000-4000-8000-000000000000";

async fn pass(plant: &Plant, settings: &str) -> Ran {
    let config = format!("{}[tenants.contoso.settings]\n{settings}\n", plant.tenant("contoso"));
    plant.pass_with(&config).await
}

/// The row of a call, if there is one.
async fn row(plant: &Plant, call: &str) -> Value {
    let path =
        format!("phonecalls?$filter=ev_callid eq '{call}'&$expand=phonecall_activity_parties");
    plant.read(&path).await["value"][0].clone()
}

/// A queue call from the number that Aalto Oy and Aino Aalto share.
fn shared_number_calls_a_queue() -> Value {
    json!({"enreach": {"servicecalls": [{
        "Id": "00001020-0000-4000-8000-000000000000", "CallId": "0000c020-0000-4000-8000-000000000000",
        "QueueId": "000000b2-0000-4000-8000-000000000000", "QueueName": "Sales",
        "AnswerQueueId": "000000b2-0000-4000-8000-000000000000", "AnswerQueueName": "Sales",
        "ANum": "+358955550010", "BNum": "+358942450201", "Direction": 0, "EndResult": 0,
        "StartTime": "now-PT9M", "AnswerTime": "now-PT8M", "EndTime": "now-PT6M", "Duration": 120,
        "UserId": "000000a1-0000-4000-8000-000000000000"
    }]}})
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unanswered_service_call_is_logged_on_request_and_stays_open_on_request() {
    let call = "0000c006-0000-4000-8000-000000000000";
    for (extra, state) in [("", 1), ("UnansweredCallState = \"Open\"", 0)] {
        let plant = Plant::basic().await;
        let ran = pass(&plant, &format!("ProcessServiceCallsUnanswered = true\n{extra}")).await;
        assert_eq!(ran.tenant()["logged"], 5, "{}", ran.stdout);
        let row = row(&plant, call).await;
        assert_eq!((&row["statecode"], &row["actualdurationminutes"]), (&json!(state), &json!(0)));
        assert_eq!(row["ev_calltype"], 451_000_003);
        assert_eq!(row["_ownerid_value"], "000000d1-0000-4000-8000-000000000000", "the fallback");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_customers_the_first_is_taken_or_their_account() {
    for (settings, customer) in [
        ("MultipleMatchesPickFirst = 1", "00000f11-0000-4000-8000-000000000000"),
        ("SharedNumberToAccount = \"yes\"", "000000f1-0000-4000-8000-000000000000"),
    ] {
        let plant = Plant::basic().await;
        let ran = pass(&plant, settings).await;
        assert_eq!(ran.tenant()["deferred"].get("Ambiguous"), None, "{}", ran.stdout);
        assert_eq!(row(&plant, AMBIGUOUS).await["_regardingobjectid_value"], customer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_call_of_several_customers_is_created_for_none_of_them() {
    let create = "EnableMultipleMatchCreate = true";
    for (status, state, statuscode) in [("", 1, 4), ("3", 2, 3), ("1", 0, 1), ("77", 1, 4)] {
        let plant = Plant::basic().await;
        plant.load(&shared_number_calls_a_queue());
        let wanted = match status {
            "" => String::new(),
            status => format!("MultipleMatchPhoneCallStatus = {status}"),
        };
        let ran = pass(&plant, &format!("{create}\n{wanted}")).await;
        assert_eq!(ran.tenant()["logged"], 5, "{}", ran.stdout);
        assert_eq!(ran.tenant()["deferred"]["Ambiguous"], 1, "the direct call is not created");
        let row = row(&plant, "0000c020-0000-4000-8000-000000000000").await;
        assert_eq!(
            (&row["statecode"], &row["statuscode"]),
            (&json!(state), &json!(statuscode)),
            "status {status:?}"
        );
        assert_eq!(row["_regardingobjectid_value"], Value::Null);
        assert_eq!(row["ev_matchcount"], 2);
        assert_eq!(
            row["description"],
            "2 customers have this number:\nContact: Aino Aalto\nAccount: Aalto Oy"
        );
        let told = ran.stderr.contains("MultipleMatchPhoneCallStatus");
        assert_eq!(told, matches!(status, "" | "77"), "{}", ran.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_margin_nothing_is_adopted() {
    let plant = Plant::basic().await;
    let ran = pass(&plant, "CallStartMargin = 0").await;
    let report = ran.tenant();
    assert_eq!((&report["logged"], &report["already_logged"]), (&json!(5), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_column_holds_what_enreach_said() {
    let plant = Plant::basic().await;
    pass(&plant, "EnableAudit = true\nIncomingDirectCallSubject = \"Soitto\"").await;
    let row = row(&plant, "0000c004-0000-4000-8000-000000000000").await;
    assert_eq!(row["subject"], "Soitto");
    let audit = row["ev_audit"].as_str().unwrap();
    assert_eq!(audit.split("\n\n").count(), 2, "two legs: {audit}");
    assert!(audit.contains("\nANum: +493023125010\n"), "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn debug_mode_asks_for_45_days_in_two_pieces() {
    let plant = Plant::basic().await;
    let ran = pass(&plant, "RunInDebugMode = true").await;
    assert_eq!(ran.tenant()["logged"], 4, "{}", ran.stdout);
    let asked = plant.sandbox.requests(0);
    let windows: Vec<_> = asked
        .iter()
        .map(|request| request.path.as_str())
        .filter(|path| {
            path.starts_with("/enreach/calls") || path.starts_with("/enreach/servicecall")
        })
        .collect();
    assert_eq!(windows.len(), 4);
    assert!(windows.iter().all(|path| path.contains("StartTime=")), "{windows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn kinds_that_are_switched_off_are_not_even_asked_for() {
    let plant = Plant::basic().await;
    let ran = pass(&plant, "ProcessDirectCalls = false").await;
    assert_eq!(ran.tenant()["logged"], 1, "{}", ran.stdout);
    assert!(plant.sandbox.requests(0).iter().all(|request| !request.path.contains("/calls?")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_override_is_a_configuration_error() {
    let plant = Plant::basic().await;
    let ran = pass(&plant, "CallDurationLimit = -1\nNumbersToCutt = 4").await;
    assert_eq!((ran.code, ran.stdout.as_str()), (64, ""));
    for part in ["tenants.contoso.settings.CallDurationLimit", "NumbersToCut?"] {
        assert!(ran.stderr.contains(part), "{part} is not in: {}", ran.stderr);
    }
}
