use bytes::Bytes;
use http::Method;
use proptest::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::super::multipart;
use super::*;
use crate::query::render::{Rendered, render};
use crate::{Columns, Filter, Precondition, Query, Write};

fn create(subject: &str) -> Operation {
    Operation {
        method: Method::POST,
        path: "phonecalls".to_owned(),
        headers: Vec::new(),
        body: Some(Bytes::from(serde_json::json!({ "subject": subject }).to_string())),
    }
}

fn complete() -> Operation {
    Operation::write(&Write::Update {
        entity_set: "phonecalls".to_owned(),
        id: Uuid::from_u128(7),
        columns: Columns::new().set("statecode", 1).set("statuscode", 4),
        precondition: Precondition::Exists,
    })
    .unwrap()
}

fn read(prefer: Option<&str>) -> Operation {
    Operation::read("contacts?$top=1".to_owned(), prefer.map(ToOwned::to_owned))
}

/// The request of the reference, section 6.1, with our own key instead of `$1`.
#[test]
fn a_change_set_and_a_read_look_as_documented() {
    let units = [
        Unit::ChangeSet(vec![create("Incoming call"), complete()]),
        Unit::Single(read(Some("odata.maxpagesize=5"))),
    ];
    let encoded = encode_with(&units, || "a1".to_owned()).unwrap();
    assert_eq!(encoded.content_type, "multipart/mixed; boundary=\"batch_a1\"");
    let expected = r#"--batch_a1
Content-Type: multipart/mixed; boundary="changeset_a1_0"

--changeset_a1_0
Content-Type: application/http
Content-Transfer-Encoding: binary
Content-ID: 1

POST /api/data/v9.2/phonecalls HTTP/1.1
Content-Type: application/json; type=entry

{"subject":"Incoming call"}
--changeset_a1_0
Content-Type: application/http
Content-Transfer-Encoding: binary
Content-ID: 2

PATCH /api/data/v9.2/phonecalls(00000000-0000-0000-0000-000000000007) HTTP/1.1
Content-Type: application/json; type=entry
If-Match: *

{"statecode":1,"statuscode":4}
--changeset_a1_0--
--batch_a1
Content-Type: application/http
Content-Transfer-Encoding: binary

GET /api/data/v9.2/contacts?$top=1 HTTP/1.1
Accept: application/json
Prefer: odata.maxpagesize=5


--batch_a1--
"#;
    assert_eq!(String::from_utf8(encoded.body).unwrap(), expected.replace('\n', "\r\n"));
}

#[test]
fn content_ids_are_unique_across_change_sets() {
    let units: Vec<Unit> = (0..3).map(|_| Unit::ChangeSet(vec![create("x"), complete()])).collect();
    let body = String::from_utf8(encode(&units).unwrap().body).unwrap();
    let ids: Vec<&str> =
        body.lines().filter_map(|line| line.strip_prefix("Content-ID: ")).collect();
    assert_eq!(ids, ["1", "2", "3", "4", "5", "6"]);
}

#[test]
fn a_boundary_that_stands_in_the_payload_is_not_used() {
    let mut candidates = ["taken", "also", "free"].into_iter().map(str::to_owned);
    let units = [Unit::Single(create("--batch_taken")), Unit::Single(read(Some("also")))];
    let encoded = encode_with(&units, || candidates.next().unwrap()).unwrap();
    assert_eq!(encoded.content_type, "multipart/mixed; boundary=\"batch_free\"");
}

#[test]
fn boundaries_differ_from_batch_to_batch() {
    let types: Vec<String> =
        (0..2).map(|_| encode(&[Unit::Single(read(None))]).unwrap().content_type).collect();
    assert_ne!(types[0], types[1]);
    assert!(types[0].len() > 50, "{}", types[0]);
}

#[test]
fn more_than_a_thousand_operations_are_not_sent() {
    let batch = |extra| {
        let mut units = vec![Unit::ChangeSet(vec![complete(); 600])];
        units.extend((0..400 + extra).map(|_| Unit::Single(complete())));
        encode(&units)
    };
    assert!(batch(0).is_ok());
    let error = batch(1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot run a batch: 1001 operations are more than the 1000 that Dataverse takes"
    );
}

#[test]
fn an_over_long_url_is_not_sent() {
    let mut operation = read(None);
    operation.path = "c".repeat(MAX_URL_CHARS - BASE_PATH.len());
    assert!(encode(&[Unit::Single(operation.clone())]).is_ok());
    operation.path.push('c');
    let error = encode(&[Unit::Single(operation)]).unwrap_err();
    assert!(matches!(error, Error::TooLarge { size: 65_537, .. }), "{error}");
}

/// A part's request line, headers and body, as a server reads them.
fn read_part(part: &[u8]) -> (String, Vec<String>, Vec<u8>) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let split = |bytes: &[u8]| {
        let at = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        (text(&bytes[..at]), bytes[at + 4..].to_vec())
    };
    let (_, request) = split(part);
    let (head, body) = split(&request);
    let mut lines = head.split("\r\n").map(ToOwned::to_owned);
    (lines.next().unwrap(), lines.collect(), body)
}

proptest! {
    #[test]
    fn no_value_breaks_out_of_its_part(
        values in proptest::collection::vec(
            prop_oneof![
                any::<String>(),
                Just("\r\n--batch_\r\nContent-Type: application/http\r\n\r\nDELETE /x".to_owned()),
                Just("\r\n\r\n".to_owned()),
            ],
            1..5,
        ),
    ) {
        let units: Vec<Unit> = values
            .iter()
            .flat_map(|value| {
                let query = Query::new("contacts").filter(Filter::eq("a", value.clone()));
                let Ok(Rendered::Ask { path, prefer }) = render(&query) else { panic!("no path") };
                [Unit::Single(create(value)), Unit::Single(Operation::read(path, prefer))]
            })
            .collect();
        let encoded = encode(&units).unwrap();
        let boundary = multipart::boundary(&encoded.content_type).unwrap();
        let multipart = multipart::split(&encoded.body, &boundary);
        prop_assert!(multipart.closed);
        prop_assert_eq!(multipart.parts.len(), values.len() * 2);
        for (pair, value) in multipart.parts.chunks(2).zip(&values) {
            let (line, headers, body) = read_part(pair[0]);
            prop_assert_eq!(line, "POST /api/data/v9.2/phonecalls HTTP/1.1");
            prop_assert_eq!(headers, ["Content-Type: application/json; type=entry"]);
            let body: Value = serde_json::from_slice(&body).unwrap();
            prop_assert_eq!(body["subject"].as_str().unwrap(), value);
            let (line, headers, _) = read_part(pair[1]);
            prop_assert!(line.starts_with("GET /api/data/v9.2/contacts?$filter=a%20eq%20%27"));
            prop_assert_eq!(line.split(' ').count(), 3);
            prop_assert_eq!(headers, ["Accept: application/json"]);
        }
    }
}
