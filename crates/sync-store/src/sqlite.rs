//! The store in a SQLite file.
//!
//! * One connection writes and some read; writing transactions take the write lock at once
//!   (`BEGIN IMMEDIATE`), so that none fails half way because another process wrote meanwhile.
//! * Write-ahead log with `synchronous = FULL`: what was committed survives a loss of power. Less
//!   would be faster and could lose the last commits, and with them the tombstone of a call that
//!   Dynamics has already logged. A pass commits a handful of times; the price is small.
//! * Deleted contents are overwritten with zeros (`secure_delete`): what is erased is gone.
//! * Several processes may use one file, on one machine: not on a network drive.

mod calls;
mod column;
mod cursors;
mod directory;
mod fault;
mod history;
mod leases;
mod logged;
mod migrate;
mod open;
mod record;
mod retention;
mod runs;
mod session;
mod tenants;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use async_trait::async_trait;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use sqlx::SqlitePool;
use uuid::Uuid;
use voice_model::{CallId, OrganizationId, TenantName};

pub use crate::sqlite::open::SqliteOptions;

use crate::{
    CallDecision, CallState, CustomerNumber, DirectoryChanges, DirectoryPage, Erased, Error,
    JobName, LeaseAnswer, PastDecision, Purged, Result, ScheduledRun, Store,
};

