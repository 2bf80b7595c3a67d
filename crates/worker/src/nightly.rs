//! A job that runs once a night, at a moment drawn at random (design, section 3).
//!
//! A night is named by the date of its evening: its moment lies between 22:00 and 23:30 UTC of that
//! date. What is known of the nights is in the store, so that neither a restart nor a second process
//! draws again or runs again. A night whose moment has passed stays due until it, or a later one, is
//! finished; several nights that were missed are one run.
//!
//! The clock may jump. A night that is finished is never due again, whatever the clock says, and what
//! stands under dates to come is left aside, as a clock that was far ahead may have put it there.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sync_store::{JobName, Result, ScheduledRun, Store};
use voice_model::TenantName;

/// From when on moments are drawn.
const FIRST: TimeDelta = TimeDelta::hours(22);
/// Until when.
const LAST: TimeDelta = TimeDelta::minutes(23 * 60 + 30);
/// How far back runs are looked at: as long as a store may keep them.
const LOOK_BACK: Days = Days::new(400);
/// How many missed nights are marked one by one. What is older needs no mark: a later night is done.
const MARKED: Days = Days::new(45);

/// The nights of one job of one tenant.
#[derive(Debug)]
pub struct Nightly {
    store: Arc<dyn Store>,
    tenant: TenantName,
    job: JobName,
    random: Mutex<StdRng>,
}

impl Nightly {
    /// The nights of a job. Without a seed the moments cannot be foretold.
    pub fn new(store: Arc<dyn Store>, tenant: TenantName, job: JobName, seed: Option<u64>) -> Self {
        let random = Mutex::new(seed.map_or_else(rand::make_rng, StdRng::seed_from_u64));
        Self { store, tenant, job, random }
    }

    /// The night that is to be run now, which stands for every one missed before it.
    ///
    /// With several processes, ask while holding the lease of the job: what was due before may be
    /// done by now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn due(&self, now: DateTime<Utc>) -> Result<Option<NaiveDate>> {
        Ok(self.nights(now).await?.due())
    }

    /// When the next run is due: now if one is, else the moment drawn for the next night. Look again
    /// now and then all the same, as the clock may jump.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn next(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
        let nights = self.nights(now).await?;
        if nights.due().is_some() {
            return Ok(now);
        }
        if !nights.is_done(nights.coming.date) {
            return Ok(nights.coming.at);
        }
        Ok(self.drawn(&nights.known, next_day(nights.coming.date), now).await?.at)
    }

    /// Notes that the run of a night was done, and with it that of every night before.
    ///
    /// # Errors
    /// When the store fails; then the night may still be due.
    pub async fn finish(&self, night: NaiveDate, now: DateTime<Utc>) -> Result<()> {
        let nights = self.nights(now).await?;
        let oldest = night.checked_sub_days(MARKED).unwrap_or(NaiveDate::MIN);
        let missed = nights.first_open().max(oldest);
        // The latest comes last: after a failure before that, the run is due again.
        for date in missed.iter_days().take_while(|date| *date < night) {
            self.store.finish_run(&self.tenant, &self.job, date, now).await?;
        }
        self.store.finish_run(&self.tenant, &self.job, night, now).await
    }

    async fn nights(&self, now: DateTime<Utc>) -> Result<Nights> {
        let coming = coming_night(now);
        let since = coming.checked_sub_days(LOOK_BACK).unwrap_or(NaiveDate::MIN);
        let known = self.store.runs_since(&self.tenant, &self.job, since).await?;
        let coming = self.drawn(&known, coming, now).await?;
        Ok(Nights { known, coming, now })
    }

    /// The run of a night, its moment drawn from what is left of its span if it has none yet.
    async fn drawn(
        &self,
        known: &[ScheduledRun],
        night: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<ScheduledRun> {
        if let Some(run) = known.iter().find(|run| run.date == night) {
            return Ok(*run);
        }
        let (first, last) = span(night);
        let first = first.max(now).min(last);
        let seconds = (last - first).num_seconds();
        let after =
            self.random.lock().unwrap_or_else(PoisonError::into_inner).random_range(0..=seconds);
        let moment = first + TimeDelta::seconds(after);
        self.store.schedule_run(&self.tenant, &self.job, night, moment).await
    }
}

/// What is known of the nights at one moment.
struct Nights {
    /// In the order of dates.
    known: Vec<ScheduledRun>,
    /// The night whose span has not ended yet.
    coming: ScheduledRun,
    now: DateTime<Utc>,
}

impl Nights {
    /// The latest night whose moment has passed, if it is open.
    fn due(&self) -> Option<NaiveDate> {
        let coming = self.coming.date;
        let passed = if self.coming.at <= self.now { coming } else { coming.pred_opt()? };
        (self.first_open() <= passed).then_some(passed)
    }

    /// The night after the last one that is done; if none is, the first one that is known.
    fn first_open(&self) -> NaiveDate {
        let mut dates = self.known.iter().take_while(|run| run.date <= self.coming.date);
        let done = dates.clone().filter(|run| run.done_at.is_some()).last();
        let first = dates.next().unwrap_or(&self.coming);
        done.map_or(first.date, |run| next_day(run.date))
    }

    fn is_done(&self, night: NaiveDate) -> bool {
        night < self.first_open()
    }
}

/// The night whose span has not ended yet: today's until 23:30, then tomorrow's.
fn coming_night(now: DateTime<Utc>) -> NaiveDate {
    let today = now.date_naive();
    if now < span(today).1 { today } else { next_day(today) }
}

fn span(night: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
    let midnight = night.and_time(NaiveTime::MIN).and_utc();
    (midnight + FIRST, midnight + LAST)
}

fn next_day(date: NaiveDate) -> NaiveDate {
    date.succ_opt().unwrap_or(NaiveDate::MAX)
}
