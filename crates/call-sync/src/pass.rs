//! One pass for one tenant: settings, window, fetch, fold, decide, write, remember.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use call_matching::CallerNumber;
use chrono::{DateTime, Duration, Utc};
use dataverse_client::{DataverseApi, Query, Row, StatusOption, all_rows};
use enreach_client::EnreachApi;
use futures::stream::{self, StreamExt, TryStreamExt};
use settings::{LoadedSettings, Names, SettingsCache, TenantSettings};
use tokio::sync::Mutex;
use voice_model::{CallId, Clock};

use crate::activity::RowStyle;
use crate::adoption::{self, Existing};
use crate::decision::{Decision, Evidence, LoggedBy, Outcome, SkipReason};
use crate::directory::Directory;
use crate::fetch::fetch;
use crate::legs::{Conversation, fold};
use crate::memory::Memory;
use crate::phone_system::PhoneSystem;
use crate::plan::{Grounds, PlannedCall, evidence_of};
use crate::screen::{Screening, screen};
use crate::write::{CALLS_PER_BATCH, PARALLEL_BATCHES, Verdict, write_all};
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
    status_options: Option<Vec<StatusOption>>,
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
            status_options: None,
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

struct Pass<'a> {
    parts: &'a CallSyncParts,
    now: DateTime<Utc>,
    freshness: Freshness,
}

/// A conversation and the customer's number.
type OpenCall = (Conversation, CallerNumber);

