//! One pass for one tenant: settings, window, fetch, fold, decide, write, remember.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use call_matching::{CallerNumber, NumberReader};
use chrono::{DateTime, Utc};
use dataverse_client::{DataverseApi, StatusOption};
use enreach_client::EnreachApi;
use settings::{Finding, Names, SettingsCache, TenantSettings};
use tokio::sync::Mutex;
use voice_model::Clock;

use crate::decision::{Decision, Evidence, Failure, LoggedBy, Outcome, SkipReason};
use crate::directory::Directory;
use crate::fetch::fetch;
use crate::legs::{Conversation, fold};
use crate::memory::Memory;
use crate::missing_legs::{complete, may_lack_legs};
use crate::phone_system::PhoneSystem;
use crate::plan::evidence_of;
use crate::round::Round;
use crate::screen::{Screening, screen};
use crate::window::Span;
use crate::{Error, PassReport, Result, window};

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
    /// The telephony side.
    pub enreach: Arc<dyn EnreachApi>,
    /// The CRM side.
    pub dataverse: Arc<dyn DataverseApi>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Logical names in this environment.
    pub names: Names,
    /// Settings that take the place of those in Dynamics.
    pub overrides: BTreeMap<String, String>,
}

/// How fresh the caches of a pass must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Customers and users are read again when they are older than `DirectoryRefreshSeconds`.
    Cached,
    /// They are read again if there is anything to match.
    Fresh,
}

struct State {
    settings: SettingsCache,
    phone_system: Option<PhoneSystem>,
    directory: Option<Directory>,
    status_options: StatusOptions,
    memory: Memory,
}

impl CallSync {
    /// Puts call sync together. Nothing is read yet.
    pub fn new(parts: CallSyncParts) -> Self {
        let settings = SettingsCache::new(parts.names.clone(), parts.overrides.clone());
        let state = State {
            settings,
            phone_system: None,
            directory: None,
            status_options: StatusOptions::default(),
            memory: Memory::default(),
        };
        Self { parts, state: Mutex::new(state) }
    }

    /// One pass. What stops it is in the report, together with all that was done before.
    ///
    /// Repeating a pass is harmless, whatever became of the one before.
    pub async fn pass(&self, freshness: Freshness) -> PassReport {
        let started = Instant::now();
        let (enreach, dataverse) =
            (self.parts.enreach.requests_sent(), self.parts.dataverse.requests_sent());
        let mut report = PassReport::default();
        let mut state = self.state.lock().await;
        let run = Pass { parts: &self.parts, now: self.parts.clock.now(), freshness };
        if let Err(error) = Box::pin(run.run(&mut state, &mut report)).await {
            report.error = Some(error);
        }
        report
            .decisions
            .sort_by(|a, b| (a.evidence.start, &a.call).cmp(&(b.evidence.start, &b.call)));
        report.enreach_requests = self.parts.enreach.requests_sent() - enreach;
        report.dataverse_requests = self.parts.dataverse.requests_sent() - dataverse;
        report.elapsed = started.elapsed();
        report
    }
}

pub(crate) struct Pass<'a> {
    pub(crate) parts: &'a CallSyncParts,
    now: DateTime<Utc>,
    freshness: Freshness,
}

/// A conversation and the customer's number.
pub(crate) type OpenCall = (Arc<Conversation>, CallerNumber);

