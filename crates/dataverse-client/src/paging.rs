//! Reading a query to its end.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use futures::{Stream, TryStreamExt, stream};

use crate::{DataverseApi, Error, NextLink, Page, Query, Result, Row};

/// More pages than any query of ours can have; a server that goes on has lost its way.
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

struct Cursor<'a> {
    api: &'a dyn DataverseApi,
    query: &'a Query,
    next: Option<NextLink>,
    /// Hashes of the links followed.
    followed: HashSet<u64>,
}

impl<'a> Cursor<'a> {
    fn new(api: &'a dyn DataverseApi, query: &'a Query) -> Self {
        Self { api, query, next: None, followed: HashSet::new() }
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
        let mut hasher = DefaultHasher::new();
        next.url.hash(&mut hasher);
        let problem = if !self.followed.insert(hasher.finish()) {
            "a link to a next page came a second time".to_owned()
        } else if self.followed.len() > MAX_PAGES {
            format!("there are more than {MAX_PAGES}")
        } else {
            self.next = Some(next);
            return Ok(true);
        };
        Err(Error::EndlessPaging { entity_set: self.query.entity_set.clone(), problem })
    }
}

#[cfg(test)]
mod tests;
