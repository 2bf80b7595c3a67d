//! The capability that engines ask for: what Dataverse can do for us.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{BatchItem, ItemAnswer, NextLink, Page, Query, Result, Row, StatusOption, Write};

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

/// What we ask of Dataverse.
///
/// The real thing is [`DataverseClient`](crate::DataverseClient); with the feature `mock` there is
/// a `MockDataverseApi`.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
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

    /// One write outside a batch; the key of the row written.
    async fn write(&self, write: &Write) -> Result<Option<Uuid>>;

    /// Several items in one request, run in order, each on its own: a failed item stops no other.
    /// The answer has one entry for every item, in the same order. At most 1,000 operations.
    async fn batch(&self, items: &[BatchItem]) -> Result<Vec<ItemAnswer>>;

    /// The status reasons of a table with the state that each belongs to. `table` is a logical name.
    async fn status_options(&self, table: &str) -> Result<Vec<StatusOption>>;

    /// Requests sent so far, every attempt counted, a batch as one, token requests not.
    fn requests_sent(&self) -> u64;
}
