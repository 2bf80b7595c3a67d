//! Connections that break, which a well-behaved server cannot do.

use std::sync::Arc;

use dataverse_client::{
    BatchItem, Columns, DataverseApi, DataverseClient, Error, Precondition, Query, Write,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use uuid::Uuid;
use voice_model::{ErrorClass, SystemClock};

use crate::rig::{Rig, client};

/// A server that sends this to whoever connects, then closes.
async fn breaking(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut request = [0; 16 * 1024];
            let _ = connection.read(&mut request).await;
            let _ = connection.write_all(answer.as_bytes()).await;
            let _ = connection.shutdown().await;
        }
    });
    format!("http://{address}")
}

async fn client_of(rig: &Rig, answer: &'static str) -> DataverseClient {
    client(&breaking(answer).await, &rig.server.uri(), Arc::new(SystemClock))
}

fn update() -> Write {
    Write::Update {
        entity_set: "contacts".to_owned(),
        id: Uuid::nil(),
        columns: Columns::new().set("a", 1),
        precondition: Precondition::Exists,
    }
}

#[tokio::test]
async fn a_lost_answer_leaves_a_write_open_and_a_read_not() {
    let rig = Rig::new().await;
    for answer in ["", "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"value\":[]"] {
        let client = client_of(&rig, answer).await;
        let error = client.write(&update()).await.unwrap_err();
        assert!(matches!(error, Error::Transport { .. }), "{error:?}");
        assert!(error.may_have_applied());
        assert_eq!(error.class(), ErrorClass::Transient);
        let error = client.batch(&[BatchItem::Write(update())]).await.unwrap_err();
        assert!(error.may_have_applied());
        let error = client.query(&Query::new("contacts")).await.unwrap_err();
        assert!(!error.may_have_applied());
        assert_eq!(error.class(), ErrorClass::Transient);
        assert_eq!(client.requests_sent(), 6, "each one twice");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_has_written_nothing() {
    let rig = Rig::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let environment = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = client(&environment, &rig.server.uri(), Arc::new(SystemClock));
    let error = client.write(&update()).await.unwrap_err();
    assert!(!error.may_have_applied());
    assert_eq!(error.class(), ErrorClass::Transient);
    assert_eq!(error.to_string(), "could not update a row of contacts in Dataverse");
}

#[tokio::test]
async fn no_error_shows_the_token() {
    let rig = Rig::new().await;
    let client = client_of(&rig, "").await;
    let error = client.write(&update()).await.unwrap_err();
    assert!(!format!("{error:?}{client:?}").contains("token-1"));
}
