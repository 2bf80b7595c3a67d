//! The capability that engines ask for: what is remembered between passes and processes.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use uuid::Uuid;
use voice_model::{CallId, CallbackItemId, OrganizationId, TenantName};

use crate::{
    CallDecision, CallState, CallbackRecord, Close, CustomerNumber, Dealt, DirectoryChanges,
    DirectoryLoad, DirectoryPage, DoneEvent, Erased, EventKey, InboxDepth, InboxEvent, JobName,
    LeaseAnswer, NewEvent, PastDecision, Purged, PutOff, Result, ScheduledRun,
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

    /// Which load of a table the store has, and how far that has got.
    async fn directory_load(&self, tenant: &TenantName, table: &str) -> Result<DirectoryLoad>;

    /// At most `limit` rows of a table, those behind the key `after`. See
    /// [`directory_rows`](crate::directory_rows) for all of them.
    async fn directory_page(
        &self,
        tenant: &TenantName,
        table: &str,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<DirectoryPage>;

    /// Applies changes to a load of a table. False, and nothing is kept, if that load is not the
    /// one that the store has: somebody has begun a new one, which these changes would make look
    /// complete.
    async fn save_directory_changes(
        &self,
        tenant: &TenantName,
        table: &str,
        load: i64,
        changes: &DirectoryChanges,
    ) -> Result<bool>;

    /// Forgets rows and token of a table and begins a new load, whose number is the answer.
    async fn clear_directory(&self, tenant: &TenantName, table: &str) -> Result<i64>;

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

    /// Takes events into the inbox, all or none, of any tenants. One whose key is known is left as
    /// it is, in whatever state: done, too. Answers with the number of new ones.
    async fn take_in(&self, now: DateTime<Utc>, events: &[NewEvent]) -> Result<usize>;

    /// Those of the keys that are known, in whatever state.
    async fn known_events(
        &self,
        tenant: &TenantName,
        keys: &[EventKey],
    ) -> Result<HashSet<EventKey>>;

    /// The tenants of which an event is to be worked on or a callback to be closed by `now`, in the
    /// order of names. Claims that have ended by `now` count.
    async fn tenants_with_work(&self, now: DateTime<Utc>) -> Result<Vec<TenantName>>;

    /// Claims at most `limit` events until `until`: those that are due, and those whose claim has
    /// ended by `now`; those that came first, first. Each counts as an attempt.
    async fn claim_events(
        &self,
        tenant: &TenantName,
        holder: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<InboxEvent>>;

    /// Prolongs all claims of a holder, the heartbeat. Answers with how many there are.
    async fn renew_claims(
        &self,
        tenant: &TenantName,
        holder: &str,
        until: DateTime<Utc>,
    ) -> Result<u64>;

    /// Gives all claims of a holder back, also in the name of one who is gone: the events are due
    /// again when they were. Answers with how many there were.
    async fn release_claims(&self, tenant: &TenantName, holder: &str) -> Result<u64>;

    /// Who holds claims, in the order of names.
    async fn claim_holders(&self, tenant: &TenantName) -> Result<Vec<String>>;

    /// Puts off events that a holder has claimed, or gives them up. Events that it has not claimed,
    /// or not any more, are left alone.
    async fn put_off(&self, tenant: &TenantName, holder: &str, events: &[PutOff]) -> Result<()>;

    /// Keeps what became of callbacks and marks events as done, all or none. Who had claimed the
    /// events does not matter: the work is done. Nothing but its key, its times and its outcome is
    /// kept of an event that is done; unknown events are passed over. A callback that is known is
    /// overwritten.
    async fn record_callbacks(
        &self,
        tenant: &TenantName,
        now: DateTime<Utc>,
        callbacks: &[CallbackRecord],
        done: &[DoneEvent],
    ) -> Result<()>;

    /// What is known of those of the callbacks that are dealt with.
    async fn callbacks(
        &self,
        tenant: &TenantName,
        items: &[CallbackItemId],
    ) -> Result<HashMap<CallbackItemId, Dealt>>;

    /// At most `limit` callbacks that are to be closed by `now`, the one that waits longest first.
    async fn callbacks_to_close(
        &self,
        tenant: &TenantName,
        now: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<CallbackRecord>>;

    /// Notes how far the closing of callbacks has got. Unknown callbacks are passed over.
    async fn record_closes(
        &self,
        tenant: &TenantName,
        closes: &[(CallbackItemId, Close)],
    ) -> Result<()>;

    /// At most `limit` events that are not done, those that came first, first.
    async fn inbox(&self, tenant: &TenantName, limit: usize) -> Result<Vec<InboxEvent>>;

    /// How many events are not done.
    async fn inbox_depth(&self, tenant: &TenantName) -> Result<InboxDepth>;

    /// Has dead letters worked on again at `now`, with their attempts counted from zero: all of
    /// them, or the one with this key. Answers with how many there were.
    async fn replay_dead_letters<'a>(
        &self,
        tenant: &TenantName,
        key: Option<&'a EventKey>,
        now: DateTime<Utc>,
    ) -> Result<usize>;

    /// Marks an event that is not done as done with the outcome `Dropped`, so that it does not come
    /// back; false if there is none.
    async fn drop_event(
        &self,
        tenant: &TenantName,
        key: &EventKey,
        now: DateTime<Utc>,
    ) -> Result<bool>;

    /// Deletes what is too old, of all tenants: calls last seen before `now − keep` with their
    /// history, runs of dates before that, events done before that, and what is older than
    /// [`TOMBSTONE_LIFETIME`](crate::TOMBSTONE_LIFETIME): tombstones, and callbacks that are not to
    /// be closed any more. Events that are not done stay.
    async fn purge(&self, now: DateTime<Utc>, keep: Duration) -> Result<Purged>;

    /// Deletes every call of a tenant that has, or once had, this number, with legs, history and
    /// evidence, and every event that is not done with this number. Tombstones stay, so that the calls
    /// are not logged again. The directory snapshot
    /// follows Dynamics and is not searched.
    ///
    /// # Errors
    /// [`Error::NoDigits`](crate::Error::NoDigits) when the number has no digits.
    async fn erase(&self, tenant: &TenantName, number: &CustomerNumber) -> Result<Erased>;
}