impl Pass<'_> {
    async fn run(&self, state: &mut State, report: &mut PassReport) -> Result<()> {
        let dataverse = self.parts.dataverse.as_ref();
        let loaded = state.settings.current(dataverse, self.now).await?.clone();
        report.findings.extend(loaded.findings.iter().cloned());
        self.refresh_phone_system(state, &loaded).await?;
        let Some(phone_system) = &state.phone_system else { return Ok(()) };
        state.memory.hold_to(&phone_system.organization)?;
        report.findings.extend(phone_system.findings.iter().cloned());

        let span = window::live(self.now, state.memory.last_good_pass, &loaded.settings);
        let fetched = fetch(self.parts.enreach.as_ref(), &span, &loaded.settings).await?;
        report.rows = fetched.legs.len() + fetched.unreadable.len();
        report.unreadable = fetched.unreadable;
        let earlier = state.memory.earlier_legs(&fetched.legs);
        let conversations = fold(fetched.legs.into_iter().chain(earlier));

        let seen: HashMap<CallId, Conversation> = conversations
            .iter()
            .map(|conversation| (conversation.call.clone(), conversation.clone()))
            .collect();
        let mut open = Vec::new();
        for conversation in conversations {
            match self.first_rules(conversation, state, phone_system, &loaded.settings) {
                Ok(call) => open.push(call),
                Err(decision) => report.decisions.push(*decision),
            }
        }
        let outcome = if open.is_empty() {
            Ok(())
        } else {
            Box::pin(self.log(open, state, &loaded.settings, report)).await
        };
        let decided = report
            .decisions
            .iter()
            .filter_map(|decision| Some((seen.get(&decision.call)?.clone(), decision.clone())));
        state.memory.keep(self.now, decided);
        if outcome.is_ok() {
            state.memory.last_good_pass = Some(self.now);
        }
        outcome
    }

    /// Users and queues change rarely; while they cannot be read again, the last ones serve.
    async fn refresh_phone_system(&self, state: &mut State, loaded: &LoadedSettings) -> Result<()> {
        if state.phone_system.as_ref().is_some_and(|system| !system.is_stale(self.now)) {
            return Ok(());
        }
        let read = PhoneSystem::read(self.parts.enreach.as_ref(), &loaded.settings, self.now).await;
        match read {
            Ok(system) => state.phone_system = Some(system),
            Err(error) if state.phone_system.is_some() && error.class().is_passing() => {
                tracing::warn!(error = error.chain(), "users and queues could not be read again");
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// What can be decided without asking Dynamics.
    fn first_rules(
        &self,
        conversation: Conversation,
        state: &State,
        phone_system: &PhoneSystem,
        settings: &TenantSettings,
    ) -> Result<OpenCall, Box<Decision>> {
        let is_own = |number: &CallerNumber| phone_system.is_own(number);
        let outcome = match state.memory.logged(&conversation.call) {
            Some(activity) => Outcome::AlreadyLogged { activity, by: LoggedBy::Us },
            None => match screen(&conversation, settings, &phone_system.reader, is_own) {
                Screening::Open(number) => return Ok((conversation, number)),
                Screening::Decided(outcome) => outcome,
            },
        };
        let evidence = if outcome == Outcome::Skipped(SkipReason::NotWork) {
            Evidence { start: conversation.start, ..Evidence::default() }
        } else {
            let number = phone_system.reader.from_enreach(conversation.customer_number.as_deref());
            evidence_of(&conversation, Some(&number))
        };
        let Conversation { call, modified, .. } = conversation;
        Err(Box::new(Decision { call, outcome, modified, evidence }))
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
        let stale = state
            .directory
            .as_ref()
            .is_none_or(|directory| directory.is_stale(self.now, settings.directory_refresh));
        let mut directory = match state.directory.take() {
            Some(directory) if !stale && self.freshness == Freshness::Cached => directory,
            _ => {
                Directory::read(dataverse, &self.parts.names, settings, phone_system, self.now)
                    .await?
            }
        };
        report.findings.extend(directory.findings().iter().cloned());
        if settings.enable_multiple_match_create
            && settings.multiple_match_phone_call_status.is_some()
            && state.status_options.is_none()
        {
            state.status_options = Some(dataverse.status_options("phonecall").await?);
        }
        let round = Round {
            pass: self,
            settings,
            phone_system,
            status_options: state.status_options.as_deref().unwrap_or_default(),
        };
        let result = round.run(open, &mut directory, report).await;
        state.directory = Some(directory);
        result
    }
}

/// Planning and writing of the open calls, with a second try for those whose owner or customer
/// Dynamics did not accept.
struct Round<'a> {
    pass: &'a Pass<'a>,
    settings: &'a TenantSettings,
    phone_system: &'a PhoneSystem,
    status_options: &'a [StatusOption],
}

impl Round<'_> {
    async fn run(
        &self,
        open: Vec<OpenCall>,
        directory: &mut Directory,
        report: &mut PassReport,
    ) -> Result<()> {
        let planned = self.plan(open, directory, report);
        let again = self.write(planned, report).await?;
        let second_try = self.change_plans(again, directory, report);
        for (plan, verdict) in self.write(second_try, report).await? {
            report.decisions.push(plan.decision(verdict.settle()));
        }
        Ok(())
    }

    fn plan(
        &self,
        open: Vec<OpenCall>,
        directory: &Directory,
        report: &mut PassReport,
    ) -> Vec<PlannedCall> {
        let grounds = Grounds {
            settings: self.settings,
            phone_system: self.phone_system,
            directory,
            status_options: self.status_options,
        };
        let mut planned = Vec::new();
        for (conversation, number) in open {
            match grounds.plan(conversation, number) {
                Ok(plan) => planned.push(*plan),
                Err(decision) => report.decisions.push(*decision),
            }
        }
        planned
    }

    /// Writes; what is decided goes into the report, the rest comes back.
    async fn write(
        &self,
        planned: Vec<PlannedCall>,
        report: &mut PassReport,
    ) -> Result<Vec<(PlannedCall, Verdict)>> {
        if planned.is_empty() {
            return Ok(Vec::new());
        }
        let mut existing = self.look_for_existing(&planned).await?;
        let plans = planned
            .into_iter()
            .map(|plan| {
                let found = existing.remove(&plan.call.call);
                (plan, found)
            })
            .collect();
        let style = RowStyle { names: &self.pass.parts.names, settings: self.settings };
        let (verdicts, stopped) = write_all(self.pass.parts.dataverse.as_ref(), style, plans).await;
        let mut undecided = Vec::new();
        for (plan, verdict) in verdicts {
            for finding in &plan.findings {
                if !report.findings.contains(finding) {
                    report.findings.push(finding.clone());
                }
            }
            match verdict {
                Verdict::Decided(outcome) => report.decisions.push(plan.decision(outcome)),
                other => undecided.push((plan, other)),
            }
        }
        let Some(error) = stopped else { return Ok(undecided) };
        for (plan, verdict) in undecided {
            report.decisions.push(plan.decision(verdict.settle()));
        }
        Err(error)
    }

    /// Rows that are there already: one query for every batch of calls.
    async fn look_for_existing(
        &self,
        planned: &[PlannedCall],
    ) -> Result<HashMap<CallId, Existing>> {
        let names = &self.pass.parts.names;
        let margin = i64::try_from(self.settings.call_start_margin_secs).unwrap_or(i64::MAX / 1000);
        let margin = Duration::seconds(margin);
        let queries: Vec<Query> = planned
            .chunks(CALLS_PER_BATCH)
            .filter_map(|calls| adoption::query(calls, names, margin))
            .collect();
        let dataverse = self.pass.parts.dataverse.as_ref();
        let rows: Vec<_> = stream::iter(queries)
            .map(|query| rows_of(dataverse, query))
            .buffer_unordered(PARALLEL_BATCHES)
            .try_concat()
            .await
            .map_err(Error::from)?;
        Ok(adoption::assign(planned, rows, names, &self.phone_system.reader, margin))
    }

    /// A refused owner gives way to the fallback owner; a customer that is gone leaves the
    /// directory, and the call is decided again; a row that has changed is looked at again.
    fn change_plans(
        &self,
        undecided: Vec<(PlannedCall, Verdict)>,
        directory: &mut Directory,
        report: &mut PassReport,
    ) -> Vec<PlannedCall> {
        let fallback =
            directory.users.owner(None, self.settings.default_crm_assignee.as_ref(), |agent| {
                self.phone_system.numbers_of(agent)
            });
        let (mut plans, mut open) = (Vec::new(), Vec::new());
        for (mut plan, verdict) in undecided {
            match (verdict, &fallback) {
                (Verdict::OwnerRefused(_), Some(owner)) if owner.id != plan.owner.id => {
                    plan.owner = owner.clone();
                    plans.push(plan);
                }
                (Verdict::CustomerGone(_), _) => {
                    if let Some(customer) = &plan.customer {
                        directory.customers.remove(customer.customer);
                    }
                    open.push((plan.call, plan.number));
                }
                (Verdict::RowChanged(_), _) => plans.push(plan),
                (verdict, _) => report.decisions.push(plan.decision(verdict.settle())),
            }
        }
        plans.extend(self.plan(open, directory, report));
        plans
    }
}

async fn rows_of(dataverse: &dyn DataverseApi, query: Query) -> dataverse_client::Result<Vec<Row>> {
    all_rows(dataverse, &query).await
}

#[cfg(test)]
mod tests;
