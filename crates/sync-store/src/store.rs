//! The capability that engines ask for: what is remembered between passes and processes.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use uuid::Uuid;
use voice_model::{CallId, OrganizationId, TenantName};

use crate::{
    CallDecision, CallState, CustomerNumber, DirectoryChanges, DirectoryPage, Erased, JobName,
    LeaseAnswer, PastDecision, Purged, Result, ScheduledRun,
};

/// What is remembered between passes and processes, by tenant.
///
/// Each method is atomic and durable: when it returns, what it wrote survives a crash of the
/// process and of the machine; when it fails, nothing of it was kept. Each may be repeated. Times are
/// kept to the microsecond. Time comes from the caller and may jump either way.
///
/// The adapters are [`SqliteStore`](crate::SqliteStore) and
/// [`InMemoryStore`](crate::InMemoryStore); with the feature `mock` there is a `MockStore`.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Store: std::fmt::Debug + Send + Sync {
    /// Whether the store can be reached and read: the readiness check.
    async fn check(&self) -> Result<()>;

    /// Every tenant of which anything was ever kept, in the order of names.
    async fn tenants(&self) -> Result<Vec<TenantName>>;

    /// The Enreach organisation of a tenant, as first told.
    async fn organization(&self, tenant: &TenantName) -> Result<Option<OrganizationId>>;

    /// Keeps the organisation of a tenant if none is kept yet. Answers with the one that is kept:
    /// if it is another, the tenant must not go on, since the id is part of every activity's key.
    async fn keep_organization(
        &self,
        tenant: &TenantName,
        organization: &OrganizationId,
    ) -> Result<OrganizationId>;

    /// Up to where a job has got.
    async fn cursor(&self, tenant: &TenantName, job: &JobName) -> Result<Option<DateTime<Utc>>>;

    /// Moves a cursor forward, never back. Answers with where it is now.
    async fn advance_cursor(
        &self,
        tenant: &TenantName,
        job: &JobName,
        to: DateTime<Utc>,
    ) -> Result<DateTime<Utc>>;

    /// Puts a cursor anywhere, or takes it away.
    async fn reset_cursor(
        &self,
        tenant: &TenantName,
        job: &JobName,
        to: Option<DateTime<Utc>>,
    ) -> Result<()>;

    /// Keeps decisions, all or none. Answers with the number of calls of which something was new.
    ///
    /// A line of history is added if outcome, reason, number or evidence differ from the last one.
    /// A decision that brings nothing new writes nothing, except once a day that the call was seen.
    /// `Logged` and `AlreadyLogged` leave a tombstone.
    async fn record(
        &self,
        tenant: &TenantName,
        now: DateTime<Utc>,
        decisions: &[CallDecision],
    ) -> Result<usize>;

    /// The states of those of the calls that are known.
    async fn calls(
        &self,
        tenant: &TenantName,
        calls: &[CallId],
    ) -> Result<HashMap<CallId, CallState>>;

    /// Those of the calls that were ever logged, also if their record was purged or erased since.
    async fn was_ever_logged(
        &self,
        tenant: &TenantName,
        calls: &[CallId],
    ) -> Result<HashSet<CallId>>;

    /// Deferred calls that were first seen at `since` or later, oldest first.
    async fn deferred_since(
        &self,
        tenant: &TenantName,
        since: DateTime<Utc>,
    ) -> Result<Vec<CallState>>;

    /// Failed calls whose next attempt is due, the one that waits longest first.
    async fn failed_due(&self, tenant: &TenantName, now: DateTime<Utc>) -> Result<Vec<CallState>>;

    /// Calls that failed for good, oldest first.
    async fn dead_letters(&self, tenant: &TenantName) -> Result<Vec<CallState>>;

    /// Has every dead letter tried again at `now`, with its attempts counted from zero. Answers with
    /// how many there were.
    async fn retry_dead_letters(&self, tenant: &TenantName, now: DateTime<Utc>) -> Result<usize>;

    /// The same for one call; false if it is no dead letter.
    async fn retry_dead_letter(
        &self,
        tenant: &TenantName,
        call: &CallId,
        now: DateTime<Utc>,
    ) -> Result<bool>;

    /// All decisions on a call, in the order in which they were recorded.
    async fn history(&self, tenant: &TenantName, call: &CallId) -> Result<Vec<PastDecision>>;

    /// All decisions on all calls that have, or once had, this number, in the order in which they
    /// were recorded.
    ///
    /// # Errors
    /// [`Error::NoDigits`](crate::Error::NoDigits) when the number has no digits.
    async fn history_by_number(
        &self,
        tenant: &TenantName,
        number: &CustomerNumber,
    ) -> Result<Vec<PastDecision>>;

    /// The token from which changes of a table are to be asked; `None` = load it whole.
    async fn directory_token(&self, tenant: &TenantName, table: &str) -> Result<Option<String>>;

    /// At most `limit` rows of a table, those behind the key `after`. See
    /// [`directory_rows`](crate::directory_rows) for all of them.
    async fn directory_page(
        &self,
        tenant: &TenantName,
        table: &str,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<DirectoryPage>;

    /// Applies changes to a table.
    async fn save_directory_changes(
        &self,
        tenant: &TenantName,
        table: &str,
        changes: &DirectoryChanges,
    ) -> Result<()>;

    /// Forgets rows and token of a table, before it is loaded whole.
    async fn clear_directory(&self, tenant: &TenantName, table: &str) -> Result<()>;

    /// Keeps the moment drawn for a run if none is kept for that date yet. Answers with the run
    /// that is kept: of two processes that draw, the first wins.
    async fn schedule_run(
        &self,
        tenant: &TenantName,
        job: &JobName,
        date: NaiveDate,
        at: DateTime<Utc>,
    ) -> Result<ScheduledRun>;

    /// Notes that a run was done. A run that was not scheduled counts as scheduled for that moment;
    /// of several moments the latest is kept.
    async fn finish_run(
        &self,
        tenant: &TenantName,
        job: &JobName,
        date: NaiveDate,
        done_at: DateTime<Utc>,
    ) -> Result<()>;

    /// The runs of a job from a date on, in the order of dates.
    async fn runs_since(
        &self,
        tenant: &TenantName,
        job: &JobName,
        date: NaiveDate,
    ) -> Result<Vec<ScheduledRun>>;

    /// Asks for a lease until `until`. It is granted if nobody else has it, or if theirs has ended
    /// by `now`; its holder gets it again.
    async fn acquire_lease(
        &self,
        tenant: &TenantName,
        job: &JobName,
        holder: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<LeaseAnswer>;

    /// Prolongs a lease; false if it is not the holder's any more. A lease that has ended may be
    /// prolonged as long as nobody else took it.
    async fn renew_lease(
        &self,
        tenant: &TenantName,
        job: &JobName,
        holder: &str,
        until: DateTime<Utc>,
    ) -> Result<bool>;

    /// Gives a lease back. Somebody else's lease is left alone.
    async fn release_lease(&self, tenant: &TenantName, job: &JobName, holder: &str) -> Result<()>;

    /// Deletes what is too old, of all tenants: calls last seen before `now − keep` with their
    /// history, runs of dates before that, and tombstones older than
    /// [`TOMBSTONE_LIFETIME`](crate::TOMBSTONE_LIFETIME).
    async fn purge(&self, now: DateTime<Utc>, keep: Duration) -> Result<Purged>;

    /// Deletes every call of a tenant that has, or once had, this number, with legs, history and
    /// evidence. Tombstones stay, so that the calls are not logged again. The directory snapshot
    /// follows Dynamics and is not searched.
    ///
    /// # Errors
    /// [`Error::NoDigits`](crate::Error::NoDigits) when the number has no digits.
    async fn erase(&self, tenant: &TenantName, number: &CustomerNumber) -> Result<Erased>;
}
