//! The operations of the store, each under one lock.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use uuid::Uuid;
use voice_model::{CallId, CallbackItemId, OrganizationId, TenantName};

use crate::instant::whole_micros;
use crate::memory::InMemoryStore;
use crate::memory::tenant::Tenant;
use crate::retention::cut;
use crate::{
    CallDecision, CallState, CallbackRecord, Close, CustomerNumber, Dealt, DirectoryChanges,
    DirectoryLoad, DirectoryPage, DoneEvent, Erased, Error, EventKey, InboxDepth, InboxEvent,
    JobName, LeaseAnswer, NewEvent, Outcome, PastDecision, Purged, PutOff, Result, ScheduledRun,
    Store, TOMBSTONE_LIFETIME,
};

#[async_trait]
impl Store for InMemoryStore {
    async fn check(&self) -> Result<()> {
        Ok(())
    }

    async fn tenants(&self) -> Result<Vec<TenantName>> {
        Ok(self.lock().keys().cloned().collect())
    }

    async fn organization(&self, tenant: &TenantName) -> Result<Option<OrganizationId>> {
        Ok(self.read(tenant, |tenant| tenant.organization.clone()))
    }

    async fn keep_organization(
        &self,
        tenant: &TenantName,
        organization: &OrganizationId,
    ) -> Result<OrganizationId> {
        Ok(self.write(tenant, |tenant| {
            tenant.organization.get_or_insert_with(|| organization.clone()).clone()
        }))
    }

    async fn cursor(&self, tenant: &TenantName, job: &JobName) -> Result<Option<DateTime<Utc>>> {
        Ok(self.read(tenant, |tenant| tenant.cursors.get(job).copied()))
    }

    async fn advance_cursor(
        &self,
        tenant: &TenantName,
        job: &JobName,
        to: DateTime<Utc>,
    ) -> Result<DateTime<Utc>> {
        let to = whole_micros(to);
        Ok(self.write(tenant, |tenant| {
            let cursor = tenant.cursors.entry(job.clone()).or_insert(to);
            *cursor = to.max(*cursor);
            *cursor
        }))
    }

    async fn reset_cursor(
        &self,
        tenant: &TenantName,
        job: &JobName,
        to: Option<DateTime<Utc>>,
    ) -> Result<()> {
        match to.map(whole_micros) {
            Some(to) => self.write(tenant, |tenant| tenant.cursors.insert(job.clone(), to)),
            None => self.change(tenant, |tenant| tenant.cursors.remove(job)),
        };
        Ok(())
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
        Ok(self.write(tenant, |tenant| {
            let new = decisions.iter().filter(|decision| tenant.record(now, decision));
            new.map(|decision| &decision.call).collect::<HashSet<_>>().len()
        }))
    }

    async fn calls(
        &self,
        tenant: &TenantName,
        calls: &[CallId],
    ) -> Result<HashMap<CallId, CallState>> {
        Ok(self.read(tenant, |tenant| {
            let known = calls.iter().filter_map(|call| Some((call, tenant.calls.get(call)?)));
            known.map(|(call, kept)| (call.clone(), kept.state.clone())).collect()
        }))
    }

    async fn was_ever_logged(
        &self,
        tenant: &TenantName,
        calls: &[CallId],
    ) -> Result<HashSet<CallId>> {
        Ok(self.read(tenant, |tenant| {
            calls.iter().filter(|call| tenant.was_logged(call)).cloned().collect()
        }))
    }

    async fn deferred_since(
        &self,
        tenant: &TenantName,
        since: DateTime<Utc>,
    ) -> Result<Vec<CallState>> {
        let since = whole_micros(since);
        Ok(self.read(tenant, |tenant| {
            tenant.states(
                |state| state.outcome == Outcome::Deferred && state.first_seen_at >= since,
                |state| state.first_seen_at,
            )
        }))
    }

    async fn failed_due(&self, tenant: &TenantName, now: DateTime<Utc>) -> Result<Vec<CallState>> {
        let now = whole_micros(now);
        let next = |state: &CallState| match state.outcome {
            Outcome::Failed { next_attempt, .. } => next_attempt,
            _ => None,
        };
        Ok(self.read(tenant, |tenant| {
            tenant.states(|state| next(state).is_some_and(|next| next <= now), next)
        }))
    }

    async fn dead_letters(&self, tenant: &TenantName) -> Result<Vec<CallState>> {
        Ok(self.read(tenant, |tenant| {
            tenant.states(|state| state.outcome.is_dead_letter(), |state| state.first_seen_at)
        }))
    }

    async fn retry_dead_letters(&self, tenant: &TenantName, now: DateTime<Utc>) -> Result<usize> {
        Ok(self.change(tenant, |tenant| {
            tenant.calls.values_mut().filter_map(|kept| kept.retry(now).then_some(())).count()
        }))
    }

