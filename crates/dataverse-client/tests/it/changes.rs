//! Change tracking over the wire.

use dataverse_client::{
    ChangePage, ChangeToken, Columns, DataverseApi, Error, TrackedTable, Write, change_pages,
};
use futures::TryStreamExt;
use sandbox::{Sandbox, SandboxOptions};
use serde_json::json;
use uuid::Uuid;
use voice_model::ErrorClass;
use wiremock::ResponseTemplate;

use crate::rig::{Rig, client_of_sandbox, error, header};

const KEY: Uuid = Uuid::from_u128(7);
const GONE: Uuid = Uuid::from_u128(8);
const PREFER: &str = "odata.track-changes,odata.maxpagesize=5000";

fn contacts() -> TrackedTable {
    TrackedTable {
        entity_set: "contacts".to_owned(),
        key_column: "contactid".to_owned(),
        columns: vec!["fullname".to_owned(), "statecode".to_owned()],
    }
}

/// The link to the changes of contacts in an environment.
fn delta_link(environment: &Rig) -> String {
    let query = "$select=fullname,statecode&$deltatoken=919042%2108%2f22%2f2017%2008%3a10%3a44";
    format!("{}/api/data/v9.2/contacts?{query}", environment.server.uri())
}

#[tokio::test]
async fn a_table_is_read_whole_and_gives_a_token() {
    let rig = Rig::new().await;
    let page = json!({ "value": [{ "contactid": KEY, "fullname": "Ann", "statecode": 0 }],
                       "@odata.deltaLink": delta_link(&rig) });
    rig.answer("GET", "contacts", ResponseTemplate::new(200).set_body_json(page)).await;
    let page = rig.client.changes(&contacts(), None).await.unwrap();
    assert_eq!(page.rows[0].uuid("contactid"), Some(KEY));
    assert_eq!((page.deleted.len(), page.next), (0, None));
    assert_eq!(page.token.unwrap().as_str(), delta_link(&rig));

    let request = rig.only_request().await;
    assert_eq!(request.url.query(), Some("$select=fullname,statecode"));
    assert_eq!(header(&request, "prefer"), Some(PREFER));
}

#[tokio::test]
async fn a_token_is_followed_as_it_is() {
    let rig = Rig::new().await;
    let context = "https://o/api/data/v9.2/$metadata#contacts/$deletedEntity";
    let gone = json!({ "@odata.context": context, "id": GONE, "reason": "deleted" });
    let page = json!({ "value": [{ "contactid": KEY }, gone], "@odata.deltaLink": "contacts?x" });
    rig.answer("GET", "contacts", ResponseTemplate::new(200).set_body_json(page)).await;
    let token = ChangeToken::new(delta_link(&rig));
    let page = rig.client.changes(&contacts(), Some(&token)).await.unwrap();
    assert_eq!((page.rows.len(), page.deleted), (1, vec![GONE]));

    let request = rig.only_request().await;
    let query = "$select=fullname,statecode&$deltatoken=919042%2108%2f22%2f2017%2008%3a10%3a44";
    assert_eq!(request.url.query(), Some(query));
    assert_eq!(header(&request, "prefer"), Some(PREFER));
}

