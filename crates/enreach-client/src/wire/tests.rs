//! The tolerant readers, field by field.

use proptest::prelude::*;
use serde_json::{Value, json};
use voice_model::AgentId;

mod callbacks;

use super::{
    callback_events, callback_items, callback_lists, calls, one, queues, rows, service_calls, users,
};
use crate::{CallRow, Direction, Error, Privacy, Queue, Reported, RowKind, User};

/// A call row with the given fields and a call id.
fn call(fields: Value) -> CallRow {
    let Value::Object(mut row) = fields else { panic!("an object") };
    row.entry("CallId").or_insert_with(|| "c-1".into());
    calls::read(row).unwrap()
}

fn problem(row: Value) -> String {
    let read = rows("read calls", json!([row]), calls::read).unwrap();
    assert!(read.rows.is_empty());
    read.unreadable[0].reason.clone()
}

#[test]
fn a_whole_row_of_the_reference_is_read() {
    let raw = json!({
        "Id":"8fc8fdf3-c724-eb11-b821-0050569e6df2","CallId":"46475EA5-4523-eb11-b821-0050569e6df2",
        "CallLegId":"66299cde606b3db6d413cd208f7e5cab@198.51.100.7_br1",
        "TimeStamp":"2025-03-04T08:15:30Z","StartTime":"2025-03-04T08:15:30Z",
        "AnswerTime":"2025-03-04T08:15:41.2Z","EndTime":"2025-03-04T08:19:02Z",
        "ANum":"+358501231234","BNum":"+358401112233",
        "CallType":1,"CallTypeString":"DirectCall","Direction":0,"EndResult":0,"Duration":201,
        "UserId":"fbc423f5-74f9-e911-80e0-00505689257e","UserName":"anna.agent@example.com",
        "QueueId":null,"QueueName":null,"Privacy":"Work",
        "RecordingIds":["30629cdf-6023-eb11-b821-0050569e6df2"],"TranscriptIds":[],
        "Modified":"2025-03-04T08:19:11Z"
    });
    let row = call(raw.clone());
    let instant = |text: &str| text.parse().unwrap();
    assert_eq!(row.id.as_deref(), Some("8fc8fdf3-c724-eb11-b821-0050569e6df2"));
    assert_eq!(row.call_id.as_str(), "46475ea5-4523-eb11-b821-0050569e6df2");
    assert_eq!(row.start, Some(instant("2025-03-04T08:15:30Z")));
    assert_eq!(row.answer, Reported::Value(instant("2025-03-04T08:15:41.2Z")));
    assert_eq!(row.end, Reported::Value(instant("2025-03-04T08:19:02Z")));
    assert_eq!(row.modified, Some(instant("2025-03-04T08:19:11Z")));
    assert_eq!(row.a_number.as_deref(), Some("+358501231234"));
    assert_eq!(row.b_number.as_deref(), Some("+358401112233"));
    assert_eq!((row.kind, row.direction), (RowKind::Direct, Direction::Incoming));
    assert_eq!((row.end_result, row.duration_secs), (Some(0), Some(201)));
    assert_eq!(row.agent, Some(AgentId::new("fbc423f5-74f9-e911-80e0-00505689257e").unwrap()));
    assert_eq!(row.agent_name.as_deref(), Some("anna.agent@example.com"));
    assert_eq!((row.queue.clone(), row.queue_name.clone()), (None, None));
    assert_eq!(row.privacy, Privacy::Work);
    assert!(row.answered());
    assert_eq!(Value::Object(row.raw), raw, "kept as received");
}

#[test]
fn a_row_needs_nothing_but_a_call_id() {
    let row = call(json!({}));
    assert_eq!(CallRow { raw: Default::default(), ..row.clone() }, CallRow::new(row.call_id));
}

#[test]
fn the_call_id_is_read_in_both_spellings() {
    for (row, expected) in [
        (json!({"CallId":"a"}), "a"),
        (json!({"CallID":"b"}), "b"),
        (json!({"CallID":"b","CallId":"a"}), "a"),
        (json!({"CallId":null,"CallID":"b"}), "b"),
        (json!({"CallId":"","CallID":"b"}), "b"),
        (json!({"CallId":{},"CallID":"b"}), "b"),
        (json!({"CallId":"00000000-0000-0000-0000-000000000000","CallID":"b"}), "b"),
        (json!({"CallId":42}), "42"),
        (
            json!({"CallId":"{46475EA5-4523-EB11-B821-0050569E6DF2}"}),
            "46475ea5-4523-eb11-b821-0050569e6df2",
        ),
    ] {
        let Value::Object(row) = row else { panic!() };
        assert_eq!(calls::read(row.clone()).unwrap().call_id.as_str(), expected, "{row:?}");
    }
}

