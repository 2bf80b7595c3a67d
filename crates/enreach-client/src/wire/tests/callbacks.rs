//! Callback lists, items and events.

use serde_json::{Map, Value, json};
use voice_model::CallbackItemId;

use super::super::{callback_events, callback_items, callback_lists, one, rows};
use crate::{CallbackHint, CallbackItem, CallbackList, CallbackState};

fn list(row: Value) -> CallbackList {
    one("read callback lists", row, callback_lists::read).unwrap()
}

/// An item with the given fields and an id.
fn item(fields: Value) -> CallbackItem {
    let Value::Object(mut row) = fields else { panic!("an object") };
    row.entry("Id").or_insert_with(|| "i-1".into());
    callback_items::read(row).unwrap()
}

fn id(text: &str) -> CallbackItemId {
    CallbackItemId::new(text).unwrap()
}

#[test]
fn a_list_is_read_with_what_it_has() {
    let read = list(json!({
        "Id":"7C1D9C2A-2a11-ec11-b832-0050569e6df2","Name":"Sales callbacks",
        "ListType":"Callback","OrganizationID":"c0ffee00-74f9-e911-80e0-00505689257e",
        "QueueId":"1a89fc22-517a-e611-80c9-00505689257e",
        "RequestTypes":[{"Id":50,"Name":"Missed call"}],"OpenItemCount":3,"Deleted":false,
        "Modified":"2025-02-01T07:00:00Z"
    }));
    assert_eq!(read.id.as_str(), "7c1d9c2a-2a11-ec11-b832-0050569e6df2");
    assert_eq!(read.name.as_deref(), Some("Sales callbacks"));
    assert_eq!(read.queue.unwrap().as_str(), "1a89fc22-517a-e611-80c9-00505689257e");
    assert!(!read.deleted);

    let other = list(json!({"ListId":"l-1","ListName":"Support","Deleted":"True","QueueId":null}));
    assert_eq!((other.id.as_str(), other.name.as_deref()), ("l-1", Some("Support")));
    assert_eq!((other.deleted, other.queue), (true, None));
}

#[test]
fn a_whole_item_of_the_reference_is_read() {
    let raw = json!({
        "Id":"5E0E2F10-7a11-ec11-b832-0050569e6df2",
        "CallbackListId":"7c1d9c2a-2a11-ec11-b832-0050569e6df2",
        "CallbackListName":"Sales callbacks",
        "RequestTypeId":50,"Number":"+358409998877","Name":null,"Source":"MissedServiceCall",
        "QueueId":"1a89fc22-517a-e611-80c9-00505689257e","QueueName":"Customer Service",
        "CallId":"0d6f3c1e-93c4-4a51-8f7a-8f0f0c9b2a11",
        "State":"Open","Result":null,"Created":"2025-03-04T09:11:32Z",
        "Modified":"2025-03-04T09:11:33Z","DueTime":"2025-03-04T15:00:00Z","ExpirationTime":null,
        "ClosedTime":null,"AssignedUserId":null,"AssignedUserName":null,"RequestCount":1,
        "Attempts":[],"LinkedItemIds":[],"RecordingIds":[],"Note":"calls back after six"
    });
    let read = item(raw.clone());
    let instant = |text: &str| Some(text.parse().unwrap());
    assert_eq!(
        read,
        CallbackItem {
            id: id("5e0e2f10-7a11-ec11-b832-0050569e6df2"),
            list: Some("7c1d9c2a-2a11-ec11-b832-0050569e6df2".parse().unwrap()),
            list_name: Some("Sales callbacks".to_owned()),
            number: Some("+358409998877".to_owned()),
            name: None,
            source: Some("MissedServiceCall".to_owned()),
            queue_name: Some("Customer Service".to_owned()),
            call: Some("0d6f3c1e-93c4-4a51-8f7a-8f0f0c9b2a11".parse().unwrap()),
            state: CallbackState::Open,
            created: instant("2025-03-04T09:11:32Z"),
            modified: instant("2025-03-04T09:11:33Z"),
            due: instant("2025-03-04T15:00:00Z"),
            note: Some("calls back after six".to_owned()),
            raw: raw.as_object().unwrap().clone(),
        }
    );
}

#[test]
fn an_item_needs_nothing_but_an_id() {
    let read = item(json!({}));
    assert_eq!(CallbackItem { raw: Map::new(), ..read }, CallbackItem::new(id("i-1")));
}