#[tokio::test]
async fn pages_are_followed_to_the_token() {
    let rig = Rig::new().await;
    let next = format!("{}/api/data/v9.2/contacts2?$skiptoken=%3Cc%2F%3E", rig.server.uri());
    let first = json!({ "value": [{ "contactid": KEY }], "@odata.nextLink": next });
    rig.answer("GET", "contacts", ResponseTemplate::new(200).set_body_json(first)).await;
    let second =
        json!({ "value": [{ "contactid": GONE }], "@odata.deltaLink": "contacts?$deltatoken=2" });
    rig.answer("GET", "contacts2", ResponseTemplate::new(200).set_body_json(second)).await;

    let table = contacts();
    let pages: Vec<ChangePage> =
        change_pages(&rig.client, &table, None).try_collect().await.unwrap();
    assert_eq!(pages.iter().map(|page| page.rows.len()).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(pages[0].token, None);
    assert_eq!(pages[1].token, Some(ChangeToken::new("contacts?$deltatoken=2")));
    let requests = rig.requests().await;
    assert_eq!(requests[1].url.query(), Some("$skiptoken=%3Cc%2F%3E"));
    assert!(requests.iter().all(|request| header(request, "prefer") == Some(PREFER)));
}

#[tokio::test]
async fn refusals_that_callers_act_on_are_known_by_their_code() {
    // answer, token expired, tracking off
    for (answer, expired, off) in [
        (error(400, "0x80044352", "Version stamp … has expired."), true, false),
        (error(410, "-2147204270", "Version stamp … has expired."), true, false),
        (error(400, "0x80072491", "Change tracking is not enabled for entity"), false, true),
        (error(400, "0x80060888", "The \"$filter\" query parameter"), false, false),
        (ResponseTemplate::new(400), false, false),
    ] {
        let rig = Rig::new().await;
        rig.answer("GET", "contacts", answer).await;
        let token = ChangeToken::new(delta_link(&rig));
        let error = rig.client.changes(&contacts(), Some(&token)).await.unwrap_err();
        assert_eq!(error.is_change_token_expired(), expired, "{error:?}");
        assert_eq!(error.is_change_tracking_off(), off, "{error:?}");
        assert_eq!(error.class(), ErrorClass::Rejected);
    }
}

#[tokio::test]
async fn a_token_of_another_environment_is_useless_and_gets_no_access_token() {
    let (rig, other) = (Rig::new().await, Rig::new().await);
    let links = [
        delta_link(&other),
        delta_link(&rig).replace("contacts", "accounts"),
        delta_link(&rig).replace("/api/data", "/other/data"),
        delta_link(&rig).replace("http://", "http://me@"),
        "//evil.example/api/data/v9.2/contacts?$deltatoken=1".to_owned(),
        String::new(),
    ];
    for link in links {
        let token = ChangeToken::new(link.clone());
        let error = rig.client.changes(&contacts(), Some(&token)).await.unwrap_err();
        assert!(matches!(error, Error::ForeignToken { .. }), "{link}: {error:?}");
        assert!(error.is_change_token_expired(), "everything has to be read again");
        assert!(!error.to_string().contains("deltatoken"), "{error}");
    }
    assert_eq!(other.requests().await.len() + rig.requests().await.len(), 0);
    assert_eq!(rig.tokens(), 0);
}

#[tokio::test]
async fn a_next_page_elsewhere_gets_no_access_token() {
    let (rig, other) = (Rig::new().await, Rig::new().await);
    let next = format!("{}/api/data/v9.2/contacts?$skiptoken=x", other.server.uri());
    let page = json!({ "value": [], "@odata.nextLink": next });
    rig.answer("GET", "contacts", ResponseTemplate::new(200).set_body_json(page)).await;
    let page = rig.client.changes(&contacts(), None).await.unwrap();
    let error = rig.client.next_changes(&contacts(), &page.next.unwrap()).await.unwrap_err();
    assert!(matches!(error, Error::ForeignLink { .. }), "{error:?}");
    assert!(!error.is_change_token_expired());
    assert_eq!(other.requests().await.len(), 0);
}

#[tokio::test]
async fn a_bad_name_is_not_sent() {
    let rig = Rig::new().await;
    for (entity_set, column) in [("contacts?x", "a"), ("contacts", "a&$filter=b")] {
        let table = TrackedTable {
            entity_set: entity_set.to_owned(),
            columns: vec![column.to_owned()],
            ..contacts()
        };
        let token = ChangeToken::new(delta_link(&rig));
        for since in [None, Some(&token)] {
            let error = rig.client.changes(&table, since).await.unwrap_err();
            assert!(matches!(error, Error::Configuration { .. }), "{error:?}");
        }
    }
    assert_eq!(rig.requests().await.len(), 0);
}

#[tokio::test]
async fn the_sandbox_tells_what_has_changed() {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let contact = |id: Uuid, name: &str| json!({ "contactid": id, "lastname": name });
    let world = json!({ "dataverse": { "contacts": [contact(KEY, "Aalto"), contact(GONE, "B")] } });
    sandbox.load_world(&world).unwrap();
    let client = client_of_sandbox(&sandbox);

    let whole = client.changes(&contacts(), None).await.unwrap();
    assert_eq!(whole.rows.len(), 2);
    let token = whole.token.unwrap();
    let nothing = client.changes(&contacts(), Some(&token)).await.unwrap();
    assert_eq!((nothing.rows.len(), nothing.deleted.len()), (0, 0));
    let made = Uuid::from_u128(9);
    let create = Write::Create {
        entity_set: "contacts".to_owned(),
        key_column: "contactid".to_owned(),
        id: made,
        columns: Columns::new().set("lastname", "New"),
    };
    client.write(&create).await.unwrap();
    let one = client.changes(&contacts(), nothing.token.as_ref()).await.unwrap();
    assert_eq!(one.rows.len(), 1);
    assert_eq!(one.rows[0].uuid("contactid"), Some(made));
    let queues = TrackedTable {
        entity_set: "queues".to_owned(),
        key_column: "queueid".to_owned(),
        columns: vec!["name".to_owned()],
    };
    assert!(client.changes(&queues, None).await.unwrap_err().is_change_tracking_off());
    sandbox.shutdown().await;
}