#[test]
fn a_row_without_a_usable_call_id_says_what_is_wrong_with_it() {
    for (row, reason) in [
        (json!({}), "CallId is missing"),
        (json!({"CallId":null}), "CallId is null"),
        (json!({"CallId":" "}), "CallId cannot be used: an id must not be empty"),
        (json!({"CallId":{"a":1}}), "CallId cannot be used: expected a text, got an object"),
        (json!({"CallId":1.5}), "CallId cannot be used: expected a text, got a number"),
        (json!({"CallID":true}), "CallID cannot be used: expected a text, got a boolean"),
        (
            json!({"CallId":"00000000-0000-0000-0000-000000000000"}),
            "CallId cannot be used: it is the empty GUID",
        ),
        (json!({"CallId":"a\nb"}), "CallId cannot be used: an id must not hold control characters"),
        (json!("text"), "expected an object, got a text"),
        (json!(null), "expected an object, got null"),
        (json!([]), "expected an object, got an array"),
    ] {
        assert_eq!(problem(row.clone()), reason, "{row}");
    }
}

#[test]
fn unreadable_rows_are_reported_beside_the_readable_ones() {
    let value = json!([
        {"Id":"r-0","CallId":"a"}, {"Id":"r-1"}, 7, {"Id":3,"CallId":[]}, {"Id":"r-4","CallId":"b"},
    ]);
    let read = rows("read calls", value, calls::read).unwrap();
    let ids: Vec<_> = read.rows.iter().map(|row| row.id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["r-0", "r-4"]);
    let unreadable: Vec<_> =
        read.unreadable.iter().map(|row| (row.index, row.id.as_deref())).collect();
    assert_eq!(unreadable, [(1, Some("r-1")), (2, None), (3, Some("3"))]);
}

#[test]
fn the_kind_is_the_call_type_or_else_its_name() {
    for (fields, expected) in [
        (json!({"CallType":1}), RowKind::Direct),
        (json!({"CallType":"1"}), RowKind::Direct),
        (json!({"CallType":1.0}), RowKind::Direct),
        (json!({"CallType":"dIRECTcALL"}), RowKind::Direct),
        (json!({"CallType":2}), RowKind::Service),
        (json!({"CallType":" ServiceCall "}), RowKind::Service),
        (json!({"CallTypeString":"DirectCall"}), RowKind::Direct),
        (json!({"CallTypeString":"SERVICECALL"}), RowKind::Service),
        (json!({"CallType":2,"CallTypeString":"DirectCall"}), RowKind::Service),
        (json!({"CallType":null,"CallTypeString":"DirectCall"}), RowKind::Direct),
        (json!({"CallType":9,"CallTypeString":"DirectCall"}), RowKind::Direct),
        (json!({"CallType":[1],"CallTypeString":"ServiceCall"}), RowKind::Service),
        (json!({"CallType":9,"CallTypeString":"Fax"}), RowKind::Unknown),
        (json!({"CallType":""}), RowKind::Unknown),
        (json!({}), RowKind::Unknown),
    ] {
        assert_eq!(call(fields.clone()).kind, expected, "{fields}");
    }
}

#[test]
fn a_row_of_servicecall_is_a_service_call_unless_it_says_otherwise() {
    for (fields, expected) in [
        (json!({"CallId":"a"}), RowKind::Service),
        (json!({"CallId":"a","CallType":"Fax"}), RowKind::Service),
        (json!({"CallId":"a","CallType":1}), RowKind::Direct),
    ] {
        let Value::Object(row) = fields else { panic!() };
        assert_eq!(service_calls::read(row).unwrap().kind, expected);
    }
    let Value::Object(mocked) =
        json!({"ServiceCallId":"s-1","CallId":"a","AnswerTime":"2025-03-04T09:00:27Z"})
    else {
        panic!()
    };
    let row = service_calls::read(mocked).unwrap();
    assert_eq!(row.id.as_deref(), Some("s-1"));
    assert!(row.answered() && row.agent.is_none(), "answered, by nobody we know");
}

