//! The operations of the store, each one session with the database.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use uuid::Uuid;
use voice_model::{CallId, CallbackItemId, OrganizationId, TenantName};

use crate::sqlite::{
    SqliteStore, callbacks, calls, cursors, directory, history, inbox, leases, logged, record,
    retention, runs, tenants,
};
use crate::{
    CallDecision, CallState, CallbackRecord, Close, CustomerNumber, Dealt, DirectoryChanges,
    DirectoryLoad, DirectoryPage, DoneEvent, Erased, Error, EventKey, InboxDepth, InboxEvent,
    JobName, LeaseAnswer, NewEvent, PastDecision, Purged, PutOff, Result, ScheduledRun, Store,
};

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

    async fn directory_load(&self, tenant: &TenantName, table: &str) -> Result<DirectoryLoad> {
        let mut session = self.reading("read the token of the directory").await?;
        let load = directory::load(session.connection(), tenant, table).await;
        session.answer(load)
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
        load: i64,
        changes: &DirectoryChanges,
    ) -> Result<bool> {
        let mut session = self.writing("save changes of the directory").await?;
        let done = directory::apply(session.connection(), tenant, table, load, changes).await;
        session.finish(done).await
    }

    async fn clear_directory(&self, tenant: &TenantName, table: &str) -> Result<i64> {
        let mut session = self.writing("clear the directory").await?;
        let number = directory::clear(session.connection(), tenant, table).await;
        session.finish(number).await
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

    async fn take_in(&self, now: DateTime<Utc>, events: &[NewEvent]) -> Result<usize> {
        if events.is_empty() {
            return Ok(0);
        }
        let mut session = self.writing("take in events").await?;
        let new = inbox::take_in(session.connection(), now, events).await;
        session.finish(new).await
    }

    async fn known_events(
        &self,
        tenant: &TenantName,
        keys: &[EventKey],
    ) -> Result<HashSet<EventKey>> {
        let mut session = self.reading("read which events are known").await?;
        let known = inbox::known(session.connection(), tenant, keys).await;
        session.answer(known)
    }

    async fn tenants_with_work(&self, now: DateTime<Utc>) -> Result<Vec<TenantName>> {
        let mut session = self.reading("read which tenants have work").await?;
        let tenants = inbox::tenants_with_work(session.connection(), now).await;
        session.answer(tenants)
    }

    async fn claim_events(
        &self,
        tenant: &TenantName,
        holder: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<InboxEvent>> {
        let mut session = self.writing("claim events").await?;
        let claim = inbox::Claim { holder, now, until };
        let events = inbox::claim(session.connection(), tenant, claim, limit).await;
        session.finish(events).await
    }

    async fn renew_claims(
        &self,
        tenant: &TenantName,
        holder: &str,
        until: DateTime<Utc>,
    ) -> Result<u64> {
        let mut session = self.writing("renew claims").await?;
        let count = inbox::renew(session.connection(), tenant, holder, until).await;
        session.finish(count).await
    }

    async fn release_claims(&self, tenant: &TenantName, holder: &str) -> Result<u64> {
        let mut session = self.writing("release claims").await?;
        let count = inbox::release(session.connection(), tenant, holder).await;
        session.finish(count).await
    }

    async fn claim_holders(&self, tenant: &TenantName) -> Result<Vec<String>> {
        let mut session = self.reading("read who holds claims").await?;
        let holders = inbox::holders(session.connection(), tenant).await;
        session.answer(holders)
    }

    async fn put_off(&self, tenant: &TenantName, holder: &str, events: &[PutOff]) -> Result<()> {
        let mut session = self.writing("put off events").await?;
        let done = inbox::put_off(session.connection(), tenant, holder, events).await;
        session.finish(done).await
    }

    async fn record_callbacks(
        &self,
        tenant: &TenantName,
        now: DateTime<Utc>,
        callbacks: &[CallbackRecord],
        done: &[DoneEvent],
    ) -> Result<()> {
        if callbacks.is_empty() && done.is_empty() {
            return Ok(());
        }
        let mut session = self.writing("record callbacks").await?;
        let connection = session.connection();
        let recorded = match callbacks::record(connection, tenant, now, callbacks).await {
            Ok(()) => inbox::finish(connection, tenant, now, done).await.map(drop),
            Err(fault) => Err(fault),
        };
        session.finish(recorded).await
    }

    async fn callbacks(
        &self,
        tenant: &TenantName,
        items: &[CallbackItemId],
    ) -> Result<HashMap<CallbackItemId, Dealt>> {
        let mut session = self.reading("read callbacks").await?;
        let dealt = callbacks::by_item(session.connection(), tenant, items).await;
        session.answer(dealt)
    }

    async fn callbacks_to_close(
        &self,
        tenant: &TenantName,
        now: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<CallbackRecord>> {
        let mut session = self.reading("read callbacks to close").await?;
        let records = callbacks::to_close(session.connection(), tenant, now, limit).await;
        session.answer(records)
    }

    async fn record_closes(
        &self,
        tenant: &TenantName,
        closes: &[(CallbackItemId, Close)],
    ) -> Result<()> {
        let mut session = self.writing("record closed callbacks").await?;
        let done = callbacks::record_closes(session.connection(), tenant, closes).await;
        session.finish(done).await
    }

    async fn inbox(&self, tenant: &TenantName, limit: usize) -> Result<Vec<InboxEvent>> {
        let mut session = self.reading("list the inbox").await?;
        let events = inbox::list(session.connection(), tenant, limit).await;
        session.answer(events)
    }

    async fn inbox_depth(&self, tenant: &TenantName) -> Result<InboxDepth> {
        let mut session = self.reading("count the inbox").await?;
        let depth = inbox::depth(session.connection(), tenant).await;
        session.answer(depth)
    }

    async fn replay_dead_letters<'a>(
        &self,
        tenant: &TenantName,
        key: Option<&'a EventKey>,
        now: DateTime<Utc>,
    ) -> Result<usize> {
        let mut session = self.writing("replay dead letters").await?;
        let count = inbox::replay(session.connection(), tenant, key, now).await;
        session.finish(count).await
    }

    async fn drop_event(
        &self,
        tenant: &TenantName,
        key: &EventKey,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut session = self.writing("drop an event").await?;
        let dropped = inbox::drop_event(session.connection(), tenant, key, now).await;
        let dropped = session.finish(dropped).await?;
        if dropped {
            self.shorten_log().await;
        }
        Ok(dropped)
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
