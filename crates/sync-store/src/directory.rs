//! The snapshot of Dynamics rows that the number directory starts from.
//!
//! A table has rows by key and a token, which says up to where changes have been applied. Rows and
//! token of one call of [`Store::save_directory_changes`] are kept together or not at all, so the
//! token is never newer than the rows. It may be older: then changes are applied twice, which
//! changes nothing.

use futures::Stream;
use futures::stream::{self, TryStreamExt};
use uuid::Uuid;
use voice_model::TenantName;

use crate::{Opaque, Result, Store};

/// A load of a table. Whoever applies changes says to which load they belong: two processes may
/// follow one table, and one of them may begin anew.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct DirectoryLoad {
    /// Its number; 0 before the first.
    pub number: i64,
    /// The token from which changes are to be asked; `None` = the table has to be loaded whole.
    pub token: Option<String>,
}

impl std::fmt::Debug for DirectoryLoad {
    // A token is a link.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DirectoryLoad")
            .field("number", &self.number)
            .field("token", &self.token.is_some())
            .finish()
    }
}

/// A row of the snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryRow {
    /// Its key in Dynamics.
    pub key: Uuid,
    /// What the directory needs of it.
    pub value: Opaque,
}

/// Changes of one table.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct DirectoryChanges {
    /// Rows that are new or have changed. The last one of a key counts.
    pub upserts: Vec<DirectoryRow>,
    /// Keys of rows that are gone. A key that is not there is no error; one that is also among the
    /// upserts is gone.
    pub deletions: Vec<Uuid>,
    /// The token from which the next changes are asked. `None` leaves the present one: for all but
    /// the last of several pages.
    pub token: Option<String>,
}

impl std::fmt::Debug for DirectoryChanges {
    // Counts: a page of thousands of rows is no help in a log, and a token is a link.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DirectoryChanges")
            .field("upserts", &self.upserts.len())
            .field("deletions", &self.deletions.len())
            .field("token", &self.token.is_some())
            .finish()
    }
}

/// Some rows of a table, in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DirectoryPage {
    /// The rows.
    pub rows: Vec<DirectoryRow>,
    /// The key behind which the next page starts; `None` on the last page.
    pub next: Option<Uuid>,
}

impl DirectoryPage {
    /// A full page may have another behind it.
    pub(crate) fn of(rows: Vec<DirectoryRow>, limit: usize) -> Self {
        let next = rows.last().filter(|_| rows.len() >= limit).map(|row| row.key);
        Self { rows, next }
    }
}

/// Rows per page of [`directory_rows`].
const PAGE_ROWS: usize = 5_000;

/// All rows of a table, page by page: a million rows are never in memory twice.
///
/// Read the token *before* the rows. Changes that are saved in between are then newer than the
/// token and are applied again.
pub fn directory_rows<'a>(
    store: &'a dyn Store,
    tenant: &'a TenantName,
    table: &'a str,
) -> impl Stream<Item = Result<DirectoryRow>> + 'a {
    enum Place {
        Start,
        Behind(Uuid),
        End,
    }
    let pages = stream::try_unfold(Place::Start, move |place| async move {
        let after = match place {
            Place::Start => None,
            Place::Behind(key) => Some(key),
            Place::End => return Ok(None),
        };
        let page = store.directory_page(tenant, table, after, PAGE_ROWS).await?;
        let place = page.next.map_or(Place::End, Place::Behind);
        let rows = stream::iter(page.rows.into_iter().map(Ok));
        Ok(Some((rows, place)))
    });
    pages.try_flatten()
}