#[test]
fn a_direction_is_incoming_unless_it_says_outgoing() {
    for value in
        [json!(0), json!("0"), json!("In"), json!("INBOUND"), json!("incoming"), json!(false)]
    {
        assert_eq!(call(json!({"Direction":value})).direction, Direction::Incoming, "{value}");
    }
    for value in
        [json!(1), json!("1"), json!("Out"), json!("outbound"), json!("OUTGOING"), json!(1.0)]
    {
        assert_eq!(call(json!({"Direction":value})).direction, Direction::Outgoing, "{value}");
    }
    for value in [json!(null), json!(2), json!("sideways"), json!({}), json!("")] {
        assert_eq!(call(json!({"Direction":value})).direction, Direction::Incoming, "{value}");
    }
}

#[test]
fn privacy_is_undefined_unless_it_is_known() {
    for (value, expected) in [
        (json!("Work"), Privacy::Work),
        (json!("WORK "), Privacy::Work),
        (json!("private"), Privacy::Private),
        (json!("Undefined"), Privacy::Undefined),
        (json!("Unclassified"), Privacy::Undefined),
        (json!(1), Privacy::Undefined),
        (json!(null), Privacy::Undefined),
        (json!(["Work"]), Privacy::Undefined),
    ] {
        assert_eq!(call(json!({"Privacy":value})).privacy, expected, "{value}");
    }
}

#[test]
fn an_end_result_is_a_whole_number_however_written() {
    for (value, expected) in [
        (json!(0), Some(0)),
        (json!("1"), Some(1)),
        (json!(" -3 "), Some(-3)),
        (json!(2.0), Some(2)),
        (json!(2.5), None),
        (json!("answered"), None),
        (json!(true), None),
        (json!(null), None),
        (json!(1e300), None),
        (json!(u64::MAX), None),
    ] {
        assert_eq!(call(json!({"EndResult":value})).end_result, expected, "{value}");
    }
}

#[test]
fn a_duration_is_whole_seconds_and_never_negative() {
    for (value, expected) in [
        (json!(201), Some(201)),
        (json!(0), Some(0)),
        (json!(201.9), Some(201)),
        (json!("285"), Some(285)),
        (json!("12.5"), Some(12)),
        (json!(-1), None),
        (json!("-1"), None),
        (json!(-0.5), None),
        (json!("NaN"), None),
        (json!("inf"), None),
        (json!(1e300), None),
        (json!("00:03:21"), None),
        (json!(null), None),
        (json!([]), None),
    ] {
        assert_eq!(call(json!({"Duration":value})).duration_secs, expected, "{value}");
    }
}

#[test]
fn an_instant_that_is_absent_null_or_unreadable_is_told_apart() {
    let read = |value: Value| {
        let row = call(json!({"AnswerTime":value, "EndTime":value, "Modified":value}));
        assert_eq!(row.answer, row.end);
        assert_eq!(row.modified, row.end.value());
        row.end
    };
    let instant = Reported::Value("2025-03-04T08:19:02Z".parse().unwrap());
    assert_eq!(call(json!({})).end, Reported::Absent);
    for (value, expected) in [
        (json!("2025-03-04T08:19:02Z"), instant),
        (json!("2025-03-04T10:19:02+02:00"), instant),
        (json!("2025-03-04T08:19:02"), instant),
        (json!("/Date(1741076342000)/"), instant),
        (json!("/Date(1741076342000+0200)/"), instant),
        (json!(null), Reported::Null),
        (json!(""), Reported::Null),
        (json!("0001-01-01T00:00:00"), Reported::Null),
        (json!("/Date(-62135596800000)/"), Reported::Null),
        (json!("yesterday"), Reported::Absent),
        (json!(1741076342), Reported::Absent),
        (json!({"Time":1}), Reported::Absent),
    ] {
        assert_eq!(read(value.clone()), expected, "{value}");
    }
}

