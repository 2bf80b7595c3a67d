use futures::TryStreamExt;
use sync_store::{DirectoryChanges, DirectoryRow, Store, directory_rows};
use uuid::Uuid;

use crate::contract::contract;
use crate::fixtures::*;

contract! {
    changes_and_token_are_kept_together,
    a_page_without_token_leaves_the_token,
    a_cleared_table_is_to_be_loaded_whole,
    tables_are_apart,
    pages_hold_every_row_once_in_the_order_of_keys,
}

fn row(key: u128, value: &str) -> DirectoryRow {
    DirectoryRow { key: Uuid::from_u128(key), value: opaque(value) }
}

fn changes(upserts: &[(u128, &str)], deletions: &[u128], token: Option<&str>) -> DirectoryChanges {
    DirectoryChanges {
        upserts: upserts.iter().map(|(key, value)| row(*key, value)).collect(),
        deletions: deletions.iter().copied().map(Uuid::from_u128).collect(),
        token: token.map(str::to_owned),
    }
}

async fn rows(store: &dyn Store, table: &str) -> Vec<DirectoryRow> {
    directory_rows(store, &tenant(), table).try_collect().await.unwrap()
}

async fn changes_and_token_are_kept_together(store: &dyn Store) {
    let tenant = tenant();
    let first = changes(&[(2, "b"), (1, "a"), (3, "c")], &[], Some("t1"));
    store.save_directory_changes(&tenant, "contact", &first).await.unwrap();
    let second = changes(&[(2, "B"), (4, "d"), (4, "D"), (5, "e")], &[1, 5, 9], Some("t2"));
    store.save_directory_changes(&tenant, "contact", &second).await.unwrap();
    assert_eq!(rows(store, "contact").await, [row(2, "B"), row(3, "c"), row(4, "D")]);
    let token = store.directory_token(&tenant, "contact").await.unwrap();
    assert_eq!(token.as_deref(), Some("t2"));
}

async fn a_page_without_token_leaves_the_token(store: &dyn Store) {
    let tenant = tenant();
    let page = changes(&[(1, "a")], &[], None);
    store.save_directory_changes(&tenant, "contact", &page).await.unwrap();
    assert_eq!(store.directory_token(&tenant, "contact").await.unwrap(), None);
    let last = changes(&[], &[], Some("t1"));
    store.save_directory_changes(&tenant, "contact", &last).await.unwrap();
    store.save_directory_changes(&tenant, "contact", &page).await.unwrap();
    let token = store.directory_token(&tenant, "contact").await.unwrap();
    assert_eq!(token.as_deref(), Some("t1"));
}

async fn a_cleared_table_is_to_be_loaded_whole(store: &dyn Store) {
    let tenant = tenant();
    store.clear_directory(&tenant, "contact").await.unwrap();
    let first = changes(&[(1, "a")], &[], Some("t1"));
    store.save_directory_changes(&tenant, "contact", &first).await.unwrap();
    store.clear_directory(&tenant, "contact").await.unwrap();
    assert_eq!(store.directory_token(&tenant, "contact").await.unwrap(), None);
    assert!(rows(store, "contact").await.is_empty());
}

async fn tables_are_apart(store: &dyn Store) {
    let tenant = tenant();
    let contact = changes(&[(1, "contact")], &[], Some("c"));
    let account = changes(&[(1, "account")], &[], Some("a"));
    store.save_directory_changes(&tenant, "contact", &contact).await.unwrap();
    store.save_directory_changes(&tenant, "account", &account).await.unwrap();
    store.clear_directory(&tenant, "contact").await.unwrap();
    assert_eq!(rows(store, "account").await, [row(1, "account")]);
    let token = store.directory_token(&tenant, "account").await.unwrap();
    assert_eq!(token.as_deref(), Some("a"));
}

async fn pages_hold_every_row_once_in_the_order_of_keys(store: &dyn Store) {
    let tenant = tenant();
    let upserts = (0..1_203_u128).rev().map(|key| row(key << 64, "x")).collect();
    let all = DirectoryChanges { upserts, ..DirectoryChanges::default() };
    store.save_directory_changes(&tenant, "contact", &all).await.unwrap();
    let (mut keys, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = store.directory_page(&tenant, "contact", after, 500).await.unwrap();
        keys.extend(page.rows.iter().map(|row| row.key));
        pages += 1;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let expected: Vec<_> = (0..1_203_u128).map(|key| Uuid::from_u128(key << 64)).collect();
    assert_eq!((keys, pages), (expected, 3));
    assert_eq!(rows(store, "contact").await.len(), 1_203);
}