#[test]
fn fields_are_read_under_each_of_their_names_and_the_usual_one_wins() {
    for (row, expected) in [
        (json!({"CallbackListItemId":"a"}), "a"),
        (json!({"CallListItemId":"b"}), "b"),
        (json!({"CallbackId":"c"}), "c"),
        (json!({"CallbackId":"c","CallListItemId":"b"}), "b"),
        (json!({"CallListItemId":"b","CallbackListItemId":"a"}), "a"),
        (json!({"CallbackListItemId":"a","Id":"i"}), "i"),
        (json!({"CallbackListItemId":"a","Id":null}), "a"),
    ] {
        let Value::Object(fields) = row.clone() else { panic!() };
        assert_eq!(callback_items::read(fields).unwrap().id.as_str(), expected, "{row}");
    }
    let other = item(json!({
        "ListId":"l-1","ListName":"Sales","ANum":"+358409998877","CallID":"c-1",
        "CreatedTime":"2025-03-04T09:11:32Z","Due":"2025-03-04T15:00:00"
    }));
    let usual = item(json!({
        "CallbackListId":"l-1","ListId":"x","CallbackListName":"Sales","ListName":"x",
        "Number":"+358409998877","ANum":"x","CallId":"c-1","CallID":"x",
        "Created":"2025-03-04T09:11:32Z","CreatedTime":"2000-01-01T00:00:00Z",
        "DueTime":"2025-03-04T15:00:00Z","Due":"2000-01-01T00:00:00Z"
    }));
    assert_eq!(other, CallbackItem { raw: other.raw.clone(), ..usual });
    assert_eq!(other.due, Some("2025-03-04T15:00:00Z".parse().unwrap()));
}

#[test]
fn a_withheld_number_is_none_or_the_word_that_came() {
    for (value, expected) in [
        (json!(""), None),
        (json!(" "), None),
        (json!("anonymous"), Some("anonymous")),
        (json!(358409998877_u64), Some("358409998877")),
    ] {
        assert_eq!(item(json!({"Number":value})).number.as_deref(), expected, "{value}");
    }
}

#[test]
fn a_state_that_cannot_be_read_is_unknown_and_not_closed() {
    use CallbackState::{Closed, Expired, Open, Reserved, Unknown};
    for (fields, expected) in [
        (json!({"State":"Open"}), Open),
        (json!({"State":" OPEN "}), Open),
        (json!({"State":"reserved"}), Reserved),
        (json!({"State":"Closed"}), Closed),
        (json!({"State":"expired"}), Expired),
        (json!({"State":"Open","ClosedTime":"2025-03-04T15:00:00Z"}), Open),
        (json!({"ClosedTime":"2025-03-04T15:00:00Z"}), Closed),
        (json!({"State":3,"ClosedTime":"2025-03-04T15:00:00Z"}), Closed),
        (json!({"ClosedTime":null}), Unknown),
        (json!({"ClosedTime":"0001-01-01T00:00:00"}), Unknown),
        (json!({"State":2}), Unknown),
        (json!({"State":"2"}), Unknown),
        (json!({"State":"Parked"}), Unknown),
        (json!({"State":null}), Unknown),
        (json!({"State":["Closed"]}), Unknown),
        (json!({"State":true}), Unknown),
        (json!({}), Unknown),
    ] {
        assert_eq!(item(fields.clone()).state, expected, "{fields}");
    }
}

#[test]
fn an_item_or_list_without_a_usable_id_is_reported_beside_the_others() {
    let value = json!([{"Id":"a"}, {"Number":"+358409998877"}, {"Id":{}}, 7, {"Id":"b"}]);
    let items = rows("read callbacks", value.clone(), callback_items::read).unwrap();
    let lists = rows("read callback lists", value, callback_lists::read).unwrap();
    assert_eq!(items.unreadable, lists.unreadable);
    let reasons: Vec<_> = items.unreadable.iter().map(|row| row.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "Id is missing",
            "Id cannot be used: expected a text, got an object",
            "expected an object, got a number"
        ]
    );
    let ids: Vec<_> = items.rows.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["a", "b"]);
}

