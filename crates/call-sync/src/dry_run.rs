//! Stand-ins that let everything be read and nothing be written, so that a pass can be tried.
//!
//! A pass over them decides as a real one would, up to what only Dynamics can say: whether it
//! accepts a write.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use dataverse_client::{
    Advice, BatchItem, ChangePage, ChangeToken, DataverseApi, ItemAnswer, NextLink, Page, Query,
    Row, StatusOption, TrackedTable, WhoAmI, Write,
};
use sync_store::{
    CallDecision, CallState, CustomerNumber, DirectoryChanges, DirectoryPage, Erased, JobName,
    LeaseAnswer, PastDecision, Purged, ScheduledRun, Store,
};
use uuid::Uuid;
use voice_model::{CallId, OrganizationId, TenantName};

use crate::CallSyncParts;

impl CallSyncParts {
    /// The same parts, with Dynamics and the store behind glass: both are read, neither is written.
    #[must_use]
    pub fn dry(self) -> Self {
        Self {
            dataverse: Arc::new(DryDataverse(self.dataverse)),
            store: Arc::new(DryStore(self.store)),
            ..self
        }
    }
}

/// A Dataverse that takes every write for done and carries none out.
struct DryDataverse(Arc<dyn DataverseApi>);

#[async_trait]
impl DataverseApi for DryDataverse {
    async fn who_am_i(&self) -> dataverse_client::Result<WhoAmI> {
        self.0.who_am_i().await
    }

    async fn query(&self, query: &Query) -> dataverse_client::Result<Page> {
        self.0.query(query).await
    }

    async fn next_page(&self, next: &NextLink) -> dataverse_client::Result<Page> {
        self.0.next_page(next).await
    }

    async fn retrieve(
        &self,
        entity_set: &str,
        id: Uuid,
        columns: &[&'static str],
    ) -> dataverse_client::Result<Option<Row>> {
        self.0.retrieve(entity_set, id, columns).await
    }

    async fn write(&self, write: &Write) -> dataverse_client::Result<Option<Uuid>> {
        let (Write::Create { id, .. } | Write::Update { id, .. }) = write;
        Ok(Some(*id))
    }

    async fn batch(&self, items: &[BatchItem]) -> dataverse_client::Result<Vec<ItemAnswer>> {
        let mut answers = Vec::with_capacity(items.len());
        for item in items {
            answers.push(match item {
                BatchItem::Query(query) => ItemAnswer::Read(self.0.query(query).await?),
                BatchItem::ChangeSet(_) | BatchItem::Write(_) => ItemAnswer::Written,
            });
        }
        Ok(answers)
    }

    async fn status_options(&self, table: &str) -> dataverse_client::Result<Vec<StatusOption>> {
        self.0.status_options(table).await
    }

    async fn changes<'a>(
        &self,
        table: &'a TrackedTable,
        since: Option<&'a ChangeToken>,
    ) -> dataverse_client::Result<ChangePage> {
        self.0.changes(table, since).await
    }

    async fn next_changes(
        &self,
        table: &TrackedTable,
        next: &NextLink,
    ) -> dataverse_client::Result<ChangePage> {
        self.0.next_changes(table, next).await
    }

    fn advice(&self) -> Advice {
        self.0.advice()
    }

    fn requests_sent(&self) -> u64 {
        self.0.requests_sent()
    }
}

/// A store that is read and keeps nothing new.
#[derive(Debug)]
struct DryStore(Arc<dyn Store>);

type Answer<T> = sync_store::Result<T>;

#[async_trait]
impl Store for DryStore {
    async fn check(&self) -> Answer<()> {
        self.0.check().await
    }

    async fn tenants(&self) -> Answer<Vec<TenantName>> {
        self.0.tenants().await
    }

    async fn organization(&self, tenant: &TenantName) -> Answer<Option<OrganizationId>> {
        self.0.organization(tenant).await
    }

    async fn keep_organization(
        &self,
        tenant: &TenantName,
        organization: &OrganizationId,
    ) -> Answer<OrganizationId> {
        Ok(self.0.organization(tenant).await?.unwrap_or_else(|| organization.clone()))
    }

    async fn cursor(&self, tenant: &TenantName, job: &JobName) -> Answer<Option<DateTime<Utc>>> {
        self.0.cursor(tenant, job).await
    }

    async fn advance_cursor(
        &self,
        _: &TenantName,
        _: &JobName,
        to: DateTime<Utc>,
    ) -> Answer<DateTime<Utc>> {
        Ok(to)
    }

