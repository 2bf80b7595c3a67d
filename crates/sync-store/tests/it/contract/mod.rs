//! Behaviour that every adapter must show. A new adapter gets a module in [`contract!`] and nothing
//! else.

mod callbacks;
mod calls;
mod cursors;
mod directory;
mod failures;
mod history;
mod inbox;
mod leases;
mod letters;
mod retention;
mod runs;
mod tenants;

/// Runs each behaviour against each adapter.
macro_rules! contract {
    ($($behaviour:ident,)*) => {
        mod in_memory {
            $(#[tokio::test]
            async fn $behaviour() {
                super::$behaviour(&sync_store::InMemoryStore::default()).await;
            })*
        }
        mod in_sqlite {
            $(#[tokio::test]
            async fn $behaviour() {
                let folder = tempfile::tempdir().unwrap();
                let store = sync_store::SqliteStore::open(folder.path().join("voice.db")).await;
                super::$behaviour(&store.unwrap()).await;
            })*
        }
    };
}
use contract;
