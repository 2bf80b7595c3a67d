//! The mock of [`DataverseApi`]. Written out instead of derived, so that [`DataverseApi::advice`]
//! keeps its default: a test that is not about pace need not expect it.

use async_trait::async_trait;
use mockall::mock;
use uuid::Uuid;

use crate::{
    BatchItem, ChangePage, ChangeToken, DataverseApi, ItemAnswer, NextLink, Page, Query, Result,
    Row, StatusOption, TrackedTable, WhoAmI, Write,
};

mock! {
    /// A [`DataverseApi`] that answers as it is told to. Its advice is always the default.
    #[derive(Debug)]
    pub DataverseApi {}

    #[async_trait]
    impl DataverseApi for DataverseApi {
        async fn who_am_i(&self) -> Result<WhoAmI>;
        async fn query(&self, query: &Query) -> Result<Page>;
        async fn next_page(&self, next: &NextLink) -> Result<Page>;
        async fn retrieve(
            &self,
            entity_set: &str,
            id: Uuid,
            columns: &[&'static str],
        ) -> Result<Option<Row>>;
        async fn write(&self, write: &Write) -> Result<Option<Uuid>>;
        async fn batch(&self, items: &[BatchItem]) -> Result<Vec<ItemAnswer>>;
        async fn changes<'a>(
            &self,
            table: &'a TrackedTable,
            since: Option<&'a ChangeToken>,
        ) -> Result<ChangePage>;
        async fn next_changes(&self, table: &TrackedTable, next: &NextLink) -> Result<ChangePage>;
        async fn status_options(&self, table: &str) -> Result<Vec<StatusOption>>;
        fn requests_sent(&self) -> u64;
    }
}
