//! `$batch` (reference, section 6; bodies of other people's clients).

use proptest::prelude::*;
use serde_json::json;

use super::*;

const JSON_PART: &str = "Content-Type: application/json; type=entry\r\n";

fn part(content_id: Option<u32>, request: &str) -> String {
    let id = content_id.map(|id| format!("Content-ID: {id}\r\n")).unwrap_or_default();
    format!(
        "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n{id}\r\n{request}\r\n"
    )
}

fn write(method: &str, url: &str, body: &Json) -> String {
    format!("{method} {url} HTTP/1.1\r\n{JSON_PART}\r\n{body}")
}

fn change_set(parts: &[String]) -> String {
    let inner: String = parts.iter().map(|part| format!("--cs\r\n{part}")).collect();
    format!("Content-Type: multipart/mixed; boundary=\"cs\"\r\n\r\n{inner}--cs--\r\n")
}

fn batch(parts: &[String]) -> String {
    let inner: String = parts.iter().map(|part| format!("--b\r\n{part}")).collect();
    format!("{inner}--b--\r\n")
}

fn send_raw(environment: &Environment, kind: &str, prefer: &str, body: String) -> Answer {
    let headers = [("Content-Type", kind), ("Prefer", prefer)];
    let request = Request { body: Bytes::from(body), ..request("POST", "$batch", &headers, None) };
    environment.request(&request)
}

fn send(environment: &Environment, parts: &[String]) -> Answer {
    send_raw(environment, "multipart/mixed; boundary=\"b\"", "", batch(parts))
}

fn create_and_complete() -> String {
    change_set(&[
        part(
            Some(1),
            &write(
                "POST",
                "/api/data/v9.2/phonecalls",
                &json!({ "activityid": CALL, "subject": "x" }),
            ),
        ),
        part(Some(2), &write("PATCH", "$1", &json!({ "statecode": 1, "statuscode": 4 }))),
    ])
}

fn statuses(answer: &Answer) -> Vec<&str> {
    answer
        .text
        .split("\r\n")
        .filter_map(|line| line.strip_prefix("HTTP/1.1 "))
        .map(|line| &line[..3])
        .collect()
}

#[test]
fn a_call_is_created_and_completed_in_one_set() {
    let environment = Environment::new();
    let get = part(
        None,
        "GET /api/data/v9.2/contacts?$select=fullname&$top=1 HTTP/1.1\r\nAccept: application/json\r\n",
    );
    let answer = send(&environment, &[create_and_complete(), get]).ok(200);
    assert_eq!(statuses(&answer), ["204", "204", "200"]);
    let kind = answer.header("content-type");
    let boundary = kind.strip_prefix("multipart/mixed; boundary=").unwrap();
    assert!(boundary.starts_with("batchresponse_"));
    assert!(answer.text.starts_with(&format!("--{boundary}\r\n")));
    assert!(answer.text.ends_with(&format!("--{boundary}--\r\n")));
    assert!(answer.text.contains("boundary=changesetresponse_"));
    assert!(answer.text.contains("HTTP/1.1 204 No Content\r\n"));
    assert!(answer.text.contains("Content-ID: 1\r\n") && answer.text.contains("Content-ID: 2\r\n"));
    let address = format!("http://127.0.0.1:9100/api/data/v9.2/phonecalls({CALL})\r\n");
    assert!(answer.text.contains(&format!("OData-EntityId: {address}")));
    assert!(answer.text.contains(&format!("Location: {address}")));
    let row = environment.stored_call();
    assert_eq!((&row["statecode"], &row["statuscode"]), (&json!(1), &json!(4)));
}

