use std::time::Duration;

use proptest::prelude::*;
use voice_model::ErrorClass;

use super::*;
use crate::codes;

const TYPE: &str = "multipart/mixed; boundary=batchresponse_63cc7bd6";

/// The answer of the reference, section 6.3, with its second part written out.
const DOCUMENTED: &str = r#"--batchresponse_63cc7bd6
Content-Type: multipart/mixed; boundary=changesetresponse_1a0e

--changesetresponse_1a0e
Content-Type: application/http
Content-Transfer-Encoding: binary
Content-ID: 1

HTTP/1.1 204 No Content
OData-Version: 4.0
Location: https://org.crm4.dynamics.com/api/data/v9.2/phonecalls(6f1c2c0e-7a55-5d0a-9a53-0a3f0f6f2f11)
OData-EntityId: https://org.crm4.dynamics.com/api/data/v9.2/phonecalls(6f1c2c0e-7a55-5d0a-9a53-0a3f0f6f2f11)


--changesetresponse_1a0e
Content-Type: application/http
Content-Transfer-Encoding: binary
Content-ID: 2

HTTP/1.1 204 No Content
OData-Version: 4.0


--changesetresponse_1a0e--
--batchresponse_63cc7bd6
Content-Type: application/http
Content-Transfer-Encoding: binary

HTTP/1.1 200 OK
Content-Type: application/json; odata.metadata=minimal
OData-Version: 4.0

{"@odata.context":"x","value":[{"fullname":"--batchresponse_63cc7bd6\r\n--batchresponse_63cc7bd6--"}]}
--batchresponse_63cc7bd6--
"#;

fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

fn decoded(body: &str, expected: &[Expected]) -> Vec<ItemAnswer> {
    decode(TYPE, body.as_bytes(), expected).unwrap()
}

fn batch(parts: &[&str]) -> String {
    let parts: String = parts
        .iter()
        .map(|part| format!("--batchresponse_63cc7bd6\nContent-Type: application/http\n\n{part}\n"))
        .collect();
    crlf(&format!("{parts}--batchresponse_63cc7bd6--\n"))
}

const NO_CONTENT: &str = "HTTP/1.1 204 No Content\nOData-Version: 4.0\n\n";
const DUPLICATE: &str = "HTTP/1.1 412 Precondition Failed\nContent-Type: application/json\n\n\
    {\"error\":{\"code\":\"0x80040237\",\"message\":\"A record with matching key values already exists.\"}}";
const PAGE: &str = "HTTP/1.1 200 OK\n\n{\"value\":[{\"a\":1}]}";

fn code(answer: &ItemAnswer) -> Option<u32> {
    match answer {
        ItemAnswer::Refused(error) => error.code,
        _ => None,
    }
}

#[test]
fn the_documented_answer_is_a_written_set_and_a_page() {
    for body in [crlf(DOCUMENTED), DOCUMENTED.to_owned()] {
        let answers = decoded(&body, &[Expected::ChangeSet(2), Expected::Read(None)]);
        assert_eq!(answers[0], ItemAnswer::Written);
        let ItemAnswer::Read(page) = &answers[1] else { panic!("{:?}", answers[1]) };
        assert_eq!(
            page.rows[0].text("fullname"),
            Some("--batchresponse_63cc7bd6\r\n--batchresponse_63cc7bd6--")
        );
    }
}

#[test]
fn a_refused_change_set_is_one_part_in_its_place() {
    let body = batch(&[DUPLICATE, NO_CONTENT, PAGE]);
    let expected = [Expected::ChangeSet(2), Expected::Write, Expected::Read(None)];
    let answers = decoded(&body, &expected);
    assert_eq!(code(&answers[0]), Some(codes::DUPLICATE_RECORD));
    assert_eq!(answers[1], ItemAnswer::Written);
    assert!(matches!(answers[2], ItemAnswer::Read(_)));
}

#[test]
fn a_set_is_written_only_if_all_of_it_is() {
    let one_refused =
        crlf(DOCUMENTED).replacen("HTTP/1.1 204 No Content", "HTTP/1.1 400 Bad Request", 1);
    let one_unreadable = crlf(DOCUMENTED).replacen("HTTP/1.1 204 No Content", "HTTP/1.1", 1);
    for (body, writes, expected) in [
        (&crlf(DOCUMENTED), 3, ItemAnswer::Unknown),
        (&crlf(DOCUMENTED), 1, ItemAnswer::Unknown),
        (&one_unreadable, 2, ItemAnswer::Unknown),
    ] {
        assert_eq!(decoded(body, &[Expected::ChangeSet(writes)]), [expected], "{writes}");
    }
    let answers = decoded(&one_refused, &[Expected::ChangeSet(2), Expected::Read(None)]);
    assert!(matches!(&answers[0], ItemAnswer::Refused(error) if error.status == 400));
    assert!(matches!(answers[1], ItemAnswer::Read(_)));
}

#[test]
fn a_plain_success_in_the_place_of_a_set_proves_nothing() {
    let body = batch(&[NO_CONTENT]);
    assert_eq!(decoded(&body, &[Expected::ChangeSet(2)]), [ItemAnswer::Unknown]);
}

