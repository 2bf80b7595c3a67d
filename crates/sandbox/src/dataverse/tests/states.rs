//! State, status and completion (reference, section 2.2).

use serde_json::json;

use super::*;

#[test]
fn a_row_cannot_be_created_closed() {
    let environment = Environment::new();
    environment.call(json!({ "statecode": 1 }));
    let row = environment.stored_call();
    assert_eq!((&row["statecode"], &row["statuscode"]), (&json!(0), &json!(1)));
    let closed = environment.post("phonecalls", json!({ "statecode": 1, "statuscode": 2 }));
    closed.refused(400, "0x80048408");
    assert!(
        closed
            .message()
            .starts_with("2 is not a valid status code for state code PhoneCallState.Open")
    );
}

#[test]
fn state_and_status_go_together() {
    #[track_caller]
    fn check(from: (i32, i32), change: Json, outcome: Option<(i32, i32)>) {
        let environment = Environment::new();
        environment.call(json!({}));
        let url = format!("phonecalls({CALL})");
        let start = json!({ "statecode": from.0, "statuscode": from.1 });
        environment.patch(&url, start).ok(204);
        let answer = environment.patch(&url, change.clone());
        match outcome {
            None => answer.refused(400, "0x80048408"),
            Some((state, status)) => {
                assert_eq!(answer.status, 204, "{change} {}", answer.text);
                let row = environment.stored_call();
                assert_eq!(
                    (&row["statecode"], &row["statuscode"]),
                    (&json!(state), &json!(status)),
                    "{change}"
                );
            }
        }
    }
    check((0, 1), json!({ "statecode": 1, "statuscode": 4 }), Some((1, 4)));
    check((0, 1), json!({ "statecode": 1 }), Some((1, 2)));
    check((0, 1), json!({ "statecode": 2 }), Some((2, 3)));
    check((0, 1), json!({ "statuscode": 2 }), None);
    check((1, 4), json!({ "statuscode": 2 }), Some((1, 2)));
    check((1, 4), json!({ "statecode": 1 }), Some((1, 4)));
    check((1, 4), json!({ "statecode": 0 }), Some((0, 1)));
    check((0, 1), json!({ "statecode": 2, "statuscode": 4 }), None);
    check((0, 1), json!({ "statecode": 7 }), None);
    check((0, 1), json!({ "statuscode": 99 }), None);
    check((1, 2), json!({ "subject": "still open to changes" }), Some((1, 2)));
}

#[test]
fn completion_sets_the_end_unless_there_is_one() {
    let environment = Environment::new();
    environment.call(json!({ "actualstart": "2026-01-09T10:00:00.75+02:00" }));
    let url = format!("phonecalls({CALL})");
    environment.patch(&url, json!({ "statecode": 1, "statuscode": 4 })).ok(204);
    let row = environment.stored_call();
    assert_eq!(row["actualend"], "2026-03-01T12:00:00Z");
    assert_eq!(row["actualstart"], "2026-01-09T08:00:00Z");

    let second = Environment::new();
    second.call(json!({ "actualend": "2026-01-09T10:03:20Z" }));
    second.patch(&url, json!({ "statecode": 1, "statuscode": 4 })).ok(204);
    assert_eq!(second.stored_call()["actualend"], "2026-01-09T10:03:20Z");
}

#[test]
fn closed_calls_refuse_changes_only_when_told_to() {
    let environment = Environment::new();
    environment.call(json!({}));
    let url = format!("phonecalls({CALL})");
    environment.patch(&url, json!({ "statecode": 1, "statuscode": 2 })).ok(204);
    environment.patch(&url, json!({ "subject": "a" })).ok(204);
    environment.dataverse.set_closed_rows_read_only(true);
    environment.patch(&url, json!({ "subject": "b" })).refused(400, "0x8004022e");
    environment.patch(&url, json!({ "statecode": 0, "subject": "c" })).ok(204);
    assert_eq!(environment.stored_call()["subject"], "c");
}

#[test]
fn leads_know_their_own_states() {
    let environment = Environment::new();
    let url = format!("leads({ABSENT})");
    environment.patch(&url, json!({ "lastname": "L", "statuscode": 2 })).ok(204);
    environment.patch(&url, json!({ "statecode": 2 })).ok(204);
    assert_eq!(environment.get(&url).json()["statuscode"], 4);
}
