//! The client against the simulated platform, which knows how items move from state to state.

use enreach_client::{CallbackState, CloseAnswer, EnreachApi, EnreachClient};
use sandbox::{Sandbox, SandboxOptions, identity};
use secrecy::SecretString;
use serde_json::json;
use voice_model::{CallbackItemId, CallbackListId, Clock, ErrorClass, SystemClock};

use crate::plant::http;

const LIST: &str = "7c1d9c2a-2a11-ec11-b832-0050569e6df2";
const AGENT: &str = "fbc423f5-74f9-e911-80e0-00505689257e";

fn item(id: &str) -> CallbackItemId {
    CallbackItemId::new(id).unwrap()
}

fn guid(number: u32) -> String {
    format!("5e0e2f10-7a11-ec11-b832-{number:012}")
}

async fn platform() -> (Sandbox, EnreachClient) {
    let item = |number: u32, state: &str, age: &str| {
        json!({"Id": guid(number), "CallbackListId": LIST, "Number": "+358409998877",
               "State": state, "Created": age})
    };
    let mut reserved = item(2, "Reserved", "now-PT20M");
    reserved["AssignedUserId"] = AGENT.into();
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    sandbox
        .load_world(&json!({"enreach": {
            "users": [{"Id": AGENT, "UserName": "anna.agent@example.com"}],
            "callback_lists": [{"Id": LIST, "Name": "Sales callbacks"}],
            "callback_items": [
                item(1, "Open", "now-PT30M"), reserved, item(3, "Closed", "now-PT10M"),
                item(4, "Open", "now-PT3H"),
            ],
        }}))
        .unwrap();
    let secret = SecretString::from(identity::ENREACH_SECRET_KEY);
    let client = EnreachClient::builder(http(), identity::ENREACH_USER_NAME, secret)
        .discovery_url(sandbox.base_url().parse().unwrap())
        .build()
        .unwrap();
    (sandbox, client)
}

#[tokio::test]
async fn waiting_items_of_a_list_are_read_and_closed_once() {
    let (sandbox, client) = platform().await;
    let lists = client.callback_lists().await.unwrap();
    let list = CallbackListId::new(LIST).unwrap();
    assert_eq!(lists.rows[0].id, list);
    let since = SystemClock.now() - chrono::Duration::hours(1);
    let waiting = [CallbackState::Open, CallbackState::Reserved];
    let items = client.callback_items(&list, since, &waiting).await.unwrap();
    let ids: Vec<_> = items.rows.iter().map(|it| it.id.to_string()).collect();
    assert_eq!((ids, items.unreadable.len()), (vec![guid(1), guid(2)], 0));

    let first = item(&guid(1));
    for _ in 0..2 {
        assert_eq!(client.close_callback(&first).await.unwrap(), CloseAnswer::Closed);
    }
    let closed = client.callback_item(&first).await.unwrap().unwrap();
    assert_eq!(closed.state, CallbackState::Closed);
    assert_eq!(closed.note.as_deref(), Some("Moved to CRM"));

    let second = item(&guid(2));
    let kept = client.close_callback(&second).await.unwrap();
    assert!(matches!(kept, CloseAnswer::Refused { status: 409, .. }), "{kept:?}");
    let state = client.callback_item(&second).await.unwrap().unwrap().state;
    assert_eq!(state, CallbackState::Reserved, "never by force");

    let nothing = item(&guid(9));
    assert_eq!(client.callback_item(&nothing).await.unwrap(), None);
    assert_eq!(client.close_callback(&nothing).await.unwrap(), CloseAnswer::Gone);
    let nowhere = CallbackListId::new(&guid(9)).unwrap();
    let error = client.callback_items(&nowhere, since, &waiting).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::NotFound);
    sandbox.shutdown().await;
}