    async fn retry_dead_letter(
        &self,
        tenant: &TenantName,
        call: &CallId,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        Ok(self.change(tenant, |tenant| {
            tenant.calls.get_mut(call).is_some_and(|kept| kept.retry(now))
        }))
    }

    async fn history(&self, tenant: &TenantName, call: &CallId) -> Result<Vec<PastDecision>> {
        Ok(self.read(tenant, |tenant| tenant.history(|id, _| id == call)))
    }

    async fn history_by_number(
        &self,
        tenant: &TenantName,
        number: &CustomerNumber,
    ) -> Result<Vec<PastDecision>> {
        let digits = number.digits().ok_or(Error::NoDigits)?;
        Ok(self.read(tenant, |tenant| tenant.history(|_, kept| kept.ever_had(&digits))))
    }

    async fn directory_load(&self, tenant: &TenantName, table: &str) -> Result<DirectoryLoad> {
        Ok(self.read(tenant, |tenant| {
            tenant.directory.get(table).map(|table| table.load.clone()).unwrap_or_default()
        }))
    }

    async fn directory_page(
        &self,
        tenant: &TenantName,
        table: &str,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<DirectoryPage> {
        Ok(self.read(tenant, |tenant| {
            tenant.directory.get(table).map(|table| table.page(after, limit)).unwrap_or_default()
        }))
    }

    async fn save_directory_changes(
        &self,
        tenant: &TenantName,
        table: &str,
        load: i64,
        changes: &DirectoryChanges,
    ) -> Result<bool> {
        let mut tenants = self.lock();
        let kept = tenants.get(tenant).and_then(|tenant| tenant.directory.get(table));
        if kept.map_or(0, |table| table.load.number) != load {
            return Ok(false);
        }
        let tenant = tenants.entry(tenant.clone()).or_default();
        tenant.directory.entry(table.to_owned()).or_default().apply(changes);
        Ok(true)
    }

    async fn clear_directory(&self, tenant: &TenantName, table: &str) -> Result<i64> {
        Ok(self
            .write(tenant, |tenant| tenant.directory.entry(table.to_owned()).or_default().clear()))
    }

    async fn schedule_run(
        &self,
        tenant: &TenantName,
        job: &JobName,
        date: NaiveDate,
        at: DateTime<Utc>,
    ) -> Result<ScheduledRun> {
        let drawn = ScheduledRun { date, at: whole_micros(at), done_at: None };
        Ok(self.write(tenant, |tenant| *tenant.runs.entry((job.clone(), date)).or_insert(drawn)))
    }

    async fn finish_run(
        &self,
        tenant: &TenantName,
        job: &JobName,
        date: NaiveDate,
        done_at: DateTime<Utc>,
    ) -> Result<()> {
        let done_at = whole_micros(done_at);
        self.write(tenant, |tenant| {
            let unplanned = ScheduledRun { date, at: done_at, done_at: None };
            let run = tenant.runs.entry((job.clone(), date)).or_insert(unplanned);
            run.done_at = run.done_at.max(Some(done_at));
        });
        Ok(())
    }

    async fn runs_since(
        &self,
        tenant: &TenantName,
        job: &JobName,
        date: NaiveDate,
    ) -> Result<Vec<ScheduledRun>> {
        Ok(self.read(tenant, |tenant| {
            let later = tenant.runs.range((job.clone(), date)..);
            later.take_while(|((other, _), _)| other == job).map(|(_, run)| *run).collect()
        }))
    }

    async fn acquire_lease(
        &self,
        tenant: &TenantName,
        job: &JobName,
        holder: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<LeaseAnswer> {
        let (now, until) = (whole_micros(now), whole_micros(until));
        Ok(self.write(tenant, |tenant| match tenant.leases.get(job) {
            Some((other, ends)) if other != holder && *ends > now => {
                LeaseAnswer::Refused { holder: other.clone(), until: *ends }
            }
            _ => {
                tenant.leases.insert(job.clone(), (holder.to_owned(), until));
                LeaseAnswer::Granted
            }
        }))
    }

    async fn renew_lease(
        &self,
        tenant: &TenantName,
        job: &JobName,
        holder: &str,
        until: DateTime<Utc>,
    ) -> Result<bool> {
        Ok(self.change(tenant, |tenant| match tenant.leases.get_mut(job) {
            Some((own, ends)) if own == holder => {
                *ends = whole_micros(until);
                true
            }
            _ => false,
        }))
    }

    async fn release_lease(&self, tenant: &TenantName, job: &JobName, holder: &str) -> Result<()> {
        self.change(tenant, |tenant| {
            tenant.leases.retain(|name, (own, _)| name != job || own != holder);
        });
        Ok(())
    }

    async fn take_in(&self, now: DateTime<Utc>, events: &[NewEvent]) -> Result<usize> {
        let mut tenants = self.lock();
        let new = events.iter().filter(|event| {
            tenants.entry(event.tenant.clone()).or_default().inbox.take_in(now, event)
        });
        Ok(new.count())
    }

    async fn known_events(
        &self,
        tenant: &TenantName,
        keys: &[EventKey],
    ) -> Result<HashSet<EventKey>> {
        Ok(self.read(tenant, |tenant| {
            keys.iter().filter(|key| tenant.inbox.knows(key)).cloned().collect()
        }))
    }

    async fn tenants_with_work(&self, now: DateTime<Utc>) -> Result<Vec<TenantName>> {
        let now = whole_micros(now);
        let tenants = self.lock();
        let busy = tenants.iter().filter(|(_, tenant)| {
            tenant.inbox.has_work(now) || !tenant.callbacks.to_close(now, 1).is_empty()
        });
        Ok(busy.map(|(name, _)| name.clone()).collect())
    }

    async fn claim_events(
        &self,
        tenant: &TenantName,
        holder: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<InboxEvent>> {
        let (now, until) = (whole_micros(now), whole_micros(until));
        Ok(self.change(tenant, |tenant| tenant.inbox.claim(holder, now, until, limit)))
    }

    async fn renew_claims(
        &self,
        tenant: &TenantName,
        holder: &str,
        until: DateTime<Utc>,
    ) -> Result<u64> {
        Ok(self.change(tenant, |tenant| tenant.inbox.renew(holder, whole_micros(until))))
    }

    async fn release_claims(&self, tenant: &TenantName, holder: &str) -> Result<u64> {
        Ok(self.change(tenant, |tenant| tenant.inbox.release(holder)))
    }

    async fn claim_holders(&self, tenant: &TenantName) -> Result<Vec<String>> {
        Ok(self.read(tenant, |tenant| tenant.inbox.holders()))
    }

    async fn put_off(&self, tenant: &TenantName, holder: &str, events: &[PutOff]) -> Result<()> {
        self.change(tenant, |tenant| {
            events.iter().for_each(|event| tenant.inbox.put_off(holder, event));
        });
        Ok(())
    }

    async fn record_callbacks(
        &self,
        tenant: &TenantName,
        now: DateTime<Utc>,
        callbacks: &[CallbackRecord],
        done: &[DoneEvent],
    ) -> Result<()> {
        let record = |tenant: &mut Tenant| {
            callbacks.iter().for_each(|callback| tenant.callbacks.record(now, callback));
            for event in done {
                tenant.inbox.finish(&event.key, now);
            }
        };
        match callbacks {
            [] => self.change(tenant, record),
            _ => self.write(tenant, record),
        }
        Ok(())
    }

    async fn callbacks(
        &self,
        tenant: &TenantName,
        items: &[CallbackItemId],
    ) -> Result<HashMap<CallbackItemId, Dealt>> {
        Ok(self.read(tenant, |tenant| {
            let known = items.iter().filter_map(|item| Some((item, tenant.callbacks.get(item)?)));
            known.map(|(item, dealt)| (item.clone(), dealt)).collect()
        }))
    }

    async fn callbacks_to_close(
        &self,
        tenant: &TenantName,
        now: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<CallbackRecord>> {
        Ok(self.read(tenant, |tenant| tenant.callbacks.to_close(whole_micros(now), limit)))
    }

    async fn record_closes(
        &self,
        tenant: &TenantName,
        closes: &[(CallbackItemId, Close)],
    ) -> Result<()> {
        self.change(tenant, |tenant| {
            closes.iter().for_each(|(item, close)| tenant.callbacks.record_close(item, *close));
        });
        Ok(())
    }

    async fn inbox(&self, tenant: &TenantName, limit: usize) -> Result<Vec<InboxEvent>> {
        Ok(self.read(tenant, |tenant| tenant.inbox.list(limit)))
    }

    async fn inbox_depth(&self, tenant: &TenantName) -> Result<InboxDepth> {
        Ok(self.read(tenant, |tenant| tenant.inbox.depth()))
    }

    async fn replay_dead_letters<'a>(
        &self,
        tenant: &TenantName,
        key: Option<&'a EventKey>,
        now: DateTime<Utc>,
    ) -> Result<usize> {
        Ok(self.change(tenant, |tenant| tenant.inbox.replay(key, now)))
    }

    async fn drop_event(
        &self,
        tenant: &TenantName,
        key: &EventKey,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        Ok(self.change(tenant, |tenant| tenant.inbox.finish(key, now)))
    }

    async fn purge(&self, now: DateTime<Utc>, keep: Duration) -> Result<Purged> {
        let (oldest, oldest_tombstone) = (cut(now, keep), cut(now, TOMBSTONE_LIFETIME));
        let mut purged = Purged::default();
        for tenant in self.lock().values_mut() {
            tenant.purge(oldest, oldest_tombstone, &mut purged);
        }
        Ok(purged)
    }

    async fn erase(&self, tenant: &TenantName, number: &CustomerNumber) -> Result<Erased> {
        let digits = number.digits().ok_or(Error::NoDigits)?;
        Ok(self.change(tenant, |tenant| tenant.erase(&digits)))
    }
}
