//! What is special about a file: it is reopened, shared, full, foreign, in the way.

mod inbox;

use std::path::Path;
use std::time::Duration;

use sqlx::{ConnectOptions, Connection, SqliteConnection};
use sync_store::{
    DirectoryChanges, DirectoryRow, Error, JobName, SqliteOptions, SqliteStore, Store,
};
use tempfile::TempDir;
use uuid::Uuid;
use voice_model::ErrorClass;

use crate::fixtures::*;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A connection of our own to a file, beside any store.
async fn raw(path: &Path) -> SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    options.connect().await.unwrap()
}

async fn run(path: &Path, sql: &'static str) {
    let mut connection = raw(path).await;
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// The error and its causes in one line.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[tokio::test]
async fn a_reopened_store_knows_everything() {
    let folder = folder();
    let path = folder.path().join("voice.db");
    let store = SqliteStore::open(&path).await.unwrap();
    store.record(&tenant(), at(0), &[logged("a"), failed("b", 8, None)]).await.unwrap();
    store.advance_cursor(&tenant(), &JobName::CALL_SYNC, at(0)).await.unwrap();
    let before = store.calls(&tenant(), &[call("a"), call("b")]).await.unwrap();
    store.close().await;
    assert!(!folder.path().join("voice.db-wal").exists(), "a closed store is one file");

    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(store.calls(&tenant(), &[call("a"), call("b")]).await.unwrap(), before);
    assert_eq!(store.cursor(&tenant(), &JobName::CALL_SYNC).await.unwrap(), Some(at(0)));
    assert_eq!(store.record(&tenant(), at(1), &[logged("a")]).await.unwrap(), 0);
}

#[tokio::test]
async fn paths_in_any_spelling_are_opened() {
    let folder = folder();
    for name in ["åäö ☎.db", "50% & more?.db", "file:voice.db", "voice.db#1"] {
        let path = folder.path().join(name);
        let store = SqliteStore::open(&path).await.unwrap();
        store.record(&tenant(), at(0), &[logged("a")]).await.unwrap();
        store.close().await;
        assert!(path.metadata().unwrap().len() > 0, "{name}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let store = SqliteStore::open(folder.path().join("voice.db")).await.unwrap();
    store.record(&tenant(), at(0), &[logged("a")]).await.unwrap();
    for name in ["voice.db", "voice.db-wal", "voice.db-shm"] {
        let mode = folder.path().join(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}

#[tokio::test]
async fn two_stores_on_one_file_see_each_other_and_lose_nothing() {
    let folder = folder();
    let path = folder.path().join("voice.db");
    let (one, two) = tokio::join!(SqliteStore::open(&path), SqliteStore::open(&path));
    let stores = [one.unwrap(), two.unwrap()];
    let job = JobName::CALL_SYNC;
    let tenant = tenant();
    let writes = (0..40).map(|n| {
        let (store, tenant, job) = (&stores[n % 2], &tenant, &job);
        async move {
            let decisions = [logged(&format!("call-{n}")), deferred("shared")];
            store.record(tenant, at(0), &decisions).await.unwrap();
            store.advance_cursor(tenant, job, at(n as i64)).await.unwrap();
        }
    });
    futures::future::join_all(writes).await;
    let calls: Vec<_> = (0..40).map(|n| call(&format!("call-{n}"))).collect();
    for store in &stores {
        assert_eq!(store.calls(&tenant, &calls).await.unwrap().len(), 40);
        assert_eq!(store.history(&tenant, &call("shared")).await.unwrap().len(), 1);
        assert_eq!(store.cursor(&tenant, &job).await.unwrap(), Some(at(39)));
    }
    let mut granted = 0;
    for (store, holder) in stores.iter().zip(["one", "two"]) {
        let answer = store.acquire_lease(&tenant, &job, holder, at(0), at(9)).await.unwrap();
        granted += usize::from(answer.is_granted());
    }
    assert_eq!(granted, 1);
}

#[tokio::test]
async fn a_store_that_stays_locked_is_passing_trouble() {
    let folder = folder();
    let path = folder.path().join("voice.db");
    let options = SqliteOptions::default().busy_timeout(Duration::from_millis(50));
    let store = options.open(&path).await.unwrap();
    let mut other = raw(&path).await;
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();

    let error = store.record(&tenant(), at(0), &[logged("a")]).await.unwrap_err();
    assert!(matches!(error, Error::Busy { .. }), "{error:?}");
    assert_eq!(error.class(), ErrorClass::Transient);
    assert!(store.calls(&tenant(), &[call("a")]).await.unwrap().is_empty(), "reading goes on");
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(store.record(&tenant(), at(0), &[logged("a")]).await.unwrap(), 1);
}

#[tokio::test]
async fn a_full_store_says_so_and_keeps_nothing_half() {
    let folder = folder();
    let path = folder.path().join("voice.db");
    let store = SqliteOptions::default().limit_pages(60).open(&path).await.unwrap();
    let tenant = tenant();
    store.record(&tenant, days(0), &[deferred("first")]).await.unwrap();
    let mut large = deferred("large");
    large.details.as_mut().unwrap().legs = opaque(&"x".repeat(1 << 18));
    let decisions = [logged("small"), deferred("first"), logged("first"), large];

    for _ in 0..3 {
        let error = store.record(&tenant, days(0), &decisions).await.unwrap_err();
        assert!(matches!(error, Error::Full { .. }), "{error:?}");
        assert_eq!((error.class(), error.may_have_applied()), (ErrorClass::Rejected, false));
        let text = chain(&error);
        assert!(text.contains("voice.db is full: could not record decisions"), "{text}");
    }
    let calls = ["first", "small", "large"].map(call);
    let states = store.calls(&tenant, &calls).await.unwrap();
    assert_eq!(names(states.keys()), ["first"]);
    assert_eq!(states[&calls[0]].reason, "NoMatch");
    assert!(store.was_ever_logged(&tenant, &calls).await.unwrap().is_empty());

    // With less to keep it goes on, on the same connection.
    assert_eq!(store.purge(days(99), chrono::Duration::days(45)).await.unwrap().calls, 1);
    assert_eq!(store.record(&tenant, days(99), &[logged("small")]).await.unwrap(), 1);
}

#[tokio::test]
async fn a_write_that_is_given_up_leaves_nothing_and_blocks_nothing() {
    use futures::FutureExt;
    let folder = folder();
    let store = SqliteStore::open(folder.path().join("voice.db")).await.unwrap();
    let many: Vec<_> = (0..200).map(|n| logged(&format!("call-{n}"))).collect();
    let calls: Vec<_> = many.iter().map(|decision| decision.call.clone()).collect();
    let tenant = tenant();
    for polls in 1..12 {
        let mut write = store.record(&tenant, at(0), &many);
        for _ in 0..polls {
            assert!(write.as_mut().now_or_never().is_none(), "it was to be given up half way");
            tokio::task::yield_now().await;
        }
        drop(write);
        assert!(store.calls(&tenant, &calls).await.unwrap().is_empty());
    }
    assert_eq!(store.record(&tenant, at(0), &many).await.unwrap(), 200);
}

#[tokio::test]
async fn a_transaction_that_sqlite_rolls_back_by_itself_blocks_nothing() {
    let folder = folder();
    let path = folder.path().join("voice.db");
    let store = SqliteStore::open(&path).await.unwrap();
    // As a full disk may do, at a moment that can be chosen.
    run(
        &path,
        "CREATE TRIGGER trouble BEFORE INSERT ON calls WHEN new.call_id = 'trouble'
         BEGIN SELECT raise(ROLLBACK, 'no'); END",
    )
    .await;
    for _ in 0..3 {
        let decisions = [logged("a"), logged("trouble")];
        assert!(store.record(&tenant(), at(0), &decisions).await.is_err());
        assert!(store.calls(&tenant(), &[call("a")]).await.unwrap().is_empty());
    }
    assert_eq!(store.record(&tenant(), at(0), &[logged("a")]).await.unwrap(), 1);
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_left_alone() {
    let folder = folder();
    let path = folder.path().join("voice.db");
    SqliteStore::open(&path).await.unwrap().close().await;
    run(&path, "PRAGMA user_version = 99").await;
    let error = SqliteStore::open(&path).await.unwrap_err();
    assert!(matches!(error, Error::NewerSchema { found: 99, .. }), "{error:?}");
    assert_eq!(error.class(), ErrorClass::Rejected);
    assert!(error.to_string().contains("voice.db"), "{error}");
    assert!(error.to_string().contains("newer version"), "{error}");
}

#[tokio::test]
async fn a_database_of_another_program_is_left_alone() {
    let folder = folder();
    let path = folder.path().join("other.db");
    run(&path, "CREATE TABLE theirs (x); PRAGMA journal_mode = DELETE").await;
    let before = std::fs::read(&path).unwrap();
    let error = SqliteStore::open(&path).await.unwrap_err();
    assert!(matches!(error, Error::Foreign { .. }), "{error:?}");
    assert!(error.to_string().contains("other.db"), "{error}");
    assert!(std::fs::read(&path).unwrap() == before, "the file was changed");
}

#[tokio::test]
async fn a_file_of_another_kind_is_left_alone() {
    let folder = folder();
    let path = folder.path().join("notes.txt");
    let text = "Notes on phone calls.\n".repeat(99);
    std::fs::write(&path, &text).unwrap();
    let error = SqliteStore::open(&path).await.unwrap_err();
    assert!(matches!(error, Error::Foreign { .. }), "{error:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_path_that_cannot_be_written_is_named() {
    let folder = folder();
    let file = folder.path().join("a file");
    std::fs::write(&file, "").unwrap();
    let no_folder = folder.path().join("none").join("voice.db");
    for path in [no_folder, file.join("voice.db"), folder.path().to_owned()] {
        let error = SqliteStore::open(&path).await.unwrap_err();
        assert!(matches!(error, Error::Open { .. }), "{error:?}");
        assert_eq!(error.class(), ErrorClass::Rejected);
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        assert!(std::error::Error::source(&error).is_some(), "{error}");
    }
}

/// Whether bytes stand in any file of a folder.
fn on_disk(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|file| {
        let contents = std::fs::read(file.unwrap().path()).unwrap();
        contents.windows(bytes.len()).any(|window| window == bytes)
    })
}

#[tokio::test]
async fn what_is_erased_is_gone_from_the_disk() {
    let folder = folder();
    let store = SqliteStore::open(folder.path().join("voice.db")).await.unwrap();
    let tenant = tenant();
    let mut hers = logged("hers");
    let details = hers.details.as_mut().unwrap();
    details.legs = opaque(&format!("[\"SECRET-LEGS{}\"]", "x".repeat(20_000)));
    details.evidence = opaque("{\"name\":\"SECRET-NAME\"}");
    store.record(&tenant, at(0), &[deferred("hers"), hers]).await.unwrap();
    assert!(on_disk(folder.path(), b"SECRET-LEGS") && on_disk(folder.path(), b"SECRET-NAME"));

    store.erase(&tenant, &number()).await.unwrap();
    for secret in [&b"SECRET-LEGS"[..], b"SECRET-NAME", NUMBER.as_bytes(), b"358501234567"] {
        let text = String::from_utf8_lossy(secret);
        assert!(!on_disk(folder.path(), secret), "{text} is still on disk");
    }
}

#[tokio::test]
async fn an_idle_pass_leaves_the_files_as_they_are() {
    let folder = folder();
    let store = SqliteStore::open(folder.path().join("voice.db")).await.unwrap();
    let decisions = [logged("a"), deferred("b"), not_work("c"), failed("d", 2, Some(at(99)))];
    store.record(&tenant(), at(0), &decisions).await.unwrap();
    let wal = folder.path().join("voice.db-wal");
    let before = std::fs::read(&wal).unwrap();
    store.record(&tenant(), at(60), &decisions).await.unwrap();
    assert!(std::fs::read(&wal).unwrap() == before, "something was written");
}

#[tokio::test]
async fn a_damaged_value_is_an_error_and_no_panic() {
    let folder = folder();
    let path = folder.path().join("voice.db");
    let store = SqliteStore::open(&path).await.unwrap();
    store.record(&tenant(), at(0), &[logged("a")]).await.unwrap();
    run(&path, "UPDATE calls SET seen_at = 9223372036854775807").await;
    let error = store.calls(&tenant(), &[call("a")]).await.unwrap_err();
    assert!(matches!(error, Error::Unreadable { what: "a time", .. }), "{error:?}");
    let error = store.record(&tenant(), at(1), &[deferred("a")]).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Bug);
}

#[tokio::test]
async fn a_refused_directory_page_moves_no_token() {
    let folder = folder();
    let path = folder.path().join("voice.db");
    let store = SqliteOptions::default().limit_pages(60).open(&path).await.unwrap();
    let row = |key, length: usize| DirectoryRow {
        key: Uuid::from_u128(key),
        value: opaque(&"x".repeat(length)),
    };
    let changes = |upserts, token: &str| DirectoryChanges {
        upserts,
        deletions: Vec::new(),
        token: Some(token.to_owned()),
    };
    let tenant = tenant();
    let small = changes(vec![row(1, 9)], "t1");
    store.save_directory_changes(&tenant, "contact", 0, &small).await.unwrap();
    let large = changes((1..2_000).map(|key| row(key, 500)).collect(), "t2");
    let error = store.save_directory_changes(&tenant, "contact", 0, &large).await.unwrap_err();
    assert!(matches!(error, Error::Full { .. }), "{error:?}");
    let load = store.directory_load(&tenant, "contact").await.unwrap();
    assert_eq!(load.token.as_deref(), Some("t1"));
    let page = store.directory_page(&tenant, "contact", None, 9).await.unwrap();
    assert_eq!(page.rows, [row(1, 9)]);
}
