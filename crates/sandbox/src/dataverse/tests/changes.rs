//! Change tracking (reference, section 5).

use chrono::Duration;
use serde_json::json;

use super::*;

const SERVICE: &str = "http://127.0.0.1:9100/api/data/v9.2/";
const TRACK: (&str, &str) = ("Prefer", "odata.track-changes");

/// Follows a link as it is.
fn follow(environment: &Environment, link: &str, headers: &[(&str, &str)]) -> Answer {
    environment.send("GET", link.strip_prefix(SERVICE).unwrap(), headers, None)
}

fn delta(answer: &Answer) -> String {
    answer.json()["@odata.deltaLink"].as_str().unwrap().to_owned()
}

fn start(environment: &Environment, url: &str) -> String {
    let answer = environment.send("GET", url, &[TRACK], None).ok(200);
    assert_eq!(answer.header("preference-applied"), "odata.track-changes");
    delta(&answer)
}

fn ids(rows: &[Json]) -> Vec<&str> {
    rows.iter().map(|row| row["contactid"].as_str().or(row["id"].as_str()).unwrap()).collect()
}

#[test]
fn a_link_gives_the_rows_that_changed_and_then_those_that_went_away() {
    let environment = Environment::new();
    let link = start(&environment, "contacts?$select=fullname,jobtitle");
    assert!(link.contains("$select=fullname,jobtitle&$deltatoken="), "{link}");
    assert!(link.contains("%21") && link.contains("%2f") && link.contains("%3a"), "{link}");
    assert!(follow(&environment, &link, &[]).rows().is_empty());

    environment.patch(&format!("contacts({BOB})"), json!({ "jobtitle": "x" })).ok(204);
    let made = environment.post("contacts", json!({ "contactid": ABSENT, "lastname": "New" }));
    made.ok(204);
    environment.send("DELETE", &format!("contacts({ANN})"), &[], None).ok(204);
    let answer = follow(&environment, &link, &[]);
    let rows = answer.rows();
    assert_eq!(ids(&rows), [BOB, ABSENT, ANN]);
    assert_eq!(rows[0]["fullname"], "Bob Byte", "all selected columns come");
    assert!(rows[0].get("mobilephone").is_none());
    assert_eq!(
        rows[2],
        json!({ "@odata.context": format!("{SERVICE}$metadata#contacts/$deletedEntity"),
                "id": ANN, "reason": "deleted" })
    );
    let context = format!("{SERVICE}$metadata#contacts(fullname,jobtitle)/$delta");
    assert_eq!(answer.json()["@odata.context"], context);
    assert!(follow(&environment, &delta(&answer), &[]).rows().is_empty());
}

#[test]
fn a_row_that_came_and_went_between_is_told_as_deleted() {
    let environment = Environment::new();
    let link = start(&environment, "contacts?$select=fullname");
    let remove = || environment.send("DELETE", &format!("contacts({ABSENT})"), &[], None).ok(204);
    let make = || environment.post("contacts", json!({ "contactid": ABSENT })).ok(204);
    make();
    remove();
    let rows = follow(&environment, &link, &[]).rows();
    assert_eq!((ids(&rows), &rows[0]["reason"]), (vec![ABSENT], &json!("deleted")));
    make();
    let rows = follow(&environment, &link, &[]).rows();
    assert_eq!((ids(&rows), rows[0].get("reason")), (vec![ABSENT], None), "it is back");
    remove();
    assert_eq!(follow(&environment, &link, &[]).rows().len(), 1, "told once");
}

#[test]
fn a_refused_deletion_leaves_no_tombstone() {
    let environment = Environment::new();
    let before = environment.snapshot();
    let body = format!(
        "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\nContent-Type: \
         application/http\r\nContent-ID: 1\r\n\r\nDELETE /api/data/v9.2/contacts({ANN}) \
         HTTP/1.1\r\n\r\n--c\r\nContent-Type: application/http\r\nContent-ID: 2\r\n\r\nDELETE \
         /api/data/v9.2/contacts({ABSENT}) HTTP/1.1\r\n\r\n--c--\r\n--b--\r\n"
    );
    let mut request =
        request("POST", "$batch", &[("Content-Type", "multipart/mixed; boundary=b")], None);
    request.body = Bytes::from(body);
    assert_eq!(environment.request(&request).status, 404);
    assert_eq!(environment.snapshot(), before);
}

