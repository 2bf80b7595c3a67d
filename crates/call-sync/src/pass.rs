//! One pass for one tenant: settings, window, fetch, fold, decide, write, remember.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Duration, Utc};
use dataverse_client::{DataverseApi, StatusOption};
use directory::{Directory, PhoneSystem, PhoneSystemCache};
use enreach_client::EnreachApi;
use settings::{LoadedSettings, Names, SettingsCache, TenantSettings};
use sync_store::{JobName, Store};
use tokio::sync::Mutex;
use voice_model::{Clock, TenantName, fail_point};

use crate::deciding::{Deciding, fail_undecided};
use crate::errand::{Backfill, Errand, Freshness};
use crate::fetch::{Fetched, fetch};
use crate::ledger::{Known, Ledger};
use crate::legs::{Conversation, fold};
use crate::window::{self, Span};
use crate::{PassReport, Result};

/// How old the cursor in the store may be while nothing happens. A process that takes up from there
/// reads a little more than it has to, and a pass without work need not wait for a disk.
const CURSOR_LAG: Duration = Duration::minutes(5);

/// Call sync for one tenant.
///
/// Passes of one `CallSync` run one after the other. Between passes it keeps caches only: a new one
/// does the same work, at the price of some requests.
pub struct CallSync {
    parts: CallSyncParts,
    state: Mutex<State>,
}

/// What call sync is made of.
pub struct CallSyncParts {
    /// Under which name the store keeps what belongs to this tenant.
    pub tenant: TenantName,
    /// The telephony side.
    pub enreach: Arc<dyn EnreachApi>,
    /// The CRM side.
    pub dataverse: Arc<dyn DataverseApi>,
    /// What passes remember.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Logical names in this environment.
    pub names: Names,
    /// Settings that take the place of those in Dynamics.
    pub overrides: BTreeMap<String, String>,
}

/// Caches, which may be lost at any time.
pub(crate) struct State {
    settings: SettingsCache,
    phone_system: PhoneSystemCache,
    pub(crate) directory: Option<Directory>,
    pub(crate) status_options: StatusOptions,
    /// The settings that the last pass with something to match decided by.
    pub(crate) decided_by: Option<TenantSettings>,
    live: Option<LiveCursor>,
}

/// Where live passes have got.
#[derive(Debug, Clone, Copy)]
struct LiveCursor {
    at: DateTime<Utc>,
    saved: DateTime<Utc>,
}

impl CallSync {
    /// Puts call sync together. Nothing is read yet.
    pub fn new(parts: CallSyncParts) -> Self {
        let settings = SettingsCache::new(parts.names.clone(), parts.overrides.clone());
        let state = State {
            settings,
            phone_system: PhoneSystemCache::default(),
            directory: None,
            status_options: StatusOptions::default(),
            decided_by: None,
            live: None,
        };
        Self { parts, state: Mutex::new(state) }
    }

    /// One live pass over the last minutes. What stops it is in the report, together with all that
    /// was done before.
    ///
    /// Repeating a pass is harmless, whatever became of the one before.
    pub async fn pass(&self, freshness: Freshness) -> PassReport {
        self.run(Errand::Live(freshness)).await
    }

    /// One retro pass: the calls of the last 24 hours, or since the last good retro pass, once more.
    pub async fn retro(&self) -> PassReport {
        self.run(Errand::Retro).await
    }

    /// Decides the calls of a given time anew, those that were skipped or given up included.
    pub async fn backfill(&self, backfill: Backfill) -> PassReport {
        self.run(Errand::Backfill(backfill)).await
    }

    /// Has settings and users of both systems read again by the next pass.
    pub async fn refresh(&self) {
        let mut state = self.state.lock().await;
        state.settings.request_refresh();
        state.phone_system.request_refresh();
        if let Some(directory) = &mut state.directory {
            directory.request_refresh();
        }
    }

    async fn run(&self, errand: Errand) -> PassReport {
        let started = Instant::now();
        let (enreach, dataverse) =
            (self.parts.enreach.requests_sent(), self.parts.dataverse.requests_sent());
        let mut report = PassReport::default();
        let mut state = self.state.lock().await;
        let pass = Pass { parts: &self.parts, now: self.parts.clock.now(), errand };
        if let Err(error) = Box::pin(pass.run(&mut state, &mut report)).await {
            report.error = Some(error);
        }
        report.findings.extend(state.directory.iter().flat_map(Directory::findings).cloned());
        report.unprocessed_since = report.oldest_failure().or_else(|| {
            let stopped = report.error.is_some();
            stopped.then(|| state.live.map_or(pass.now, |cursor| cursor.at))
        });
        report
            .decisions
            .sort_by(|a, b| (a.evidence.start, &a.call).cmp(&(b.evidence.start, &b.call)));
        report.enreach_requests = self.parts.enreach.requests_sent() - enreach;
        report.dataverse_requests = self.parts.dataverse.requests_sent() - dataverse;
        report.elapsed = started.elapsed();
        report
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Pass<'a> {
    pub(crate) parts: &'a CallSyncParts,
    pub(crate) now: DateTime<Utc>,
    pub(crate) errand: Errand,
}

/// The calls of a pass with what earlier passes know of them.
pub(crate) struct Gathered {
    pub(crate) calls: Vec<Arc<Conversation>>,
    pub(crate) known: Known,
}

impl<'a> Pass<'a> {
    pub(crate) fn ledger(self) -> Ledger<'a> {
        Ledger { store: self.parts.store.as_ref(), tenant: &self.parts.tenant }
    }