#[test]
fn the_start_is_start_time_or_else_time_stamp() {
    let (first, second) = ("2025-03-04T08:00:00Z", "2025-03-04T09:00:00Z");
    for (fields, expected) in [
        (json!({"StartTime":first,"TimeStamp":second}), Some(first)),
        (json!({"StartTime":null,"TimeStamp":second}), Some(second)),
        (json!({"StartTime":"soon","TimeStamp":second}), Some(second)),
        (json!({"TimeStamp":second}), Some(second)),
        (json!({}), None),
    ] {
        let expected = expected.map(|text| text.parse().unwrap());
        assert_eq!(call(fields.clone()).start, expected, "{fields}");
    }
}

#[test]
fn numbers_and_names_are_kept_as_received_and_blank_is_none() {
    for (value, expected) in [
        (json!("+358501231234"), Some("+358501231234")),
        (json!("358501231234"), Some("358501231234")),
        (json!(358501231234_u64), Some("358501231234")),
        (json!(3.58501231234e11), Some("358501231234")),
        (json!(" 050 123 "), Some(" 050 123 ")),
        (json!("anonymous"), Some("anonymous")),
        (json!("  "), None),
        (json!(null), None),
        (json!(true), None),
        (json!({"Number":"1"}), None),
    ] {
        let row = call(json!({"ANum":value, "BNum":value, "QueueName":value, "UserName":value}));
        for read in [&row.a_number, &row.b_number, &row.queue_name, &row.agent_name] {
            assert_eq!(read.as_deref(), expected, "{value}");
        }
    }
}

#[test]
fn an_optional_id_that_cannot_be_used_is_none() {
    for (value, expected) in [
        (json!("q-1"), Some("q-1")),
        (
            json!(" 1A89FC22-517a-e611-80c9-00505689257e"),
            Some("1a89fc22-517a-e611-80c9-00505689257e"),
        ),
        (json!(7), Some("7")),
        (json!("00000000-0000-0000-0000-000000000000"), None),
        (json!(""), None),
        (json!(null), None),
        (json!(["q-1"]), None),
        (json!("x".repeat(101)), None),
    ] {
        let row = call(json!({"UserId":value, "QueueId":value, "AnswerQueueId":value}));
        assert_eq!(row.agent.as_ref().map(|id| id.as_str()), expected, "{value}");
        assert_eq!(row.queue.as_ref().map(|id| id.as_str()), expected);
        assert_eq!(row.answer_queue.as_ref().map(|id| id.as_str()), expected);
    }
}

fn user(row: Value) -> Result<User, Error> {
    one("read the API user", row, users::read)
}

#[test]
fn a_user_is_read_with_what_it_has() {
    let read = user(json!({
        "Id":"fbc423f5-74f9-e911-80e0-00505689257e","UserName":"anna.agent@example.com",
        "Email":"Anna.Agent@example.com","FirstName":"Anna","LastName":"Agent",
        "OrganizationID":"c0ffee00-74f9-e911-80e0-00505689257e",
        "WorkNumber":"+358942450111","MobileNumber":null,"Deleted":false,"New":{"Key":[1]}
    }))
    .unwrap();
    assert_eq!(read.email.as_deref(), Some("Anna.Agent@example.com"));
    assert_eq!(read.organization.unwrap().as_str(), "c0ffee00-74f9-e911-80e0-00505689257e");
    assert_eq!((read.work_number.as_deref(), read.mobile_number), (Some("+358942450111"), None));
    assert!(!read.deleted);

    let other = user(json!({"UserID":"u-1","OrganizationId":"o-1"})).unwrap();
    assert_eq!((other.id.as_str(), other.organization.unwrap().as_str()), ("u-1", "o-1"));
    assert_eq!((other.user_name, other.email, other.deleted), (None, None, false));
}

#[test]
fn deleted_is_a_yes_or_no_however_written() {
    for (value, expected) in [
        (json!(true), true),
        (json!("True"), true),
        (json!(1), true),
        (json!("1"), true),
        (json!(false), false),
        (json!("false"), false),
        (json!(0), false),
        (json!(null), false),
        (json!("perhaps"), false),
        (json!([]), false),
    ] {
        assert_eq!(user(json!({"Id":"u","Deleted":value})).unwrap().deleted, expected, "{value}");
    }
}

#[test]
fn a_single_row_of_the_wrong_shape_is_an_error_that_names_it() {
    let error = user(json!([{"Id":"u"}])).unwrap_err();
    assert_eq!(error.to_string(), "could not read the API user: expected an object, got an array");
    let error = user(json!({"Id":null})).unwrap_err();
    assert_eq!(error.to_string(), "could not read the API user: Id is null");
}