#[test]
fn a_failed_set_leaves_nothing_and_answers_for_the_operation_that_failed() {
    let environment = Environment::new();
    let before = environment.snapshot();
    let set = change_set(&[
        part(Some(1), &write("POST", "phonecalls", &json!({ "activityid": CALL }))),
        part(Some(2), &write("PATCH", "$1", &json!({ "statecode": 1, "statuscode": 3 }))),
    ]);
    let after = part(None, &write("POST", "contacts", &json!({ "lastname": "later" })));
    let answer = send(&environment, &[set.clone(), after.clone()]).ok(400);
    assert_eq!(statuses(&answer), ["400"]);
    assert!(answer.text.contains("0x80048408") && answer.text.contains("changesetresponse_"));
    assert!(answer.text.contains("Content-ID: 2\r\n") && !answer.text.contains("Content-ID: 1"));
    assert_eq!(environment.snapshot(), before);

    let kind = "multipart/mixed;boundary=b";
    let answer = send_raw(&environment, kind, "odata.continue-on-error", batch(&[set, after]));
    assert_eq!((answer.status, statuses(&answer)), (200, vec!["400", "204"]));
    assert_eq!(answer.header("preference-applied"), "odata.continue-on-error");
    assert_eq!(environment.get("contacts?$filter=lastname eq 'later'").rows().len(), 1);
}

#[test]
fn references_stand_in_urls_binds_and_ids() {
    let environment = Environment::new();
    let set = change_set(&[
        part(Some(1), &write("POST", "accounts", &json!({ "name": "New" }))),
        part(
            Some(2),
            &write(
                "POST",
                "contacts",
                &json!({
            "contactid": ABSENT, "lastname": "N", "parentcustomerid_account@odata.bind": "$1" }),
            ),
        ),
        part(Some(3), &write("PUT", "$1/accountnumber", &json!({ "value": "7" }))),
        part(
            Some(4),
            &write(
                "PUT",
                "http://127.0.0.1:9100/api/data/v9.2/$1/primarycontactid/$ref",
                &json!({ "@odata.id": "$2" }),
            ),
        ),
        part(Some(5), &write("PATCH", "/$2/", &json!({ "jobtitle": "head" }))),
    ]);
    send(&environment, &[set]).ok(200);
    let contact =
        environment.get(&format!("contacts({ABSENT})?$expand=parentcustomerid_account")).json();
    assert_eq!(contact["jobtitle"], "head");
    assert_eq!(contact["parentcustomerid_account"]["accountnumber"], "7");
    assert_eq!(contact["parentcustomerid_account"]["_primarycontactid_value"], ABSENT);
}

#[test]
fn references_are_those_of_the_own_set_only() {
    let environment = Environment::new();
    let make =
        |id: u32, name: &str| part(Some(id), &write("POST", "accounts", &json!({ "name": name })));
    let rename =
        |id: u32| part(Some(id), &write("PATCH", "$100001", &json!({ "accountnumber": "x" })));
    // Content-IDs count anew in every set.
    let first = change_set(&[make(100_001, "one"), rename(100_002)]);
    let second = change_set(&[make(100_001, "two"), rename(100_002)]);
    send(&environment, &[first.clone(), second]).ok(200);
    assert_eq!(environment.get("accounts?$filter=accountnumber eq 'x'").rows().len(), 2);
    let foreign = change_set(&[rename(1)]);
    let answer = send(&environment, &[first, foreign]).ok(400);
    assert!(
        answer
            .text
            .contains("Content-ID Reference: '$100001' does not exist in the batch context.")
    );
}

#[test]
fn wrong_batches_are_refused() {
    let environment = Environment::new();
    let get = part(None, "GET contacts HTTP/1.1\r\n");
    let plain = |answer: &Answer| answer.header("content-type").starts_with("application/json");

    let no_boundary =
        send_raw(&environment, "multipart/mixed", "", batch(std::slice::from_ref(&get)));
    assert!(no_boundary.status == 400 && plain(&no_boundary));
    let json_batch = send_raw(&environment, "application/json", "", "{}".into());
    assert!(json_batch.status == 400 && plain(&json_batch));
    let open = send_raw(&environment, "multipart/mixed;boundary=b", "", format!("--b\r\n{get}"));
    assert!(open.status == 400 && plain(&open));
    let many = send(&environment, &vec![get.clone(); 1001]);
    assert!(many.status == 400 && plain(&many));
    assert_eq!(send(&environment, &vec![get.clone(); 1000]).status, 200);

    let nested = part(
        None,
        "POST /api/data/v9.2/$batch HTTP/1.1\r\nContent-Type: multipart/mixed;boundary=x\r\n\r\n",
    );
    assert_eq!(statuses(&send(&environment, &[nested]).ok(400)), ["400"]);
    let get_in_set = change_set(&[part(Some(1), "GET contacts HTTP/1.1\r\n")]);
    assert_eq!(statuses(&send(&environment, &[get_in_set]).ok(400)), ["400"]);
    let no_id = change_set(&[part(None, &write("POST", "contacts", &json!({ "lastname": "x" })))]);
    assert_eq!(statuses(&send(&environment, &[no_id]).ok(400)), ["400"]);
    environment.get("$batch").refused(405, "0x0");
}