    async fn run(self, state: &mut State, report: &mut PassReport) -> Result<()> {
        let dataverse = self.parts.dataverse.as_ref();
        let loaded = state.settings.current(dataverse, self.now).await?.clone();
        report.findings.extend(loaded.findings.iter().cloned());
        let CallSyncParts { enreach, store, tenant, .. } = self.parts;
        let (enreach, store) = (enreach.as_ref(), store.as_ref());
        let phone_system =
            state.phone_system.current(enreach, store, tenant, &loaded.settings, self.now).await?;
        report.findings.extend(phone_system.findings.iter().cloned());

        let span = self.span(state, &loaded.settings).await?;
        let fetched = fetch(enreach, &span, &loaded.settings).await?;
        let mut gathered = self.gather(fetched, &span, report).await?;
        Box::pin(self.decide(&mut gathered, &span, state, &loaded, &phone_system, report)).await?;
        let idle = report.decisions.is_empty();
        self.move_cursor(state, idle).await
    }

    /// Decides every call; what an error leaves undecided is reported as failed.
    async fn decide(
        self,
        gathered: &mut Gathered,
        span: &Span,
        state: &mut State,
        loaded: &LoadedSettings,
        phone_system: &PhoneSystem,
        report: &mut PassReport,
    ) -> Result<()> {
        let deciding = Deciding { pass: self, loaded, phone_system, span };
        let result = Box::pin(deciding.run(gathered, state, report)).await;
        if let Err(error) = &result {
            fail_undecided(&gathered.calls, error, report);
        }
        result
    }

    async fn span(self, state: &mut State, settings: &TenantSettings) -> Result<Span> {
        match self.errand {
            Errand::Backfill(backfill) => Ok(window::given(backfill.window, self.now)),
            Errand::Live(_) => {
                let last = self.live_cursor(state, settings).await?;
                Ok(window::live(self.now, last, settings))
            }
            Errand::Retro => {
                let first = window::first_retro_cursor(self.now);
                let last = self.cursor(&JobName::RETRO_SYNC, first).await?;
                Ok(window::retro(self.now, last))
            }
        }
    }

    /// Where a job has got. One that begins now begins at `first`, which is kept at once: should its
    /// first pass fail, the next one looks back as far.
    async fn cursor(self, job: &JobName, first: DateTime<Utc>) -> Result<DateTime<Utc>> {
        let CallSyncParts { store, tenant, .. } = self.parts;
        match store.cursor(tenant, job).await? {
            Some(cursor) => Ok(cursor),
            None => Ok(store.advance_cursor(tenant, job, first).await?),
        }
    }

    /// The cursor of live passes, which this process may have moved further than it has saved.
    async fn live_cursor(
        self,
        state: &mut State,
        settings: &TenantSettings,
    ) -> Result<DateTime<Utc>> {
        if let Some(cursor) = state.live {
            return Ok(cursor.at);
        }
        let first = window::first_live_cursor(self.now, settings);
        let saved = self.cursor(&JobName::CALL_SYNC, first).await?;
        state.live = Some(LiveCursor { at: saved, saved });
        Ok(saved)
    }

    /// Folds what came with what is kept of the same calls, and of calls whose next attempt is due.
    async fn gather(
        self,
        fetched: Fetched,
        span: &Span,
        report: &mut PassReport,
    ) -> Result<Gathered> {
        report.rows = fetched.legs.len() + fetched.unreadable.len();
        report.unreadable = fetched.unreadable;
        let seen: HashSet<_> = fetched.legs.iter().map(|leg| leg.row.call_id.clone()).collect();
        let mut seen: Vec<_> = seen.into_iter().collect();
        seen.sort_unstable();
        let mut known = self.ledger().known(&seen).await?;
        // A row without id cannot be told from its newer state: the one that came counts.
        let kept = |call| known.legs(call).into_iter().filter(|leg| leg.row.id.is_some());
        let mut legs: Vec<_> = seen.iter().flat_map(kept).collect();
        if self.errand.looks_after_waiting_calls() {
            let due = self.ledger().due(self.now).await?;
            for state in due.into_iter().filter(|state| seen.binary_search(&state.call).is_err()) {
                let call = state.call.clone();
                known.add(state);
                legs.extend(known.legs(&call));
            }
        }
        let calls = fold(fetched.legs.into_iter().chain(legs));
        let calls = calls.into_iter().filter(|call| span.covers(call)).map(Arc::new).collect();
        Ok(Gathered { calls, known })
    }

    /// The last thing that a pass does. A crash before it repeats the pass.
    async fn move_cursor(self, state: &mut State, idle: bool) -> Result<()> {
        let Some(job) = self.errand.cursor() else { return Ok(()) };
        let is_live = job == JobName::CALL_SYNC;
        if let Some(cursor) = &mut state.live
            && is_live
            && idle
            && (Duration::zero()..CURSOR_LAG).contains(&(self.now - cursor.saved))
        {
            cursor.at = cursor.at.max(self.now);
            return Ok(());
        }
        fail_point::reach("before-cursor");
        let saved = self.parts.store.advance_cursor(&self.parts.tenant, &job, self.now).await?;
        if is_live {
            state.live = Some(LiveCursor { at: saved, saved });
        }
        Ok(())
    }
}

/// The status reasons of `phonecall`, read when a setting needs them.
#[derive(Default)]
pub(crate) struct StatusOptions {
    options: Vec<StatusOption>,
    read_at: Option<DateTime<Utc>>,
}

impl StatusOptions {
    pub(crate) async fn current(
        &mut self,
        api: &dyn DataverseApi,
        now: DateTime<Utc>,
        settings: &TenantSettings,
    ) -> Result<&[StatusOption]> {
        let fresh = |read_at| (read_at..read_at + settings.settings_refresh).contains(&now);
        if !self.read_at.is_some_and(fresh) {
            self.options = api.status_options("phonecall").await?;
            self.read_at = Some(now);
        }
        Ok(&self.options)
    }
}

#[cfg(test)]
mod tests;
