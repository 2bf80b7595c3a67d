//! Keeping a job of a tenant for oneself while working on it.
//!
//! A lease saves two processes from doing the same work, and nothing more. Work goes on without it:
//! neither a lost lease nor a store that cannot prolong it stops what has begun, and whatever is done
//! must be right if another process does it at the same time.
//!
//! What must not happen is that nobody works. So a lease is taken over at once if its holder's
//! process is gone, or if it ends later than a lease can last: then it was made by another time.

mod holder;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sync_store::{JobName, LeaseAnswer, Store};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::task::AbortOnDropHandle;
use voice_model::{Clock, TenantName, error_chain};

pub use holder::Holder;

/// How long a lease lasts unless it is renewed.
const LENGTH: Duration = Duration::from_secs(60);
/// When it is renewed: two renewals may fail.
const RENEWAL: Duration = Duration::from_secs(LENGTH.as_secs() / 3);
/// How far the clocks of two machines may differ before one takes the other's leases for nonsense.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(10);
/// How often one who waits asks again.
const ASKING: Duration = Duration::from_secs(1);

/// How long a single run waits for the holder of a lease to end: longer than the lease of a process
/// that was killed on another machine.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Asks for leases in the name of one holder.
#[derive(Debug, Clone)]
pub struct Leases {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    holder: Holder,
}

/// What became of work that needed a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held<T> {
    /// The work was done.
    Done(T),
    /// Nothing was begun.
    Refused(Refusal),
}

/// Somebody else does this job for this tenant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{job} of {tenant} is being done by {holder}, until {until} at least")]
pub struct Refusal {
    /// The tenant.
    pub tenant: TenantName,
    /// The job.
    pub job: JobName,
    /// Who does it.
    pub holder: String,
    /// Until when, unless renewed.
    pub until: DateTime<Utc>,
}

impl Leases {
    /// Asks in the name of `holder`. To one holder a lease is given again while it has it, so parts
    /// of a process that must not work at the same time need a [`Holder`] each.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, holder: Holder) -> Self {
        Self { store, clock, holder }
    }

    /// Does the work if nobody else does, and keeps the lease meanwhile.
    ///
    /// # Errors
    /// When the store could not be asked; the work was not begun.
    pub async fn hold<T>(
        &self,
        tenant: &TenantName,
        job: &JobName,
        work: impl Future<Output = T>,
    ) -> sync_store::Result<Held<T>> {
        Ok(match self.acquire(tenant, job).await? {
            Ok(lease) => Held::Done(lease.during(work).await),
            Err(refusal) => Held::Refused(refusal),
        })
    }

    /// Waits until nobody else has the lease, at most for `patience` (see [`PATIENCE`]).
    ///
    /// # Errors
    /// When the store could not be asked.
    pub async fn wait(
        &self,
        tenant: &TenantName,
        job: &JobName,
        patience: Duration,
    ) -> sync_store::Result<Result<Lease, Refusal>> {
        let deadline = Instant::now() + patience;
        loop {
            let answer = self.acquire(tenant, job).await?;
            let left = deadline.saturating_duration_since(Instant::now());
            if answer.is_ok() || left.is_zero() {
                return Ok(answer);
            }
            tokio::time::sleep(ASKING.min(left)).await;
        }
    }

    /// Asks for the lease, and takes it over if nobody can really have it.
    ///
    /// # Errors
    /// When the store could not be asked.
    pub async fn acquire(
        &self,
        tenant: &TenantName,
        job: &JobName,
    ) -> sync_store::Result<Result<Lease, Refusal>> {
        let Err(refusal) = self.ask(tenant, job).await? else {
            return Ok(Ok(self.granted(tenant, job)));
        };
        let Refusal { holder, until, .. } = &refusal;
        let Some(reason) = why_nobody_has_it(holder, *until, self.clock.now()) else {
            return Ok(Err(refusal));
        };
        tracing::info!(%tenant, %job, holder, %until, "lease taken over: {reason}");
        // Given back by the name of its holder, so that of two who take it over one wins.
        self.store.release_lease(tenant, job, holder).await?;
        Ok(self.ask(tenant, job).await?.map(|()| self.granted(tenant, job)))
    }

    async fn ask(
        &self,
        tenant: &TenantName,
        job: &JobName,
    ) -> sync_store::Result<Result<(), Refusal>> {
        let (now, holder) = (self.clock.now(), self.holder.as_str());
        let answer = self.store.acquire_lease(tenant, job, holder, now, now + LENGTH).await?;
        Ok(match answer {
            LeaseAnswer::Granted => Ok(()),
            LeaseAnswer::Refused { holder, until } => {
                Err(Refusal { tenant: tenant.clone(), job: job.clone(), holder, until })
            }
        })
    }

    fn granted(&self, tenant: &TenantName, job: &JobName) -> Lease {
        let claim = Claim { leases: self.clone(), tenant: tenant.clone(), job: job.clone() };
        let renewal = AbortOnDropHandle::new(tokio::spawn(claim.clone().renew()));
        Lease(Some((claim, renewal)))
    }
}

/// Why a lease that stands in the store keeps nobody from working, if so.
fn why_nobody_has_it(
    holder: &str,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<&'static str> {
    if until > now + LENGTH + CLOCK_TOLERANCE {
        return Some("it ends later than a lease can, so the clock was changed");
    }
    Holder::is_gone(holder).then_some("its holder's process has ended")
}

/// A lease that is renewed until it is given back. One that is dropped is given back in the
/// background, if the process lives long enough; else it ends by itself.
#[derive(Debug)]
pub struct Lease(Option<(Claim, AbortOnDropHandle<()>)>);

impl Lease {
    /// Does the work and gives the lease back.
    pub async fn during<T>(self, work: impl Future<Output = T>) -> T {
        let done = work.await;
        self.release().await;
        done
    }

    /// Gives the lease back.
    pub async fn release(mut self) {
        if let Some((claim, renewal)) = self.0.take() {
            claim.release(renewal).await;
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some((claim, renewal)) = self.0.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(claim.release(renewal));
        }
    }
}

/// What was granted, and to whom.
#[derive(Debug, Clone)]
struct Claim {
    leases: Leases,
    tenant: TenantName,
    job: JobName,
}

impl Claim {
    /// Renews until the lease is lost. What goes wrong is told once; the work goes on.
    async fn renew(self) {
        let Self { leases: Leases { store, clock, holder }, tenant, job } = &self;
        let mut ticks = tokio::time::interval_at(Instant::now() + RENEWAL, RENEWAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = false;
        loop {
            ticks.tick().await;
            let until = clock.now() + LENGTH;
            match store.renew_lease(tenant, job, holder.as_str(), until).await {
                Ok(true) => told = false,
                Ok(false) => {
                    tracing::warn!(%tenant, %job, "the lease is somebody else's now; going on");
                    return;
                }
                Err(error) if !told => {
                    let error = error_chain(&error);
                    tracing::warn!(%tenant, %job, error, "the lease is not renewed; going on");
                    told = true;
                }
                Err(_) => (),
            }
        }
    }

    async fn release(self, renewal: AbortOnDropHandle<()>) {
        // A renewal under way would find the lease gone and call it lost.
        renewal.abort();
        let _ = renewal.await;
        let Self { leases: Leases { store, holder, .. }, tenant, job } = &self;
        if let Err(error) = store.release_lease(tenant, job, holder.as_str()).await {
            let error = error_chain(&error);
            tracing::warn!(%tenant, %job, error, "the lease is not given back; it ends by itself");
        }
    }
}
