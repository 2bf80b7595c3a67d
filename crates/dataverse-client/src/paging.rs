//! Reading pages to their end: of a query, or of what has changed in a table.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use futures::{Stream, TryStreamExt, stream};

use crate::{
    ChangePage, ChangeToken, DataverseApi, Error, NextLink, Page, Query, Result, Row, TrackedTable,
};

/// More pages than any reading of ours can have; a server that goes on has lost its way.
const MAX_PAGES: usize = 100_000;

/// The rows of a query, page after page as they are needed. The first error ends the stream.
///
/// # Errors
/// Those of [`DataverseApi::query`] and [`DataverseApi::next_page`], and
/// [`Error::EndlessPaging`] when a link comes a second time.
pub fn rows<'a>(
    api: &'a dyn DataverseApi,
    query: &'a Query,
) -> impl Stream<Item = Result<Row>> + Send + 'a {
    let pages = stream::try_unfold(Some(Cursor::new(api, query)), async |cursor| {
        let Some(mut cursor) = cursor else { return Ok(None) };
        let page = cursor.read().await?;
        let more = cursor.advance(page.next)?;
        Ok::<_, Error>(Some((stream::iter(page.rows.into_iter().map(Ok)), more.then_some(cursor))))
    });
    pages.try_flatten()
}

/// All rows of a query.
///
/// # Errors
/// As [`rows`].
pub async fn all_rows(api: &dyn DataverseApi, query: &Query) -> Result<Vec<Row>> {
    rows(api, query).try_collect().await
}

/// The pages of a tracked table, as [`DataverseApi::changes`] begins them, one at a time in memory.
/// The last one has the token for the next time. The first error ends the stream.
///
/// # Errors
/// Those of [`DataverseApi::changes`] and [`DataverseApi::next_changes`], and
/// [`Error::EndlessPaging`] when a link comes a second time.
pub fn change_pages<'a>(
    api: &'a dyn DataverseApi,
    table: &'a TrackedTable,
    since: Option<&'a ChangeToken>,
) -> impl Stream<Item = Result<ChangePage>> + Send + 'a {
    let start = Some((None::<NextLink>, Trail::default()));
    stream::try_unfold(start, move |position| async move {
        let Some((next, mut trail)) = position else { return Ok(None) };
        let page = match &next {
            None => api.changes(table, since).await?,
            Some(next) => api.next_changes(table, next).await?,
        };
        let Some(next) = page.next.clone() else { return Ok(Some((page, None))) };
        trail.follow(&next, &table.entity_set)?;
        Ok(Some((page, Some((Some(next), trail)))))
    })
}

/// The links followed so far. A reading that goes round in circles ends with an error.
#[derive(Default)]
struct Trail {
    /// Hashes of the links.
    followed: HashSet<u64>,
}

impl Trail {
    fn follow(&mut self, next: &NextLink, entity_set: &str) -> Result<()> {
        let mut hasher = DefaultHasher::new();
        next.url.hash(&mut hasher);
        let problem = if !self.followed.insert(hasher.finish()) {
            "a link to a next page came a second time".to_owned()
        } else if self.followed.len() > MAX_PAGES {
            format!("there are more than {MAX_PAGES}")
        } else {
            return Ok(());
        };
        Err(Error::EndlessPaging { entity_set: entity_set.to_owned(), problem })
    }
}

struct Cursor<'a> {
    api: &'a dyn DataverseApi,
    query: &'a Query,
    next: Option<NextLink>,
    trail: Trail,
}

impl<'a> Cursor<'a> {
    fn new(api: &'a dyn DataverseApi, query: &'a Query) -> Self {
        Self { api, query, next: None, trail: Trail::default() }
    }

    async fn read(&self) -> Result<Page> {
        match &self.next {
            None => self.api.query(self.query).await,
            Some(next) => self.api.next_page(next).await,
        }
    }

    /// Whether there is more to read.
    fn advance(&mut self, next: Option<NextLink>) -> Result<bool> {
        let Some(next) = next else { return Ok(false) };
        self.trail.follow(&next, &self.query.entity_set)?;
        self.next = Some(next);
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
