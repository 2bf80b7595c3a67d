//! Opening the file.

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Sqlite, SqliteConnection};

use crate::sqlite::{SqliteStore, fault, migrate};
use crate::{Error, Result};

/// How a SQLite store is opened.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    busy_timeout: Duration,
    limit_pages: Option<u32>,
    readers: u32,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { busy_timeout: Duration::from_secs(10), limit_pages: None, readers: 4 }
    }
}

/// Time between attempts to open a file that another process is just creating.
const OPEN_AGAIN: Duration = Duration::from_millis(20);

/// The log is cut back to this size after a large transaction, such as a whole directory.
const LOG_LIMIT_BYTES: u32 = 64 << 20;

impl SqliteOptions {
    /// How long to wait for another process, or for another task of this one, that writes. Default
    /// ten seconds.
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// The most that the file may grow to, in pages of 4,096 bytes (SQLite's `max_page_count`); a
    /// write beyond that fails with [`Error::Full`]. A file that is larger already does not grow.
    pub fn limit_pages(mut self, pages: u32) -> Self {
        self.limit_pages = Some(pages);
        self
    }

    /// How many connections read at the same time, at least one. Default four.
    pub fn readers(mut self, readers: u32) -> Self {
        self.readers = readers.max(1);
        self
    }

    /// Opens a file. It is created if it does not exist, readable for its owner only, and brought
    /// to the newest schema.
    ///
    /// # Errors
    /// [`Error::Open`] when the path cannot be written, [`Error::Foreign`] when the file is something
    /// else, [`Error::NewerSchema`] when a newer version wrote it, [`Error::Busy`] when another
    /// process keeps it locked, [`Error::Full`] when there is no room to create it.
    pub async fn open(self, path: impl AsRef<Path>) -> Result<SqliteStore> {
        let path = path.as_ref();
        let location = path.display().to_string();
        create_private(path)
            .await
            .map_err(|source| Error::Open { location: location.clone(), source: source.into() })?;
        let started = Instant::now();
        loop {
            // Two processes that create one file disturb each other in a way that SQLite does not
            // wait for: <https://www.sqlite.org/wal.html#sometimes_queries_return_sqlite_busy_in_wal_mode>.
            match self.open_once(path, &location).await {
                Err(Error::Busy { .. }) if started.elapsed() < self.busy_timeout => {
                    tokio::time::sleep(OPEN_AGAIN).await;
                }
                opened => return opened,
            }
        }
    }

    /// Opens a database of its own in memory. The limit on pages holds; everything goes over one
    /// connection.
    ///
    /// # Errors
    /// [`Error::Full`] when the limit leaves no room for the schema.
    pub async fn open_in_memory(self) -> Result<SqliteStore> {
        let location = ":memory:";
        let options = self.writing(SqliteConnectOptions::new().in_memory(true));
        // A second connection would be a second database, and closing the only one loses all.
        let pool = PoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        let writer = pool.connect_lazy_with(options);
        migrate::migrate(&writer, location).await?;
        Ok(SqliteStore { location: location.to_owned(), readers: writer.clone(), writer })
    }

    async fn open_once(&self, path: &Path, location: &str) -> Result<SqliteStore> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(self.busy_timeout)
            .disable_statement_logging();
        inspect(&options, location).await?;
        let store = SqliteStore {
            location: location.to_owned(),
            writer: self.pool(1).connect_lazy_with(self.writing(options.clone())),
            readers: self.pool(self.readers).connect_lazy_with(options.pragma("query_only", "ON")),
        };
        match migrate::migrate(&store.writer, location).await {
            Ok(()) => Ok(store),
            Err(error) => {
                store.close().await;
                Err(error)
            }
        }
    }

    fn writing(&self, options: SqliteConnectOptions) -> SqliteConnectOptions {
        let options = options
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(self.busy_timeout)
            .disable_statement_logging()
            .pragma("secure_delete", "ON")
            .pragma("journal_size_limit", LOG_LIMIT_BYTES.to_string());
        match self.limit_pages {
            Some(pages) => options.pragma("max_page_count", pages.to_string()),
            None => options,
        }
    }

    fn pool(&self, connections: u32) -> PoolOptions<Sqlite> {
        PoolOptions::new()
            .max_connections(connections)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(self.busy_timeout)
            .test_before_acquire(false)
            .after_release(|connection: &mut SqliteConnection, _| {
                Box::pin(async move {
                    // The ping comes behind a roll-back that is still in the queue.
                    connection.ping().await?;
                    Ok(!connection.is_in_transaction())
                })
            })
    }
}

/// Creates the file if it does not exist, for its owner alone: it holds numbers of people. SQLite
/// gives its log the same rights.
async fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = tokio::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    options.mode(0o600);
    options.open(path).await.map(drop)
}

/// Looks at a file before anything in it is changed, its journal mode included.
async fn inspect(options: &SqliteConnectOptions, location: &str) -> Result<()> {
    const OPERATION: &str = "see what it is";
    let failed = |error: sqlx::Error| fault::error(location, OPERATION, error.into());
    let mut connection = options.connect().await.map_err(failed)?;
    let state = migrate::state(&mut connection, location).await;
    connection.close().await.map_err(failed)?;
    state.map(drop)
}