#[test]
fn bare_line_feeds_are_refused_where_a_body_follows() {
    let environment = Environment::new();
    let body = batch(&[part(None, &write("POST", "contacts", &json!({ "lastname": "x" })))]);
    let answer =
        send_raw(&environment, "multipart/mixed;boundary=b", "", body.replace("\r\n", "\n"));
    assert_eq!(answer.status, 400);
    assert!(answer.text.contains("0x80048d19") && answer.text.contains("Stream was not readable"));
    assert!(answer.header("content-type").starts_with("multipart/mixed"));
    // Line feeds inside the JSON are the JSON's own.
    let pretty = write("POST", "contacts", &json!({ "lastname": "x" })).replace('{', "{\n  ");
    send(&environment, &[part(None, &pretty)]).ok(200);
}

#[test]
fn the_bodies_of_two_public_clients_are_read() {
    let environment = Environment::new();
    let python = format!(
        "--batch_1\r\nContent-Type: multipart/mixed; boundary=\"changeset_1\"\r\n\r\n--changeset_1\r\n\
         Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: 1\r\n\r\n\
         POST http://127.0.0.1:9100/api/data/v9.2/contacts HTTP/1.1\r\nContent-Type: application/json; type=entry\r\n\r\n\
         {{\"lastname\": \"B1\"}}\r\n--changeset_1\r\nContent-Type: application/http\r\n\
         Content-Transfer-Encoding: binary\r\nContent-ID: 2\r\n\r\nPATCH $1 HTTP/1.1\r\n\
         Content-Type: application/json; type=entry\r\nIf-Match: *\r\n\r\n{{\"jobtitle\": \"j\"}}\r\n\
         --changeset_1--\r\n\r\n--batch_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n\
         GET http://127.0.0.1:9100/api/data/v9.2/contacts?$select=lastname&$filter=lastname eq 'B1' HTTP/1.1\r\n\r\n\
         --batch_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n\
         DELETE http://127.0.0.1:9100/api/data/v9.2/contacts({BOB}) HTTP/1.1\r\nIf-Match: *\r\n\r\n--batch_1--\r\n"
    );
    let answer = send_raw(&environment, "multipart/mixed; boundary=\"batch_1\"", "", python);
    assert_eq!(statuses(&answer), ["204", "204", "200", "204"], "{}", answer.text);
    assert!(answer.text.contains("\"lastname\":\"B1\""));

    let node = format!(
        "\r\n--dwa_batch_2\r\nContent-Type: multipart/mixed;boundary=changeset_2\r\n\r\n--changeset_2\r\n\
         Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: 100001\r\n\r\n\
         POST http://127.0.0.1:9100/api/data/v9.2/contacts HTTP/1.1\r\nContent-Type: application/json\r\n\r\n\
         {{\"lastname\":\"B2\"}}\r\n\r\n--changeset_2\r\nContent-Type: application/http\r\n\
         Content-Transfer-Encoding: binary\r\nContent-ID: 100002\r\n\r\n\
         DELETE http://127.0.0.1:9100/api/data/v9.2/contacts({ANN}) HTTP/1.1\r\nContent-Type: application/json\r\n\r\n\r\n\
         --changeset_2--\r\n\r\n--dwa_batch_2\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n\
         GET http://127.0.0.1:9100/api/data/v9.2/contacts/$count?$filter=lastname%20eq%20%27B2%27 HTTP/1.1\r\nAccept: application/json\r\n\r\n\
         --dwa_batch_2--\r\n"
    );
    let answer = send_raw(&environment, "multipart/mixed;boundary=dwa_batch_2", "", node);
    assert_eq!(statuses(&answer), ["204", "204", "200"], "{}", answer.text);
    assert!(answer.text.contains("Content-Type: text/plain\r\n"));
}

