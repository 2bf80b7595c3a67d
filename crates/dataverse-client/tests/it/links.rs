//! Links of answers: the access token goes nowhere else.

use dataverse_client::{DataverseApi, Error, Query, all_rows};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::rig::Rig;

async fn with_link(link: &str) -> (Rig, Error) {
    let rig = Rig::new().await;
    let page = json!({ "value": [{ "n": 1 }], "@odata.nextLink": link });
    rig.answer("GET", "contacts", ResponseTemplate::new(200).set_body_json(page)).await;
    let page = rig.client.query(&Query::new("contacts")).await.unwrap();
    let error = rig.client.next_page(&page.next.unwrap()).await.unwrap_err();
    (rig, error)
}

#[tokio::test]
async fn a_link_to_another_host_gets_no_token() {
    let other = Rig::new().await;
    let link = format!("{}/api/data/v9.2/contacts?$skiptoken=secret", other.server.uri());
    let (rig, error) = with_link(&link).await;
    assert!(matches!(error, Error::ForeignLink { .. }), "{error:?}");
    assert!(!error.to_string().contains("skiptoken"), "{error}");
    assert_eq!(other.requests().await.len(), 0);
    assert_eq!(rig.requests().await.len(), 1);
}

#[tokio::test]
async fn a_link_out_of_the_api_is_not_followed() {
    for link in ["/other", "https://127.0.0.1/api/data/v9.2/contacts", "http://[bad"] {
        let (_, error) = with_link(link).await;
        assert!(matches!(error, Error::ForeignLink { .. }), "{link}: {error:?}");
    }
}

#[tokio::test]
async fn a_link_that_leads_to_itself_ends_with_an_error() {
    let rig = Rig::new().await;
    let page = json!({ "value": [], "@odata.nextLink": "contacts?$skiptoken=1" });
    rig.answer("GET", "contacts", ResponseTemplate::new(200).set_body_json(page)).await;
    let error = all_rows(&rig.client, &Query::new("contacts")).await.unwrap_err();
    assert!(matches!(error, Error::EndlessPaging { .. }), "{error:?}");
    assert_eq!(rig.requests().await.len(), 2);
}