#[test]
fn states_are_asked_for_by_name_and_all_of_them_if_one_has_none() {
    use CallbackState::{Open, Reserved, Unknown};
    let names = callback_items::names;
    assert_eq!(names(&[Open, Reserved]).as_deref(), Some("Open,Reserved"));
    assert_eq!(names(&[CallbackState::Closed]).as_deref(), Some("Closed"));
    assert_eq!(names(&[]), None);
    assert_eq!(names(&[Open, Unknown]), None);
}

fn hint(event: Value) -> CallbackHint {
    let Value::Object(event) = event else { panic!("an object") };
    callback_events::read(&event)
}

#[test]
fn an_event_of_the_reference_names_its_list_and_item() {
    let read = hint(json!({
        "Id":"c3c1f1a0-7a11-ec11-b832-0050569e6df2","Timestamp":"2025-03-04T09:11:33.1Z",
        "RootEntityType":"Organization","RootEntityId":"c0ffee00-74f9-e911-80e0-00505689257e",
        "EntityType":"CallList","EntityId":"7c1d9c2a-2a11-ec11-b832-0050569e6df2",
        "EventType":"CallbackCreated","CallbackListId":"7c1d9c2a-2a11-ec11-b832-0050569e6df2",
        "CallbackListName":"Sales callbacks",
        "CallbackListItemId":"5e0e2f10-7a11-ec11-b832-0050569e6df2","RequestTypeId":50,
        "Number":"+358409998877","QueueId":"1a89fc22-517a-e611-80c9-00505689257e",
        "CallId":"0d6f3c1e-93c4-4a51-8f7a-8f0f0c9b2a11","State":"Open"
    }));
    assert_eq!(read.event_type.as_deref(), Some("CallbackCreated"));
    assert_eq!(read.list.unwrap().as_str(), "7c1d9c2a-2a11-ec11-b832-0050569e6df2");
    assert_eq!(read.item, Some(id("5e0e2f10-7a11-ec11-b832-0050569e6df2")));
}

#[test]
fn an_event_is_read_under_each_of_its_names() {
    for (event, list, item) in [
        (json!({"CallListItemId":"b"}), None, Some("b")),
        (json!({"CallbackId":"c"}), None, Some("c")),
        (json!({"CallbackListItemId":"","CallbackId":"c"}), None, Some("c")),
        (json!({"CallbackListItemId":"a","CallListItemId":"b","CallbackId":"c"}), None, Some("a")),
        (json!({"ListId":"l"}), Some("l"), None),
        (json!({"CallbackListId":"k","ListId":"l"}), Some("k"), None),
        (json!({"EntityType":"CallList","EntityId":"e"}), Some("e"), None),
        (json!({"EntityType":"callLIST ","EntityId":"e","ListId":"l"}), Some("l"), None),
        (json!({"EntityType":"Queue","EntityId":"e"}), None, None),
        (json!({"EntityId":"e"}), None, None),
        (json!({"Id":"event"}), None, None),
        (json!({"CallbackListItemId":{"a":1},"EventType":7}), None, None),
        (json!({}), None, None),
    ] {
        let read = hint(event.clone());
        assert_eq!(read.list.as_ref().map(|it| it.as_str()), list, "{event}");
        assert_eq!(read.item.as_ref().map(|it| it.as_str()), item, "{event}");
    }
}

#[test]
fn a_body_that_is_no_object_is_no_hint() {
    let read = crate::callback_hint;
    assert_eq!(read(b"{}"), Some(CallbackHint::default()));
    let marked = read(b"\xef\xbb\xbf {\"EventType\":\"CallbackClosed\",\"CallbackId\":\"\xe4\"}");
    assert_eq!(marked.as_ref().and_then(|it| it.event_type.as_deref()), Some("CallbackClosed"));
    assert_eq!(marked.unwrap().item, Some(id("\u{fffd}")));
    for body in ["", "  ", "[]", "null", "7", "\"text\"", "<html>", "{", "{}}"] {
        assert_eq!(read(body.as_bytes()), None, "{body}");
    }
}

#[test]
fn closing_never_takes_an_item_by_force() {
    let Value::Object(body) = callback_items::closing() else { panic!() };
    let expected: Map<_, _> =
        [("State", "Closed"), ("Result", "Success"), ("Note", "Moved to CRM")]
            .map(|(name, value)| (name.to_owned(), value.into()))
            .into_iter()
            .collect();
    assert_eq!(body, expected);
}
