//! The capability that engines ask for: what Dataverse can do for us.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    BatchItem, ChangePage, ChangeToken, ItemAnswer, NextLink, Page, Query, Result, Row,
    StatusOption, TrackedTable, Write,
};

/// The answer to `WhoAmI`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WhoAmI {
    /// The application user that we are in this environment.
    pub user_id: Uuid,
    /// The organisation (environment).
    pub organization_id: Uuid,
    /// The parallelism that the server advises (`x-ms-dop-hint`), if it says.
    pub parallelism_hint: Option<usize>,
}

/// How much to ask at once, as Dataverse has shown so far that it can take. It changes; ask again
/// for each round of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advice {
    /// Requests that are worth having under way at the same time.
    pub parallel: usize,
    /// Operations to put into one batch, those of change sets counted.
    pub operations_per_batch: usize,
}

impl Default for Advice {
    /// Before Dataverse has said or shown anything (reference, section 7.1).
    fn default() -> Self {
        Self { parallel: 4, operations_per_batch: 100 }
    }
}

/// What we ask of Dataverse.
///
/// The real thing is [`DataverseClient`](crate::DataverseClient); with the feature `mock` there is
/// a `MockDataverseApi`.
#[async_trait]
pub trait DataverseApi: Send + Sync {
    /// Who we are: the connection test.
    async fn who_am_i(&self) -> Result<WhoAmI>;

    /// The first page of a query.
    async fn query(&self, query: &Query) -> Result<Page>;

    /// The page behind a link of an earlier page.
    async fn next_page(&self, next: &NextLink) -> Result<Page>;

    /// One row by key, or `None` when it does not exist. `columns` are logical names.
    async fn retrieve(
        &self,
        entity_set: &str,
        id: Uuid,
        columns: &[&'static str],
    ) -> Result<Option<Row>>;

    /// One write outside a batch; the key of the row written, none for an action.
    async fn write(&self, write: &Write) -> Result<Option<Uuid>>;

    /// Several items in one request, run in order, each on its own: a failed item stops no other.
    /// The answer has one entry for every item, in the same order. At most 1,000 operations.
    async fn batch(&self, items: &[BatchItem]) -> Result<Vec<ItemAnswer>>;

    /// The first page of a tracked table: of all its rows or, with a token, of what has changed
    /// since that was given out. At most 5,000 entries a page;
    /// [`change_pages`](crate::change_pages) reads them all.
    ///
    /// # Errors
    /// Those of a query. [`Error::is_change_token_expired`](crate::Error::is_change_token_expired):
    /// begin without a token; also when the token is of another table or environment, which is not
    /// even asked. [`Error::is_change_tracking_off`](crate::Error::is_change_tracking_off): this
    /// table cannot be followed here.
    async fn changes<'a>(
        &self,
        table: &'a TrackedTable,
        since: Option<&'a ChangeToken>,
    ) -> Result<ChangePage>;

    /// The page of changes behind a link of an earlier one.
    async fn next_changes(&self, table: &TrackedTable, next: &NextLink) -> Result<ChangePage>;

    /// The status reasons of a table with the state that each belongs to. `table` is a logical name.
    async fn status_options(&self, table: &str) -> Result<Vec<StatusOption>>;

    /// How much to ask at once now.
    fn advice(&self) -> Advice {
        Advice::default()
    }

    /// Requests sent so far, every attempt counted, a batch as one, token requests not.
    fn requests_sent(&self) -> u64;
}
