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
    CallDecision, CallState, CallbackRecord, Close, CustomerNumber, Dealt, DirectoryChanges,
    DirectoryLoad, DirectoryPage, DoneEvent, Erased, EventKey, InboxDepth, InboxEvent, JobName,
    LeaseAnswer, NewEvent, PastDecision, Purged, PutOff, ScheduledRun, Store,
};
use uuid::Uuid;
use voice_model::{CallId, CallbackItemId, OrganizationId, TenantName};

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
        Ok(match write {
            Write::Create { id, .. } | Write::Update { id, .. } => Some(*id),
            Write::Action { .. } => None,
        })
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

    async fn directory_load(&self, tenant: &TenantName, table: &str) -> Answer<DirectoryLoad> {
        self.0.directory_load(tenant, table).await
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
        _: i64,
        _: &DirectoryChanges,
    ) -> Answer<bool> {
        Ok(true)
    }

    async fn clear_directory(&self, tenant: &TenantName, table: &str) -> Answer<i64> {
        Ok(self.0.directory_load(tenant, table).await?.number)
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

    async fn take_in(&self, _: DateTime<Utc>, events: &[NewEvent]) -> Answer<usize> {
        Ok(events.len())
    }

    async fn known_events(
        &self,
        tenant: &TenantName,
        keys: &[EventKey],
    ) -> Answer<HashSet<EventKey>> {
        self.0.known_events(tenant, keys).await
    }

    async fn tenants_with_work(&self, now: DateTime<Utc>) -> Answer<Vec<TenantName>> {
        self.0.tenants_with_work(now).await
    }

    async fn claim_events(
        &self,
        _: &TenantName,
        _: &str,
        _: DateTime<Utc>,
        _: DateTime<Utc>,
        _: usize,
    ) -> Answer<Vec<InboxEvent>> {
        Ok(Vec::new())
    }

    async fn renew_claims(&self, _: &TenantName, _: &str, _: DateTime<Utc>) -> Answer<u64> {
        Ok(0)
    }

    async fn release_claims(&self, _: &TenantName, _: &str) -> Answer<u64> {
        Ok(0)
    }

    async fn claim_holders(&self, tenant: &TenantName) -> Answer<Vec<String>> {
        self.0.claim_holders(tenant).await
    }

    async fn put_off(&self, _: &TenantName, _: &str, _: &[PutOff]) -> Answer<()> {
        Ok(())
    }

    async fn record_callbacks(
        &self,
        _: &TenantName,
        _: DateTime<Utc>,
        _: &[CallbackRecord],
        _: &[DoneEvent],
    ) -> Answer<()> {
        Ok(())
    }

    async fn callbacks(
        &self,
        tenant: &TenantName,
        items: &[CallbackItemId],
    ) -> Answer<HashMap<CallbackItemId, Dealt>> {
        self.0.callbacks(tenant, items).await
    }

    async fn callbacks_to_close(
        &self,
        tenant: &TenantName,
        now: DateTime<Utc>,
        limit: usize,
    ) -> Answer<Vec<CallbackRecord>> {
        self.0.callbacks_to_close(tenant, now, limit).await
    }

    async fn record_closes(&self, _: &TenantName, _: &[(CallbackItemId, Close)]) -> Answer<()> {
        Ok(())
    }

    async fn inbox(&self, tenant: &TenantName, limit: usize) -> Answer<Vec<InboxEvent>> {
        self.0.inbox(tenant, limit).await
    }

    async fn inbox_depth(&self, tenant: &TenantName) -> Answer<InboxDepth> {
        self.0.inbox_depth(tenant).await
    }

    async fn replay_dead_letters<'a>(
        &self,
        _: &TenantName,
        _: Option<&'a EventKey>,
        _: DateTime<Utc>,
    ) -> Answer<usize> {
        Ok(0)
    }

    async fn drop_event(&self, _: &TenantName, _: &EventKey, _: DateTime<Utc>) -> Answer<bool> {
        Ok(false)
    }

    async fn purge(&self, _: DateTime<Utc>, _: Duration) -> Answer<Purged> {
        Ok(Purged::default())
    }

    async fn erase(&self, _: &TenantName, _: &CustomerNumber) -> Answer<Erased> {
        Ok(Erased::default())
    }
}
