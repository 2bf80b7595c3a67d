//! The store that is forgotten when the process ends: for tests, trials and `memory://`.

mod calls;
mod tenant;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use uuid::Uuid;
use voice_model::{CallId, OrganizationId, TenantName};

use crate::instant::whole_micros;
use crate::memory::tenant::Tenant;
use crate::retention::cut;
use crate::{
    CallDecision, CallState, CustomerNumber, DirectoryChanges, DirectoryPage, Erased, Error,
    JobName, LeaseAnswer, Outcome, PastDecision, Purged, Result, ScheduledRun, Store,
    TOMBSTONE_LIFETIME,
};

/// A store in the memory of the process. Several tasks may share one.
#[derive(Default)]
pub struct InMemoryStore(Mutex<BTreeMap<TenantName, Tenant>>);

impl std::fmt::Debug for InMemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InMemoryStore").finish_non_exhaustive()
    }
}

impl InMemoryStore {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<TenantName, Tenant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T: Default>(&self, tenant: &TenantName, read: impl FnOnce(&Tenant) -> T) -> T {
        self.lock().get(tenant).map(read).unwrap_or_default()
    }

    fn write<T>(&self, tenant: &TenantName, write: impl FnOnce(&mut Tenant) -> T) -> T {
        write(self.lock().entry(tenant.clone()).or_default())
    }

    /// Writes that make no sense for an unknown tenant, and do not make it known.
    fn change<T: Default>(&self, tenant: &TenantName, change: impl FnOnce(&mut Tenant) -> T) -> T {
        self.lock().get_mut(tenant).map(change).unwrap_or_default()
    }
}

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

    async fn directory_token(&self, tenant: &TenantName, table: &str) -> Result<Option<String>> {
        Ok(self.read(tenant, |tenant| tenant.directory.get(table)?.token.clone()))
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
        changes: &DirectoryChanges,
    ) -> Result<()> {
        self.write(tenant, |tenant| {
            tenant.directory.entry(table.to_owned()).or_default().apply(changes);
        });
        Ok(())
    }

    async fn clear_directory(&self, tenant: &TenantName, table: &str) -> Result<()> {
        self.change(tenant, |tenant| tenant.directory.remove(table));
        Ok(())
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
