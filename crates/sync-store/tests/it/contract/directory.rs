use futures::TryStreamExt;
use sync_store::{DirectoryChanges, DirectoryLoad, DirectoryRow, Store, directory_rows};
use uuid::Uuid;
use voice_model::TenantName;

use crate::contract::contract;
use crate::fixtures::*;

contract! {
    a_table_begins_with_load_zero,
    changes_of_another_load_are_refused,
    loads_are_by_tenant_and_table,
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

/// Saves changes to the load that the store has.
async fn save(store: &dyn Store, table: &str, changes: &DirectoryChanges) {
    let tenant = tenant();
    let load = store.directory_load(&tenant, table).await.unwrap().number;
    assert!(store.save_directory_changes(&tenant, table, load, changes).await.unwrap());
}

async fn token(store: &dyn Store, table: &str) -> Option<String> {
    store.directory_load(&tenant(), table).await.unwrap().token
}

async fn a_table_begins_with_load_zero(store: &dyn Store) {
    let tenant = tenant();
    let none = store.directory_load(&tenant, "contact").await.unwrap();
    assert_eq!(none, DirectoryLoad { number: 0, token: None });
    let first = changes(&[(1, "a")], &[], Some("t1"));
    assert!(store.save_directory_changes(&tenant, "contact", 0, &first).await.unwrap());
    let load = store.directory_load(&tenant, "contact").await.unwrap();
    assert_eq!(load, DirectoryLoad { number: 0, token: Some("t1".to_owned()) });
}

async fn changes_of_another_load_are_refused(store: &dyn Store) {
    let tenant = tenant();
    let stale = changes(&[(9, "stale")], &[1], Some("stale"));
    for other in [1, -1, i64::MAX] {
        let saved = store.save_directory_changes(&tenant, "contact", other, &stale).await.unwrap();
        assert!(!saved, "{other}");
    }
    assert!(store.tenants().await.unwrap().is_empty(), "a refusal keeps nothing");

    let first = store.clear_directory(&tenant, "contact").await.unwrap();
    let fresh = changes(&[(1, "a")], &[], Some("t1"));
    assert!(store.save_directory_changes(&tenant, "contact", first, &fresh).await.unwrap());
    assert!(!store.save_directory_changes(&tenant, "contact", 0, &stale).await.unwrap());
    let second = store.clear_directory(&tenant, "contact").await.unwrap();
    assert!(second > first);
    assert!(!store.save_directory_changes(&tenant, "contact", first, &stale).await.unwrap());
    let load = store.directory_load(&tenant, "contact").await.unwrap();
    assert_eq!(load, DirectoryLoad { number: second, token: None });
    assert!(rows(store, "contact").await.is_empty());
}

async fn loads_are_by_tenant_and_table(store: &dyn Store) {
    let (tenant, other) = (tenant(), TenantName::new("fabrikam"));
    assert_eq!(store.clear_directory(&tenant, "contact").await.unwrap(), 1);
    assert_eq!(store.clear_directory(&tenant, "contact").await.unwrap(), 2);
    assert_eq!(store.clear_directory(&tenant, "account").await.unwrap(), 1);
    assert_eq!(store.clear_directory(&other, "contact").await.unwrap(), 1);
    assert_eq!(store.directory_load(&tenant, "contact").await.unwrap().number, 2);
}

async fn changes_and_token_are_kept_together(store: &dyn Store) {
    let first = changes(&[(2, "b"), (1, "a"), (3, "c")], &[], Some("t1"));
    save(store, "contact", &first).await;
    let second = changes(&[(2, "B"), (4, "d"), (4, "D"), (5, "e")], &[1, 5, 9], Some("t2"));
    save(store, "contact", &second).await;
    assert_eq!(rows(store, "contact").await, [row(2, "B"), row(3, "c"), row(4, "D")]);
    assert_eq!(token(store, "contact").await.as_deref(), Some("t2"));
}

async fn a_page_without_token_leaves_the_token(store: &dyn Store) {
    let page = changes(&[(1, "a")], &[], None);
    save(store, "contact", &page).await;
    assert_eq!(token(store, "contact").await, None);
    let last = changes(&[], &[], Some("t1"));
    save(store, "contact", &last).await;
    save(store, "contact", &page).await;
    assert_eq!(token(store, "contact").await.as_deref(), Some("t1"));
}

async fn a_cleared_table_is_to_be_loaded_whole(store: &dyn Store) {
    let tenant = tenant();
    store.clear_directory(&tenant, "contact").await.unwrap();
    let first = changes(&[(1, "a")], &[], Some("t1"));
    save(store, "contact", &first).await;
    store.clear_directory(&tenant, "contact").await.unwrap();
    assert_eq!(token(store, "contact").await, None);
    assert!(rows(store, "contact").await.is_empty());
}

async fn tables_are_apart(store: &dyn Store) {
    let tenant = tenant();
    let contact = changes(&[(1, "contact")], &[], Some("c"));
    let account = changes(&[(1, "account")], &[], Some("a"));
    save(store, "contact", &contact).await;
    save(store, "account", &account).await;
    store.clear_directory(&tenant, "contact").await.unwrap();
    assert_eq!(rows(store, "account").await, [row(1, "account")]);
    assert_eq!(token(store, "account").await.as_deref(), Some("a"));
}

async fn pages_hold_every_row_once_in_the_order_of_keys(store: &dyn Store) {
    let tenant = tenant();
    let upserts = (0..1_203_u128).rev().map(|key| row(key << 64, "x")).collect();
    let all = DirectoryChanges { upserts, ..DirectoryChanges::default() };
    save(store, "contact", &all).await;
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