#[test]
fn a_queue_is_read_with_what_it_has() {
    let queue = |row: Value| -> Queue { one("read queues", row, queues::read).unwrap() };
    let read = queue(json!({
        "Id":"1a89fc22-517a-e611-80c9-00505689257e","Name":"Customer Service","TypeId":4,
        "Numbers":["+358942450100", 358942450101_u64, null, {}, ""],"Status":null
    }));
    assert_eq!((read.name.as_deref(), read.type_id), (Some("Customer Service"), Some(4)));
    assert_eq!(read.numbers, ["+358942450100", "358942450101"]);
    for numbers in [json!(null), json!([]), json!({}), json!(7)] {
        assert!(queue(json!({"Id":"q","Numbers":numbers})).numbers.is_empty(), "{numbers}");
    }
    assert_eq!(queue(json!({"Id":"q","Numbers":"+358942450100"})).numbers, ["+358942450100"]);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        "/Date\\([-+0-9]{0,20}\\)/".prop_map(Value::from),
        "[0-9]{1,5}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{0,20}(Z|[-+][0-9:]{0,6})?".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(".*", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Rows with the names that are read, and anything behind them.
fn any_row() -> impl Strategy<Value = Value> {
    const NAMES: [&str; 36] = [
        "Id",
        "CallbackListItemId",
        "CallbackListId",
        "ListId",
        "Number",
        "Name",
        "State",
        "ClosedTime",
        "Created",
        "DueTime",
        "Note",
        "EntityType",
        "EntityId",
        "CallId",
        "CallID",
        "StartTime",
        "TimeStamp",
        "AnswerTime",
        "EndTime",
        "Modified",
        "ANum",
        "BNum",
        "CallType",
        "CallTypeString",
        "Direction",
        "EndResult",
        "Duration",
        "UserId",
        "UserName",
        "QueueId",
        "QueueName",
        "AnswerQueueId",
        "Privacy",
        "Numbers",
        "Deleted",
        "OrganizationID",
    ];
    prop::collection::hash_map(prop::sample::select(&NAMES[..]), any_json(), 0..36).prop_map(
        |fields| {
            Value::Object(fields.into_iter().map(|(name, it)| (name.to_owned(), it)).collect())
        },
    )
}

proptest! {
    #[test]
    fn no_json_panics_a_reader_and_no_row_is_lost(
        elements in prop::collection::vec(prop_oneof![any_row(), any_json()], 0..6),
    ) {
        let count = elements.len();
        let value = Value::Array(elements);
        let calls = rows("read calls", value.clone(), calls::read).unwrap();
        prop_assert_eq!(calls.rows.len() + calls.unreadable.len(), count);
        let service = rows("read service calls", value.clone(), service_calls::read).unwrap();
        prop_assert_eq!(service.rows.len(), calls.rows.len());
        let users = rows("read users", value.clone(), users::read).unwrap();
        prop_assert_eq!(users.rows.len() + users.unreadable.len(), count);
        let queues = rows("read queues", value.clone(), queues::read).unwrap();
        prop_assert_eq!(queues.rows.len() + queues.unreadable.len(), count);
        let lists = rows("read callback lists", value.clone(), callback_lists::read).unwrap();
        prop_assert_eq!(lists.rows.len() + lists.unreadable.len(), count);
        let items = rows("read callbacks", value, callback_items::read).unwrap();
        prop_assert_eq!(items.rows.len() + items.unreadable.len(), count);
    }

    #[test]
    fn whatever_the_optional_fields_hold_the_row_is_readable(row in any_row()) {
        let Value::Object(mut row) = row else { unreachable!() };
        row.insert("CallId".to_owned(), "c-1".into());
        row.insert("Id".to_owned(), "i-1".into());
        prop_assert!(callback_lists::read(row.clone()).is_ok());
        prop_assert!(callback_items::read(row.clone()).is_ok());
        let _ = callback_events::read(&row);
        let read = calls::read(row.clone());
        prop_assert_eq!(read.map(|read| read.raw), Ok(row));
    }

    #[test]
    fn any_answer_of_discovery_is_read_or_refused(value in any_json()) {
        let _ = super::discovery::api_endpoint(&value);
    }
}