impl Pass<'_> {
    async fn run(&self, state: &mut State, report: &mut PassReport) -> Result<()> {
        let dataverse = self.parts.dataverse.as_ref();
        let loaded = state.settings.current(dataverse, self.now).await?.clone();
        report.findings.extend(loaded.findings.iter().cloned());
        let settings = &loaded.settings;
        self.refresh_phone_system(state, settings).await?;
        let Some(phone_system) = &state.phone_system else { return Ok(()) };
        state.memory.hold_to(&phone_system.organization)?;
        report.findings.extend(phone_system.findings.iter().cloned());

        let span = window::live(self.now, state.memory.last_good_pass, settings);
        let fetched = fetch(self.parts.enreach.as_ref(), &span, settings).await?;
        report.rows = fetched.legs.len() + fetched.unreadable.len();
        report.unreadable = fetched.unreadable;
        let earlier = state.memory.earlier_legs(&fetched.legs);
        let mut calls: Vec<_> =
            fold(fetched.legs.into_iter().chain(earlier)).into_iter().map(Arc::new).collect();

        let result = Box::pin(self.decide(&mut calls, &span, state, settings, report)).await;
        if let Err(error) = &result {
            fail_undecided(&calls, error, report);
        }
        let outcomes: HashMap<_, _> =
            report.decisions.iter().map(|decision| (&decision.call, &decision.outcome)).collect();
        for call in &calls {
            if let Some(outcome) = outcomes.get(&call.call) {
                state.memory.keep(self.now, call, outcome);
            }
        }
        state.memory.forget_old(self.now);
        if result.is_ok() {
            state.memory.last_good_pass = Some(self.now);
        }
        result
    }

    /// Users and queues change rarely; while they cannot be read again, the last ones serve.
    async fn refresh_phone_system(
        &self,
        state: &mut State,
        settings: &TenantSettings,
    ) -> Result<()> {
        if state.phone_system.as_ref().is_some_and(|system| !system.is_stale(self.now, settings)) {
            return Ok(());
        }
        match PhoneSystem::read(self.parts.enreach.as_ref(), settings, self.now).await {
            Ok(system) => state.phone_system = Some(system),
            Err(error) if state.phone_system.is_some() && error.class().is_passing() => {
                tracing::warn!(error = error.chain(), "users and queues could not be read again");
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Decides every call; what an error leaves undecided is missing in the report.
    async fn decide(
        &self,
        calls: &mut [Arc<Conversation>],
        span: &Span,
        state: &mut State,
        settings: &TenantSettings,
        report: &mut PassReport,
    ) -> Result<()> {
        let Some(phone_system) = &state.phone_system else { return Ok(()) };
        let is_own = |number: &CallerNumber| phone_system.is_own(number);
        let first_rules =
            |call: &Conversation| screen(call, settings, &phone_system.reader, is_own);
        let incomplete = calls.iter_mut().filter(|call| {
            matches!(first_rules(call), Screening::Open(_))
                && may_lack_legs(call, span, state.memory.knowledge(&call.call))
        });
        complete(self.parts.enreach.as_ref(), incomplete.collect()).await?;

        let mut open = Vec::new();
        for call in calls.iter() {
            match (state.memory.logged(&call.call), first_rules(call)) {
                (Some(activity), screening) => {
                    report.findings.extend(private_after_all(call, &screening));
                    let outcome = Outcome::AlreadyLogged { activity, by: LoggedBy::Us };
                    report.decisions.push(decided(call, outcome, &phone_system.reader));
                }
                (None, Screening::Decided(outcome)) => {
                    report.decisions.push(decided(call, outcome, &phone_system.reader));
                }
                (None, Screening::Open(number)) => open.push((Arc::clone(call), number)),
            }
        }
        if open.is_empty() {
            return Ok(());
        }
        Box::pin(self.log(open, state, settings, report)).await
    }

    /// Finds owner and customer of the open calls, and writes what is to be written.
    async fn log(
        &self,
        open: Vec<OpenCall>,
        state: &mut State,
        settings: &TenantSettings,
        report: &mut PassReport,
    ) -> Result<()> {
        let Some(phone_system) = &state.phone_system else { return Ok(()) };
        let dataverse = self.parts.dataverse.as_ref();
        let fresh_enough = |directory: &Directory| {
            self.freshness == Freshness::Cached
                && !directory.is_stale(self.now, settings, phone_system)
        };
        let mut directory = match state.directory.take().filter(fresh_enough) {
            Some(directory) => directory,
            None => {
                Directory::read(dataverse, &self.parts.names, settings, phone_system, self.now)
                    .await?
            }
        };
        report.findings.extend(directory.findings().iter().cloned());
        let status_options = match settings.multiple_match_phone_call_status {
            Some(_) if settings.enable_multiple_match_create => {
                state.status_options.current(dataverse, self.now, settings).await?
            }
            _ => &[],
        };
        let round = Round { parts: self.parts, settings, phone_system, status_options };
        let result = round.run(open, &mut directory, report).await;
        state.directory = Some(directory);
        result
    }
}

/// The decision on a call that its own rows decide. Of a call that is not work only the time is
/// kept.
fn decided(call: &Conversation, outcome: Outcome, reader: &NumberReader) -> Decision {
    let evidence = if outcome == Outcome::Skipped(SkipReason::NotWork) {
        Evidence { start: call.start, ..Evidence::default() }
    } else {
        evidence_of(call, Some(&reader.from_enreach(call.customer_number.as_deref())))
    };
    Decision { call: call.call.clone(), outcome, modified: call.modified, evidence }
}

/// A call that was logged as work and is now private: its row stays, a person has to judge.
fn private_after_all(call: &Conversation, screening: &Screening) -> Option<Finding> {
    let private = *screening == Screening::Decided(Outcome::Skipped(SkipReason::NotWork));
    private.then(|| {
        let message = "was logged as work and is marked private now; its phone call is still there";
        Finding::new(format!("call {}", call.call), message)
    })
}

/// What stopped the pass is what happened to every call that it left undecided.
fn fail_undecided(calls: &[Arc<Conversation>], error: &Error, report: &mut PassReport) {
    let decided: HashSet<_> = report.decisions.iter().map(|decision| &decision.call).collect();
    let failed: Vec<_> = calls
        .iter()
        .filter(|call| !decided.contains(&call.call))
        .map(|call| Decision {
            call: call.call.clone(),
            outcome: Outcome::Failed(Failure { class: error.class(), message: error.chain() }),
            modified: call.modified,
            evidence: Evidence { start: call.start, ..Evidence::default() },
        })
        .collect();
    report.decisions.extend(failed);
}

/// The status reasons of `phonecall`, as old as the settings at the most.
#[derive(Default)]
struct StatusOptions {
    options: Vec<StatusOption>,
    read_at: Option<DateTime<Utc>>,
}

impl StatusOptions {
    async fn current(
        &mut self,
        api: &dyn DataverseApi,
        now: DateTime<Utc>,
        settings: &TenantSettings,
    ) -> Result<&[StatusOption]> {
        let fresh =
            self.read_at.is_some_and(|at| (at..at + settings.settings_refresh).contains(&now));
        if !fresh {
            self.options = api.status_options("phonecall").await?;
            self.read_at = Some(now);
        }
        Ok(&self.options)
    }
}

#[cfg(test)]
mod tests;