#[test]
fn items_without_a_part_are_unknown() {
    let body = batch(&[NO_CONTENT]);
    assert_eq!(
        decoded(&body, &[Expected::Write, Expected::Write, Expected::Read(None)]),
        [ItemAnswer::Written, ItemAnswer::Unknown, ItemAnswer::Unknown]
    );
    assert_eq!(decoded("", &[Expected::Write]), [ItemAnswer::Unknown]);
}

#[test]
fn a_part_that_cannot_be_read_hides_no_other() {
    let body = batch(&["garbage", NO_CONTENT, "HTTP/1.1 200 OK\n\n<html>", PAGE]);
    let read = Expected::Read(None);
    let answers = decoded(&body, &[Expected::Write, Expected::Write, read.clone(), read]);
    assert_eq!(answers[..3], [ItemAnswer::Unknown, ItemAnswer::Written, ItemAnswer::Unknown]);
    assert!(matches!(answers[3], ItemAnswer::Read(_)));
}

#[test]
fn a_cut_answer_claims_nothing_that_it_does_not_say() {
    let whole = crlf(DOCUMENTED);
    let expected = [Expected::ChangeSet(2), Expected::Read(None)];
    for length in 0..whole.len() {
        let answers = decoded(&whole[..length], &expected);
        assert!(
            matches!(answers[0], ItemAnswer::Written | ItemAnswer::Unknown),
            "{length}: {answers:?}"
        );
        assert!(matches!(answers[1], ItemAnswer::Read(_) | ItemAnswer::Unknown), "{length}");
    }
    let duplicate = batch(&[NO_CONTENT, DUPLICATE]);
    for length in 0..duplicate.len() {
        let answers = decoded(&duplicate[..length], &[Expected::Write, Expected::Write]);
        if let ItemAnswer::Refused(error) = &answers[1] {
            assert!(error.is_duplicate(), "{length}");
        }
    }
}

#[test]
fn a_throttled_part_keeps_its_wait() {
    let body = batch(&["HTTP/1.1 429 Too Many Requests\nRETRY-AFTER: 4\n\n\
        {\"error\":{\"code\":\"-2147015902\",\"message\":\"Number of requests exceeded\"}}"]);
    let answers = decoded(&body, &[Expected::Write]);
    let ItemAnswer::Refused(error) = &answers[0] else { panic!("{answers:?}") };
    assert_eq!(error.code, Some(codes::TOO_MANY_REQUESTS));
    let retry_after = Some(Duration::from_secs(4));
    assert_eq!(error.class(), ErrorClass::Throttled { retry_after });
}

#[test]
fn the_next_page_keeps_the_preferences() {
    let body = batch(&["HTTP/1.1 200 OK\n\n{\"value\":[],\"@odata.nextLink\":\"https://o/x\"}"]);
    let prefer = Some("odata.maxpagesize=1".to_owned());
    let answers = decoded(&body, &[Expected::Read(prefer.clone())]);
    let ItemAnswer::Read(page) = &answers[0] else { panic!("{answers:?}") };
    assert_eq!(page.next.as_ref().unwrap().prefer, prefer);
}

#[test]
fn what_is_not_multipart_is_no_batch_answer() {
    for content_type in ["application/json", "text/html", "", "multipart/mixed"] {
        assert!(decode(content_type, b"{}", &[Expected::Write]).is_err(), "{content_type}");
    }
}

proptest! {
    #[test]
    fn any_answer_gives_one_entry_for_each_item(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("--batchresponse_63cc7bd6\r\n"),
                Just("--batchresponse_63cc7bd6--\r\n"),
                Just("--changesetresponse_1a0e\r\n"),
                Just("--changesetresponse_1a0e--\r\n"),
                Just("Content-Type: multipart/mixed; boundary=changesetresponse_1a0e\r\n\r\n"),
                Just("Content-Type: application/http\r\n\r\n"),
                Just("HTTP/1.1 204 No Content\r\n\r\n"),
                Just("HTTP/1.1 404 Not Found\r\n"),
                Just("{\"value\":[]}"),
                Just("\r\n"),
                Just("\u{0}\u{fffd}"),
            ],
            0..20,
        ),
        sets in 0usize..4,
    ) {
        let mut expected = vec![Expected::ChangeSet(2); sets];
        expected.push(Expected::Read(None));
        expected.push(Expected::Write);
        prop_assert_eq!(decoded(&pieces.concat(), &expected).len(), expected.len());
    }

    #[test]
    fn any_json_text_stays_inside_its_part(text in ".*") {
        let text = format!("--batchresponse_63cc7bd6\n{text}\n--batchresponse_63cc7bd6--\n");
        let json = serde_json::json!({ "value": [{ "a": text }] });
        let body = batch(&[&format!("HTTP/1.1 200 OK\n\n{json}"), NO_CONTENT]);
        let answers = decoded(&body, &[Expected::Read(None), Expected::Write]);
        let ItemAnswer::Read(page) = &answers[0] else { panic!("{answers:?}") };
        prop_assert_eq!(page.rows[0].text("a"), Some(text.as_str()));
        prop_assert_eq!(&answers[1], &ItemAnswer::Written);
    }
}