    async fn reset_cursor(
        &self,
        _: &TenantName,
        _: &JobName,
        _: Option<DateTime<Utc>>,
    ) -> Answer<()> {
        Ok(())
    }

    async fn record(
        &self,
        _: &TenantName,
        _: DateTime<Utc>,
        decisions: &[CallDecision],
    ) -> Answer<usize> {
        Ok(decisions.len())
    }

    async fn calls(
        &self,
        tenant: &TenantName,
        calls: &[CallId],
    ) -> Answer<HashMap<CallId, CallState>> {
        self.0.calls(tenant, calls).await
    }

    async fn was_ever_logged(
        &self,
        tenant: &TenantName,
        calls: &[CallId],
    ) -> Answer<HashSet<CallId>> {
        self.0.was_ever_logged(tenant, calls).await
    }

    async fn deferred_since(
        &self,
        tenant: &TenantName,
        since: DateTime<Utc>,
    ) -> Answer<Vec<CallState>> {
        self.0.deferred_since(tenant, since).await
    }

    async fn failed_due(&self, tenant: &TenantName, now: DateTime<Utc>) -> Answer<Vec<CallState>> {
        self.0.failed_due(tenant, now).await
    }

    async fn dead_letters(&self, tenant: &TenantName) -> Answer<Vec<CallState>> {
        self.0.dead_letters(tenant).await
    }

    async fn retry_dead_letters(&self, _: &TenantName, _: DateTime<Utc>) -> Answer<usize> {
        Ok(0)
    }

    async fn retry_dead_letter(
        &self,
        _: &TenantName,
        _: &CallId,
        _: DateTime<Utc>,
    ) -> Answer<bool> {
        Ok(false)
    }

    async fn history(&self, tenant: &TenantName, call: &CallId) -> Answer<Vec<PastDecision>> {
        self.0.history(tenant, call).await
    }

    async fn history_by_number(
        &self,
        tenant: &TenantName,
        number: &CustomerNumber,
    ) -> Answer<Vec<PastDecision>> {
        self.0.history_by_number(tenant, number).await
    }

    async fn directory_token(&self, tenant: &TenantName, table: &str) -> Answer<Option<String>> {
        self.0.directory_token(tenant, table).await
    }

    async fn directory_page(
        &self,
        tenant: &TenantName,
        table: &str,
        after: Option<Uuid>,
        limit: usize,
    ) -> Answer<DirectoryPage> {
        self.0.directory_page(tenant, table, after, limit).await
    }

    async fn save_directory_changes(
        &self,
        _: &TenantName,
        _: &str,
        _: &DirectoryChanges,
    ) -> Answer<()> {
        Ok(())
    }

    async fn clear_directory(&self, _: &TenantName, _: &str) -> Answer<()> {
        Ok(())
    }

    async fn schedule_run(
        &self,
        _: &TenantName,
        _: &JobName,
        date: NaiveDate,
        at: DateTime<Utc>,
    ) -> Answer<ScheduledRun> {
        Ok(ScheduledRun { date, at, done_at: None })
    }

    async fn finish_run(
        &self,
        _: &TenantName,
        _: &JobName,
        _: NaiveDate,
        _: DateTime<Utc>,
    ) -> Answer<()> {
        Ok(())
    }

    async fn runs_since(
        &self,
        tenant: &TenantName,
        job: &JobName,
        date: NaiveDate,
    ) -> Answer<Vec<ScheduledRun>> {
        self.0.runs_since(tenant, job, date).await
    }

    async fn acquire_lease(
        &self,
        _: &TenantName,
        _: &JobName,
        _: &str,
        _: DateTime<Utc>,
        _: DateTime<Utc>,
    ) -> Answer<LeaseAnswer> {
        Ok(LeaseAnswer::Granted)
    }

    async fn renew_lease(
        &self,
        _: &TenantName,
        _: &JobName,
        _: &str,
        _: DateTime<Utc>,
    ) -> Answer<bool> {
        Ok(true)
    }

    async fn release_lease(&self, _: &TenantName, _: &JobName, _: &str) -> Answer<()> {
        Ok(())
    }

    async fn purge(&self, _: DateTime<Utc>, _: Duration) -> Answer<Purged> {
        Ok(Purged::default())
    }

    async fn erase(&self, _: &TenantName, _: &CustomerNumber) -> Answer<Erased> {
        Ok(Erased::default())
    }
}