/// Puts an answer in the place of the n-th operation, and notes what it is told.
struct Saboteur {
    operation: usize,
    status: StatusCode,
    seen: Vec<(String, u16)>,
}

impl BatchObserver for Saboteur {
    fn before(&mut self, _: &Method, _: &str) -> Option<Response> {
        let response = Response {
            status: self.status,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            effort: Effort::default(),
        };
        (self.seen.len() == self.operation).then_some(response)
    }

    fn after(&mut self, method: &Method, path: &str, status: StatusCode) {
        self.seen.push((format!("{method} {path}"), status.as_u16()));
    }
}

#[test]
fn the_observer_can_fail_an_operation_and_so_the_set() {
    let environment = Environment::new();
    let before = environment.snapshot();
    let headers = [("Content-Type", "multipart/mixed; boundary=b")];
    let request = Request {
        body: Bytes::from(batch(&[create_and_complete()])),
        ..request("POST", "$batch", &headers, None)
    };
    let mut observer =
        Saboteur { operation: 1, status: StatusCode::SERVICE_UNAVAILABLE, seen: Vec::new() };
    let response = environment.dataverse.handle(&request, &mut observer);
    assert_eq!(response.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        observer.seen,
        [
            ("POST /api/data/v9.2/phonecalls".to_owned(), 204),
            (format!("PATCH /api/data/v9.2/phonecalls({CALL})"), 503),
        ]
    );
    assert_eq!(environment.snapshot(), before);
}

fn operations() -> impl Strategy<Value = Vec<String>> {
    let bodies = prop::sample::select(vec![
        write(
            "POST",
            "phonecalls",
            &json!({ "subject": "x", "phonecall_activity_parties": [
            { "participationtypemask": 1, "partyid_contact@odata.bind": format!("/contacts({ANN})") }] }),
        ),
        write("POST", "phonecalls", &json!({ "activityid": CALL })),
        write("PATCH", &format!("phonecalls({CALL})"), &json!({ "statecode": 1, "statuscode": 4 })),
        write(
            "PATCH",
            &format!("contacts({BOB})"),
            &json!({
            "jobtitle": "y", "parentcustomerid_contact@odata.bind": format!("/contacts({ANN})") }),
        ),
        write("POST", "ev_settings", &json!({ "ev_name": "a" })),
        write("PATCH", "ev_settings(ev_name='b')", &json!({ "ev_value": "1" })),
        format!("DELETE contacts({ANN}) HTTP/1.1\r\n\r\n"),
        format!("DELETE accounts({ACME}) HTTP/1.1\r\n\r\n"),
        write(
            "POST",
            &format!("systemusers({NO_ROLE})/systemuserroles_association/$ref"),
            &json!({ "@odata.id": "roles(66666666-6666-6666-6666-666666666666)" }),
        ),
        write(
            "POST",
            &format!("queues({QUEUE})/Microsoft.Dynamics.CRM.AddToQueue"),
            &json!({ "Target": {
            "@odata.type": "Microsoft.Dynamics.CRM.phonecall", "activityid": CALL } }),
        ),
    ]);
    prop::collection::vec(bodies, 1..7)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_failed_change_set_leaves_the_data_as_it_was(operations in operations()) {
        let environment = Environment::new();
        environment.dataverse.load("leads", &[json!({ "leadid": ABSENT, "lastname": "L" })]).unwrap();
        let before = environment.snapshot();
        let mut parts: Vec<String> = (1..).zip(&operations).map(|(id, text)| part(Some(id), text)).collect();
        parts.push(part(Some(99), &write("POST", "contacts", &json!({ "nope": 1 }))));
        let answer = send(&environment, &[change_set(&parts)]);
        prop_assert!(answer.status >= 400);
        prop_assert_eq!(environment.snapshot(), before);
    }
}