/// The store in a SQLite file. Clones share their connections.
#[derive(Clone)]
pub struct SqliteStore {
    /// As errors name it: the path of the file.
    location: String,
    writer: SqlitePool,
    readers: SqlitePool,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("location", &self.location).finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens a file, which is created if it does not exist, with the usual options.
    ///
    /// # Errors
    /// As [`SqliteOptions::open`].
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        SqliteOptions::default().open(path).await
    }

    /// A database of its own in memory: for tests. It ends with the last clone.
    ///
    /// # Errors
    /// As [`SqliteOptions::open`].
    pub async fn in_memory() -> Result<Self> {
        SqliteOptions::default().open_in_memory().await
    }

    /// Closes the connections, after work in progress. The file is then whole without its log.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn check(&self) -> Result<()> {
        let mut session = self.reading("check that it can be read").await?;
        let checked = tenants::all(session.connection()).await;
        session.answer(checked.map(drop))
    }

    async fn tenants(&self) -> Result<Vec<TenantName>> {
        let mut session = self.reading("list the tenants").await?;
        let tenants = tenants::all(session.connection()).await;
        session.answer(tenants)
    }

    async fn organization(&self, tenant: &TenantName) -> Result<Option<OrganizationId>> {
        let mut session = self.reading("read the organisation").await?;
        let organization = tenants::organization(session.connection(), tenant).await;
        session.answer(organization)
    }

    async fn keep_organization(
        &self,
        tenant: &TenantName,
        organization: &OrganizationId,
    ) -> Result<OrganizationId> {
        let mut session = self.writing("keep the organisation").await?;
        let kept = tenants::keep_organization(session.connection(), tenant, organization).await;
        session.finish(kept).await
    }

    async fn cursor(&self, tenant: &TenantName, job: &JobName) -> Result<Option<DateTime<Utc>>> {
        let mut session = self.reading("read a cursor").await?;
        let cursor = cursors::read(session.connection(), tenant, job).await;
        session.answer(cursor)
    }

    async fn advance_cursor(
        &self,
        tenant: &TenantName,
        job: &JobName,
        to: DateTime<Utc>,
    ) -> Result<DateTime<Utc>> {
        let mut session = self.writing("move a cursor").await?;
        let cursor = cursors::advance(session.connection(), tenant, job, to).await;
        session.finish(cursor).await
    }

    async fn reset_cursor(
        &self,
        tenant: &TenantName,
        job: &JobName,
        to: Option<DateTime<Utc>>,
    ) -> Result<()> {
        let mut session = self.writing("reset a cursor").await?;
        let done = cursors::reset(session.connection(), tenant, job, to).await;
        session.finish(done).await
    }

    async fn record(
        &self,
        tenant: &TenantName,
        now: DateTime<Utc>,
        decisions: &[CallDecision],
    ) -> Result<usize> {
        if decisions.is_empty() {
            return Ok(0);
        }
        let mut session = self.writing("record decisions").await?;
        let new = record::record(session.connection(), tenant, now, decisions).await;
        session.finish(new).await
    }

    async fn calls(
        &self,
        tenant: &TenantName,
        calls: &[CallId],
    ) -> Result<HashMap<CallId, CallState>> {
        let mut session = self.reading("read calls").await?;
        let states = calls::by_id(session.connection(), tenant, calls).await;
        session.answer(states)
    }

    async fn was_ever_logged(
        &self,
        tenant: &TenantName,
        calls: &[CallId],
    ) -> Result<HashSet<CallId>> {
        let mut session = self.reading("read which calls were logged").await?;
        let logged = logged::among(session.connection(), tenant, calls).await;
        session.answer(logged)
    }

    async fn deferred_since(
        &self,
        tenant: &TenantName,
        since: DateTime<Utc>,
    ) -> Result<Vec<CallState>> {
        let mut session = self.reading("read deferred calls").await?;
        let states = calls::deferred_since(session.connection(), tenant, since).await;
        session.answer(states)
    }

    async fn failed_due(&self, tenant: &TenantName, now: DateTime<Utc>) -> Result<Vec<CallState>> {
        let mut session = self.reading("read failed calls").await?;
        let states = calls::failed_due(session.connection(), tenant, now).await;
        session.answer(states)
    }

    async fn dead_letters(&self, tenant: &TenantName) -> Result<Vec<CallState>> {
        let mut session = self.reading("read dead letters").await?;
        let states = calls::dead_letters(session.connection(), tenant).await;
        session.answer(states)
    }

    async fn retry_dead_letters(&self, tenant: &TenantName, now: DateTime<Utc>) -> Result<usize> {
        let mut session = self.writing("retry dead letters").await?;
        let count = calls::retry(session.connection(), tenant, None, now).await;
        session.finish(count).await
    }

    async fn retry_dead_letter(
        &self,
        tenant: &TenantName,
        call: &CallId,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut session = self.writing("retry a dead letter").await?;
        let count = calls::retry(session.connection(), tenant, Some(call), now).await;
        Ok(session.finish(count).await? > 0)
    }

    async fn history(&self, tenant: &TenantName, call: &CallId) -> Result<Vec<PastDecision>> {
        let mut session = self.reading("read the history of a call").await?;
        let history = history::of_call(session.connection(), tenant, call).await;
        session.answer(history)
    }

    async fn history_by_number(
        &self,
        tenant: &TenantName,
        number: &CustomerNumber,
    ) -> Result<Vec<PastDecision>> {
        let digits = number.digits().ok_or(Error::NoDigits)?;
        let mut session = self.reading("read the history of a number").await?;
        let history = history::of_digits(session.connection(), tenant, &digits).await;
        session.answer(history)
    }

    async fn directory_token(&self, tenant: &TenantName, table: &str) -> Result<Option<String>> {
        let mut session = self.reading("read the token of the directory").await?;
        let token = directory::token(session.connection(), tenant, table).await;
        session.answer(token)
    }

    async fn directory_page(
        &self,
        tenant: &TenantName,
        table: &str,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<DirectoryPage> {
        let mut session = self.reading("read the directory").await?;
        let page = directory::page(session.connection(), tenant, table, after, limit).await;
        session.answer(page)
    }

    async fn save_directory_changes(
        &self,
        tenant: &TenantName,
        table: &str,
        changes: &DirectoryChanges,
    ) -> Result<()> {
        let mut session = self.writing("save changes of the directory").await?;
        let done = directory::apply(session.connection(), tenant, table, changes).await;
        session.finish(done).await
    }

    async fn clear_directory(&self, tenant: &TenantName, table: &str) -> Result<()> {
        let mut session = self.writing("clear the directory").await?;
        let done = directory::clear(session.connection(), tenant, table).await;
        session.finish(done).await
    }

    async fn schedule_run(
        &self,
        tenant: &TenantName,
        job: &JobName,
        date: NaiveDate,
        at: DateTime<Utc>,
    ) -> Result<ScheduledRun> {
        let mut session = self.writing("schedule a run").await?;
        let run = runs::schedule(session.connection(), tenant, job, date, at).await;
        session.finish(run).await
    }

    async fn finish_run(
        &self,
        tenant: &TenantName,
        job: &JobName,
        date: NaiveDate,
        done_at: DateTime<Utc>,
    ) -> Result<()> {
        let mut session = self.writing("note that a run was done").await?;
        let done = runs::finish(session.connection(), tenant, job, date, done_at).await;
        session.finish(done).await
    }

    async fn runs_since(
        &self,
        tenant: &TenantName,
        job: &JobName,
        date: NaiveDate,
    ) -> Result<Vec<ScheduledRun>> {
        let mut session = self.reading("read the runs").await?;
        let runs = runs::since(session.connection(), tenant, job, date).await;
        session.answer(runs)
    }

    async fn acquire_lease(
        &self,
        tenant: &TenantName,
        job: &JobName,
        holder: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<LeaseAnswer> {
        let mut session = self.writing("acquire a lease").await?;
        let term = leases::Term { now, until };
        let answer = leases::acquire(session.connection(), tenant, job, holder, term).await;
        session.finish(answer).await
    }

    async fn renew_lease(
        &self,
        tenant: &TenantName,
        job: &JobName,
        holder: &str,
        until: DateTime<Utc>,
    ) -> Result<bool> {
        let mut session = self.writing("renew a lease").await?;
        let renewed = leases::renew(session.connection(), tenant, job, holder, until).await;
        session.finish(renewed).await
    }

    async fn release_lease(&self, tenant: &TenantName, job: &JobName, holder: &str) -> Result<()> {
        let mut session = self.writing("release a lease").await?;
        let done = leases::release(session.connection(), tenant, job, holder).await;
        session.finish(done).await
    }

    async fn purge(&self, now: DateTime<Utc>, keep: Duration) -> Result<Purged> {
        let mut session = self.writing("delete what is too old").await?;
        let purged = retention::purge(session.connection(), now, keep).await;
        let purged = session.finish(purged).await?;
        self.shorten_log().await;
        Ok(purged)
    }

    async fn erase(&self, tenant: &TenantName, number: &CustomerNumber) -> Result<Erased> {
        let digits = number.digits().ok_or(Error::NoDigits)?;
        let mut session = self.writing("erase a number").await?;
        let erased = retention::erase(session.connection(), tenant, &digits).await;
        let erased = session.finish(erased).await?;
        self.shorten_log().await;
        Ok(erased)
    }
}
