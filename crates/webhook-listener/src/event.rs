//! Reading an event, as far as the listener has to.
//!
//! It asks whether an event can be about a callback, by what it is known again, and whose number is
//! in it. In doubt an event is kept: whoever works it off looks again.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use sync_store::{CustomerNumber, EventKey};
use voice_model::EventId;

/// What was heard.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Something that may be about a callback.
    Event {
        /// By what it is known again.
        key: EventKey,
        /// The customer's number, as the event has it.
        number: Option<CustomerNumber>,
    },
    /// Something else.
    Nothing,
}

/// The body is not a JSON object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotAnObject;

/// Fields that name a callback.
const ITEM_FIELDS: [&str; 3] = ["CallbackListItemId", "CallListItemId", "CallbackId"];
const CALLBACK: &str = "callback";
const CALL_LIST: &str = "CallList";
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Reads a body. `header` is the type of event that the header names, for bodies that name none.
pub(crate) fn read(body: &[u8], header: Option<&[u8]>) -> Result<Heard, NotAnObject> {
    let json = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let fields: Map<String, Value> = serde_json::from_slice(json).map_err(|_| NotAnObject)?;
    if !may_be_about_a_callback(&fields, header) {
        return Ok(Heard::Nothing);
    }
    let id = text(&fields, "Id").and_then(|id| EventId::new(id).ok());
    let key = id.map_or_else(|| hash(body), |id| EventKey::new(id.as_str()));
    Ok(Heard::Event { key, number: text(&fields, "Number").map(CustomerNumber::new) })
}

fn may_be_about_a_callback(fields: &Map<String, Value>, header: Option<&[u8]>) -> bool {
    let named = text(fields, "EventType").map(str::as_bytes).or(header).unwrap_or_default();
    let named = named.trim_ascii_start();
    named.get(..CALLBACK.len()).is_some_and(|start| start.eq_ignore_ascii_case(CALLBACK.as_bytes()))
        || ITEM_FIELDS.iter().any(|field| has(fields, field))
        || text(fields, "EntityType")
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case(CALL_LIST))
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name)?.as_str()
}

/// Whether a field has a value.
fn has(fields: &Map<String, Value>, name: &str) -> bool {
    match fields.get(name) {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(_) => true,
    }
}

/// The key of an event without a usable id: the same body is the same event.
fn hash(body: &[u8]) -> EventKey {
    use std::fmt::Write;
    let digest = Sha256::digest(body);
    EventKey::new(digest.iter().fold("sha256:".to_owned(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(body: &str) -> String {
        match read(body.as_bytes(), Some(b"CallbackCreated")) {
            Ok(Heard::Event { key, .. }) => key.as_str().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_event_is_known_by_its_id_else_by_its_body() {
        #[track_caller]
        fn check(id: &str, expected: &str) {
            assert_eq!(key(&format!("{{\"Id\":{id}}}")), expected, "{id}");
        }
        #[track_caller]
        fn check_hash(id: &str) {
            let found = key(&format!("{{\"Id\":{id}}}"));
            assert!(found.starts_with("sha256:") && found.len() == 71, "{id}: {found}");
        }
        check("\"abc\"", "abc");
        check("\"  abc \"", "abc");
        check("\"46475EA5-4523-EB11-B821-0050569E6DF2\"", "46475ea5-4523-eb11-b821-0050569e6df2");
        let long = "x".repeat(100);
        check(&format!("\"{long}\""), &long);
        check_hash(&format!("\"{long}x\""));
        check_hash("\"\"");
        check_hash("\"a\\u0000b\"");
        check_hash("\"a\\nb\"");
        check_hash("7");
        check_hash("null");
        check_hash("[\"abc\"]");
        assert_eq!(
            key("{}"),
            "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        );
        assert_ne!(key("{}"), key("{ }"));
    }

    #[test]
    fn what_may_be_about_a_callback_is_kept() {
        #[track_caller]
        fn check(body: &str, header: Option<&str>, kept: bool) {
            let heard = read(body.as_bytes(), header.map(str::as_bytes)).unwrap();
            assert_eq!(matches!(heard, Heard::Event { .. }), kept, "{body} {header:?}");
        }
        check(r#"{"EventType":"CallbackCreated"}"#, None, true);
        check(r#"{"EventType":"CALLBACKSOMETHING"}"#, None, true);
        check(r#"{"EventType":"CallEnded"}"#, None, false);
        check(r#"{"EventType":"CallEnded"}"#, Some("CallbackCreated"), false);
        check(r#"{"EventType":null}"#, Some("callbackcreated"), true);
        check("{}", Some("CallbackCreated"), true);
        check("{}", Some("CallEnded"), false);
        check("{}", Some("Callbac\u{E9}"), false);
        check("{}", Some("Call"), false);
        check("{}", None, false);
        for field in ITEM_FIELDS {
            check(&format!(r#"{{"EventType":"X","{field}":"1"}}"#), None, true);
            check(&format!(r#"{{"{field}":7}}"#), None, true);
            check(&format!(r#"{{"{field}":" "}}"#), None, false);
            check(&format!(r#"{{"{field}":null}}"#), None, false);
        }
        check(r#"{"EntityType":"CallList"}"#, None, true);
        check(r#"{"EntityType":"calllist"}"#, None, true);
        check(r#"{"EntityType":"Call"}"#, None, false);
        check(r#"{"Data":{"CallbackId":"1"}}"#, None, false);
    }

    #[test]
    fn only_objects_are_events() {
        let bodies: [&[u8]; 11] = [
            b"",
            b" ",
            b"null",
            b"7",
            b"\"x\"",
            b"[]",
            b"{",
            b"{} x",
            b"{\"a\":}",
            b"\xFF{}",
            b"{\"EventType\":\"Callback\xFF\"}",
        ];
        for body in bodies {
            assert_eq!(read(body, None), Err(NotAnObject), "{body:?}");
        }
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(read(deep.as_bytes(), None), Err(NotAnObject));
    }

    #[test]
    fn a_byte_order_mark_does_not_matter() {
        let body = "\u{FEFF}{\"EventType\":\"CallbackCreated\",\"Id\":\"a\",\"Number\":\"+358\"}";
        let number = Some(CustomerNumber::new("+358"));
        let expected = Heard::Event { key: EventKey::new("a"), number };
        assert_eq!(read(body.as_bytes(), None), Ok(expected));
    }

    #[test]
    fn a_number_is_taken_if_it_is_text() {
        for (value, expected) in [("\"050\"", Some("050")), ("50", None), ("null", None)] {
            let body = format!("{{\"CallbackId\":1,\"Number\":{value}}}");
            let Ok(Heard::Event { number, .. }) = read(body.as_bytes(), None) else {
                panic!("{body}");
            };
            assert_eq!(number, expected.map(CustomerNumber::new), "{value}");
        }
    }
}
