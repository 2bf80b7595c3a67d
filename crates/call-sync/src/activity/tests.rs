use super::*;
use crate::plan::FinalStatus;
use crate::sample::{at, candidate, outgoing, owner, plan, queue};
use enreach_client::{CallRow, Reported};
use serde_json::json;

fn writes(plan: &PlannedCall, settings: &TenantSettings) -> (Vec<Write>, Vec<String>) {
    let names = Names::default();
    let style = RowStyle { names: &names, settings, sync_source: 451_000_000 };
    let mut remarks = Vec::new();
    (style.writes(plan, &mut remarks), remarks)
}

fn created(plan: &PlannedCall) -> Value {
    match writes(plan, &TenantSettings::default()).0.remove(0) {
        Write::Create { columns, .. } => Value::Object(columns.as_map().clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_incoming_direct_call_is_created_open_and_then_completed() {
    let plan = plan("call-1", 0, |_| ());
    let (contact, user) = (candidate(7, CustomerTable::Contact).customer.id, owner(9).id);
    assert_eq!(
        created(&plan),
        json!({
            "subject": "Incoming call", "phonenumber": "+358501234567", "directioncode": false,
            "actualstart": "2026-02-02T02:40:00Z", "actualend": "2026-02-02T02:43:25Z",
            "scheduledend": "2026-02-02T02:43:25Z", "actualdurationminutes": 3,
            "ev_callid": "call-1", "ev_calltype": 451_000_000, "ev_callstart": "2026-02-02T02:40:00Z",
            "ev_callend": "2026-02-02T02:43:25Z", "ev_durationseconds": 200,
            "ev_audit": "CallId is call-1", "ev_matchcount": 1, "ev_syncsource": 451_000_000,
            "ownerid@odata.bind": format!("/systemusers({user})"),
            "regardingobjectid_contact_phonecall@odata.bind": format!("/contacts({contact})"),
            "phonecall_activity_parties": [
                {"participationtypemask": 1, "partyid_contact@odata.bind": format!("/contacts({contact})")},
                {"participationtypemask": 2, "partyid_systemuser@odata.bind": format!("/systemusers({user})")}
            ]
        })
    );
    let (writes, remarks) = writes(&plan, &TenantSettings::default());
    let [
        Write::Create { id, key_column, .. },
        Write::Update { id: closed, columns, precondition, .. },
    ] = &writes[..]
    else {
        panic!("{writes:?}");
    };
    assert_eq!((id, closed), (&plan.activity.0, &plan.activity.0));
    assert_eq!(key_column, "activityid");
    assert_eq!(columns.as_map(), json!({"statecode": 1, "statuscode": 4}).as_object().unwrap());
    assert_eq!(*precondition, Precondition::Exists);
    assert_eq!(remarks, Vec::<String>::new());
}

#[test]
fn an_outgoing_call_goes_the_other_way() {
    let plan = plan("call-1", 0, outgoing);
    let row = created(&plan);
    assert_eq!(row["subject"], "Outgoing call");
    assert_eq!(row["directioncode"], true);
    assert_eq!(row["ev_calltype"], 451_000_001);
    let parties = row["phonecall_activity_parties"].as_array().unwrap();
    assert_eq!(parties[0]["participationtypemask"], 2, "the customer is called");
    assert_eq!(parties[1]["participationtypemask"], 1, "the agent calls");
    assert_eq!(plan.status, FinalStatus::completed(Direction::Outgoing));
    assert_eq!(plan.status.status, Some(2));
}

#[test]
fn a_service_call_names_its_queue() {
    let row = created(&plan("call-1", 0, queue));
    assert_eq!(row["subject"], "Incoming service call");
    assert_eq!(row["ev_calltype"], 451_000_002);
    assert_eq!(row["ev_queuename"], "Sales");
    assert_eq!(row["ev_queuenumber"], "+358942450100");
}

#[test]
fn an_unanswered_service_call_lasts_no_minute() {
    let row = created(&plan("call-1", 0, |row: &mut CallRow| {
        row.answer = Reported::Null;
        row.end_result = Some(1);
        queue(row);
        row.duration_secs = Some(0);
    }));
    assert_eq!(row["actualdurationminutes"], 0);
    assert_eq!(row["ev_calltype"], 451_000_003);
}

#[test]
fn minutes_round_half_up_and_any_talk_is_a_minute() {
    let check = |talk_secs: i64, expected: i64| {
        let row = created(&plan("call-1", 0, |row: &mut CallRow| {
            row.end = Reported::Value(at(5 + talk_secs));
        }));
        assert_eq!(row["actualdurationminutes"], expected, "{talk_secs} s");
    };
    for (talk_secs, minutes) in [(0, 0), (1, 1), (29, 1), (30, 1), (89, 1), (90, 2), (2400, 40)] {
        check(talk_secs, minutes);
    }
}

#[test]
fn several_customers_are_named_and_none_is_bound() {
    let mut plan = plan("call-1", 0, queue);
    plan.customer = None;
    plan.candidates = (1..=12).map(|number| candidate(number, CustomerTable::Lead)).collect();
    let row = created(&plan);
    let description = row["description"].as_str().unwrap();
    assert!(description.starts_with("12 customers have this number:\nLead: Customer 1\n"));
    assert!(description.ends_with("Lead: Customer 10\nand 2 more"));
    assert_eq!(row["ev_matchcount"], 12);
    assert_eq!(row["phonecall_activity_parties"].as_array().unwrap().len(), 1);
    assert!(row.as_object().unwrap().keys().all(|key| !key.starts_with("regarding")));
}

#[test]
fn an_open_row_is_one_write_and_a_canceled_one_is_two() {
    let mut plan = plan("call-1", 0, queue);
    plan.status = FinalStatus { state: 0, status: Some(451_000_001) };
    assert_eq!(writes(&plan, &TenantSettings::default()).0.len(), 1);
    assert_eq!(created(&plan)["statuscode"], 451_000_001);
    plan.status = FinalStatus { state: 2, status: Some(3) };
    assert_eq!(writes(&plan, &TenantSettings::default()).0.len(), 2);
    assert!(created(&plan).get("statuscode").is_none(), "a row cannot be created closed");
}

#[test]
fn the_audit_column_can_hold_everything_that_enreach_said() {
    let settings = TenantSettings { enable_audit: true, ..TenantSettings::default() };
    let plan = plan("call-1", 0, |row: &mut CallRow| {
        row.raw =
            json!({"CallId": "call-1", "Duration": 201, "QueueId": null, "RecordingIds": ["a"]})
                .as_object()
                .unwrap()
                .clone();
    });
    let Write::Create { columns, .. } = writes(&plan, &settings).0.remove(0) else { panic!() };
    assert_eq!(
        columns.as_map()["ev_audit"],
        "CallId: call-1\nDuration: 201\nQueueId: \nRecordingIds: [\"a\"]"
    );
}

#[test]
fn a_text_that_is_too_long_is_cut_with_a_remark() {
    let plan = plan("call-1", 0, |row: &mut CallRow| {
        row.queue_name = Some("😀".repeat(500_000));
        row.duration_secs = Some(200);
    });
    let (writes, remarks) = writes(&plan, &TenantSettings::default());
    let Write::Create { columns, .. } = &writes[0] else { panic!() };
    let name = columns.as_map()["ev_queuename"].as_str().unwrap();
    assert_eq!(name.encode_utf16().count(), 200);
    assert_eq!(remarks, ["the value of ev_queuename was cut to its 200 characters"]);
}

#[test]
fn an_adoption_fills_in_empty_columns_of_ours_only() {
    let (names, settings) = (Names::default(), TenantSettings::default());
    let style = RowStyle { names: &names, settings: &settings, sync_source: 451_000_000 };
    let plan = plan("call-1", 0, |_| ());
    let row = Uuid::from_u128(1);
    let filled = ["ev_calltype", "ev_callstart", "ev_audit"];
    let write = style
        .adoption(&plan, row, Some("W/\"7\""), |name| !filled.contains(&name), &mut Vec::new())
        .unwrap();
    let Write::Update { id, columns, precondition, .. } = write else { panic!() };
    assert_eq!(id, row);
    assert_eq!(precondition, Precondition::Version("W/\"7\"".to_owned()));
    let names_written: Vec<_> = columns.as_map().keys().map(String::as_str).collect();
    assert_eq!(
        names_written,
        ["ev_callid", "ev_callend", "ev_durationseconds", "ev_matchcount", "ev_syncsource"]
    );
    assert!(style.adoption(&plan, row, None, |_| false, &mut Vec::new()).is_none());
}
