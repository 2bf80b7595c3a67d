//! The inbox in a file: brought up from version 1, shared, full, cleaned.

use std::collections::HashSet;

use sync_store::{
    DirectoryChanges, DirectoryLoad, Error, JobName, NewEvent, SqliteOptions, SqliteStore, Store,
};
use voice_model::ErrorClass;

use crate::file::{folder, on_disk, raw, run};
use crate::fixtures::*;

#[tokio::test]
async fn a_store_of_version_1_keeps_what_it_has() {
    let folder = folder();
    let path = folder.path().join("voice.db");
    run(&path, include_str!("../../../src/sqlite/schema/0001_initial.sql")).await;
    run(
        &path,
        "INSERT INTO tenants (name) VALUES ('contoso');
         INSERT INTO cursors VALUES (1, 'call-sync', 1772366400000000);
         INSERT INTO directory_tables (tenant, name, token) VALUES (1, 'contact', 't1');
         INSERT INTO directory_rows VALUES (1, zeroblob(16), x'78');
         PRAGMA application_id = 0x56443336; PRAGMA user_version = 1",
    )
    .await;

    let (one, two) = tokio::join!(SqliteStore::open(&path), SqliteStore::open(&path));
    let (store, tenant) = (one.unwrap(), tenant());
    two.unwrap().close().await;
    assert_eq!(store.cursor(&tenant, &JobName::CALL_SYNC).await.unwrap(), Some(at(0)));
    let load = store.directory_load(&tenant, "contact").await.unwrap();
    assert_eq!(load, DirectoryLoad { number: 0, token: Some("t1".to_owned()) });
    let page = store.directory_page(&tenant, "contact", None, 9).await.unwrap();
    assert_eq!(page.rows[0].value, opaque("x"));
    let more = DirectoryChanges::default();
    assert!(store.save_directory_changes(&tenant, "contact", 0, &more).await.unwrap());
    assert_eq!(store.take_in(at(0), &[event("a")]).await.unwrap(), 1);
    store.close().await;

    let mut connection = raw(&path).await;
    let (version,): (i64,) =
        sqlx::query_as("PRAGMA user_version").fetch_one(&mut connection).await.unwrap();
    assert_eq!(version, 2);
}

#[tokio::test]
async fn two_stores_on_one_file_never_claim_the_same_event() {
    const EVENTS: usize = 200;
    let folder = folder();
    let path = folder.path().join("voice.db");
    let stores = [SqliteStore::open(&path).await.unwrap(), SqliteStore::open(&path).await.unwrap()];
    let events: Vec<_> = (0..EVENTS).map(|n| event(&format!("event-{n}"))).collect();
    stores[0].take_in(at(0), &events).await.unwrap();
    let tenant = tenant();
    let claims = ["one", "two", "three", "four"].into_iter().enumerate().map(|(n, holder)| {
        let (store, tenant) = (&stores[n % 2], &tenant);
        async move {
            let mut claimed = Vec::new();
            loop {
                let found = store.claim_events(tenant, holder, at(0), at(60), 7).await.unwrap();
                if found.is_empty() {
                    return claimed;
                }
                claimed.extend(found.into_iter().map(|event| event.key));
            }
        }
    });
    let claimed = futures::future::join_all(claims).await.concat();
    assert_eq!(claimed.len(), EVENTS, "some were claimed twice, or not at all");
    assert_eq!(claimed.into_iter().collect::<HashSet<_>>().len(), EVENTS);
}

#[tokio::test]
async fn a_full_store_takes_nothing_in_half() {
    let folder = folder();
    let path = folder.path().join("voice.db");
    let store = SqliteOptions::default().limit_pages(60).open(&path).await.unwrap();
    let tenant = tenant();
    store.take_in(days(0), &[event("first")]).await.unwrap();
    let many: Vec<_> = (0..1_000).map(|n| event(&format!("event-{n}"))).collect();
    let keys: Vec<_> = many.iter().map(|event| event.key.clone()).collect();
    for _ in 0..3 {
        let error = store.take_in(days(0), &many).await.unwrap_err();
        assert!(matches!(error, Error::Full { .. }), "{error:?}");
        assert_eq!((error.class(), error.may_have_applied()), (ErrorClass::Rejected, false));
        assert!(store.known_events(&tenant, &keys).await.unwrap().is_empty());
    }
    assert_eq!(store.take_in(days(0), &many[..9]).await.unwrap(), 9);
    assert_eq!(store.inbox_depth(&tenant).await.unwrap().open, 10);
}

#[tokio::test]
async fn a_take_in_that_is_given_up_leaves_nothing_and_blocks_nothing() {
    use futures::FutureExt;
    let folder = folder();
    let store = SqliteStore::open(folder.path().join("voice.db")).await.unwrap();
    let many: Vec<_> = (0..1_000).map(|n| event(&format!("event-{n}"))).collect();
    for polls in 1..8 {
        let mut write = store.take_in(at(0), &many);
        for _ in 0..polls {
            assert!(write.as_mut().now_or_never().is_none(), "it was to be given up half way");
            tokio::task::yield_now().await;
        }
        drop(write);
        assert_eq!(store.inbox_depth(&tenant()).await.unwrap().open, 0);
    }
    assert_eq!(store.take_in(at(0), &many).await.unwrap(), 1_000);
}

#[tokio::test]
async fn what_is_done_dropped_or_erased_is_gone_from_the_disk() {
    let folder = folder();
    let path = folder.path().join("voice.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let tenant = tenant();
    let secret = |name: &str, text: &str| NewEvent {
        body: opaque(&format!("{{\"name\":\"{text}{}\"}}", "x".repeat(9_000))),
        ..event(name)
    };
    let events = [
        secret("done", "SECRET-DONE"),
        NewEvent { number: None, ..secret("dropped", "SECRET-DROPPED") },
        secret("erased", "SECRET-ERASED"),
    ];
    store.take_in(at(0), &events).await.unwrap();
    store.claim_events(&tenant, "one", at(0), at(9), 1).await.unwrap();
    let problem = Some("SECRET-PROBLEM".to_owned());
    let put_off = sync_store::PutOff { problem, ..put_off("done", Some(at(9))) };
    store.put_off(&tenant, "one", &[put_off]).await.unwrap();
    for text in ["SECRET-DONE", "SECRET-DROPPED", "SECRET-ERASED", "SECRET-PROBLEM", "3585012345"] {
        assert!(on_disk(folder.path(), text.as_bytes()), "{text}");
    }

    store.record_callbacks(&tenant, at(1), &[], &[done("done")]).await.unwrap();
    store.drop_event(&tenant, &key("dropped"), at(1)).await.unwrap();
    for text in ["SECRET-DONE", "SECRET-DROPPED", "SECRET-PROBLEM"] {
        assert!(!on_disk(folder.path(), text.as_bytes()), "{text} is still on disk");
    }
    assert_eq!(store.erase(&tenant, &number()).await.unwrap().events, 1);
    for text in ["SECRET-ERASED", "3585012345"] {
        assert!(!on_disk(folder.path(), text.as_bytes()), "{text} is still on disk");
    }
}