#[test]
fn only_the_last_page_has_the_delta_link() {
    let environment = Environment::bare_of_rows(false);
    let rows: Vec<Json> = (1..=5)
        .map(|number| json!({ "contactid": Uuid::from_u128(number), "lastname": "x" }))
        .collect();
    environment.dataverse.load("contacts", &rows).unwrap();
    let prefer = [("Prefer", "odata.track-changes,odata.maxpagesize=2")];
    let pages = |first: String| {
        let (mut link, mut sizes, mut seen) = (first, Vec::new(), Vec::new());
        loop {
            let answer = environment.send("GET", &link, &prefer, None).ok(200);
            assert_eq!(
                answer.header("preference-applied"),
                "odata.track-changes,odata.maxpagesize=2"
            );
            let rows = answer.rows();
            sizes.push(rows.len());
            seen.extend(ids(&rows).into_iter().map(str::to_owned));
            let json = answer.json();
            let next = json["@odata.nextLink"].as_str();
            assert_eq!(next.is_some(), json["@odata.deltaLink"].is_null());
            match next {
                Some(next) => link = next.strip_prefix(SERVICE).unwrap().to_owned(),
                None => return (sizes, seen, delta(&answer)),
            }
        }
    };
    let (sizes, seen, link) = pages("contacts?$select=fullname".to_owned());
    assert_eq!(sizes, [2, 2, 1]);
    assert_eq!(seen.len(), 5);

    for number in [1, 2, 3] {
        let url = format!("contacts({})", Uuid::from_u128(number));
        environment.send("DELETE", &url, &[], None).ok(204);
    }
    for number in [4, 5] {
        let url = format!("contacts({})", Uuid::from_u128(number));
        environment.patch(&url, json!({ "lastname": "y" })).ok(204);
    }
    let (sizes, seen, link) = pages(link.strip_prefix(SERVICE).unwrap().to_owned());
    assert_eq!(sizes, [2, 2, 1]);
    let expected: Vec<String> =
        [4, 5, 1, 2, 3].map(|number| Uuid::from_u128(number).to_string()).to_vec();
    assert_eq!(seen, expected);
    assert!(follow(&environment, &link, &prefer).rows().is_empty());
}

#[test]
fn what_changes_while_a_client_pages_comes_with_the_next_token() {
    let environment = Environment::new();
    let prefer = [("Prefer", "odata.track-changes,odata.maxpagesize=1")];
    let first = environment.send("GET", "contacts?$select=fullname", &prefer, None).ok(200);
    environment.patch(&format!("contacts({ANN})"), json!({ "jobtitle": "x" })).ok(204);
    let next = first.json()["@odata.nextLink"].as_str().unwrap().to_owned();
    let last = follow(&environment, &next, &prefer);
    assert_eq!(ids(&last.rows()), [BOB]);
    assert_eq!(ids(&follow(&environment, &delta(&last), &[]).rows()), [ANN]);
}

#[test]
fn options_other_than_select_are_refused() {
    let environment = Environment::new();
    for option in ["$filter=statecode eq 0", "$orderby=fullname", "$expand=ownerid", "$top=1"] {
        let (name, _) = option.split_once('=').unwrap();
        let answer = environment.send("GET", &format!("contacts?{option}"), &[TRACK], None);
        answer.refused(400, "0x80060888");
        assert_eq!(
            answer.message(),
            format!(
                "The \"{name}\" query parameter isn't supported when Change Tracking is enabled."
            )
        );
    }
}

#[test]
fn a_table_without_tracking_refuses_it() {
    let environment = Environment::new();
    environment.send("GET", "queues", &[TRACK], None).refused(400, "0x80072491");
    environment.send("GET", "ev_settings", &[TRACK], None).ok(200);
}

#[test]
fn an_idle_token_expires_after_the_days_of_the_organisation() {
    let environment = Environment::new();
    let link = start(&environment, "contacts?$select=fullname");
    environment.clock.advance(Duration::days(7));
    assert_eq!(follow(&environment, &link, &[]).status, 200);
    environment.clock.advance(Duration::seconds(1));
    let answer = follow(&environment, &link, &[]);
    answer.refused(400, "0x80044352");
    assert_eq!(
        answer.message(),
        "Version stamp associated with the client has expired. Please perform a full sync."
    );
    environment
        .patch(
            "organizations(33333333-3333-3333-3333-333333333333)",
            json!({ "expirechangetrackingindays": 30 }),
        )
        .ok(204);
    assert_eq!(follow(&environment, &link, &[]).status, 200);
}

#[test]
fn tokens_given_out_before_a_switch_or_a_reset_are_expired() {
    let environment = Environment::new();
    let link = start(&environment, "contacts?$select=fullname");
    environment.dataverse.expire_change_tokens();
    follow(&environment, &link, &[]).refused(400, "0x80044352");
    let link = start(&environment, "contacts?$select=fullname");
    assert_eq!(follow(&environment, &link, &[]).status, 200);
    environment.dataverse.reset();
    follow(&environment, &link, &[]).refused(400, "0x80044352");
}

#[test]
fn changes_can_be_counted() {
    let environment = Environment::new();
    let link = start(&environment, "contacts");
    let (_, token) = link.split_once("$deltatoken=").unwrap();
    let count = || environment.get(&format!("contacts/$count?$deltatoken={token}")).text;
    assert_eq!(count(), "\u{feff}0");
    environment.patch(&format!("contacts({BOB})"), json!({ "jobtitle": "x" })).ok(204);
    environment.send("DELETE", &format!("contacts({ANN})"), &[], None).ok(204);
    assert_eq!(count(), "\u{feff}2");
}

#[test]
fn a_malformed_token_is_refused() {
    let environment = Environment::new();
    for token in ["", "x", "1000", "1000!yesterday"] {
        let answer = environment.get(&format!("contacts?$deltatoken={token}"));
        answer.refused(400, "0x80060888");
    }
}
