//! The calls of a pass, one by one: what decides itself, what is settled already, and what is left
//! for owner, customer and Dynamics to decide.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use call_matching::CallerNumber;
use chrono::Duration;
use dataverse_client::StatusOption;
use directory::{Directory, DirectoryTable, Grounding, PhoneSystem};
use settings::{Finding, LoadedSettings, SettingSource};

use crate::decision::{Decision, Failure, LoggedBy, Outcome, SkipReason};
use crate::errand::Errand;
use crate::ledger::Known;
use crate::legs::{Conversation, fold};
use crate::missing_legs::{complete, may_lack_legs};
use crate::pass::{Gathered, Pass, State, StatusOptions};
use crate::plan::evidence_of;
use crate::round::Round;
use crate::screen::{Screening, is_not_work, screen};
use crate::settle::Settler;
use crate::window::Span;
use crate::{Error, Evidence, PassReport, Result};

/// How long a call that waits for a customer is looked after by live passes; then by retro.
const WAITING: Duration = Duration::hours(24);

/// A conversation and the customer's number.
pub(crate) type OpenCall = (Arc<Conversation>, CallerNumber);

/// What the calls of one pass are decided on.
pub(crate) struct Deciding<'a> {
    pub(crate) pass: Pass<'a>,
    pub(crate) loaded: &'a LoadedSettings,
    pub(crate) phone_system: &'a PhoneSystem,
    pub(crate) span: &'a Span,
}

impl Deciding<'_> {
    /// Decides every call; what an error leaves undecided is missing in the report.
    pub(crate) async fn run(
        &self,
        gathered: &mut Gathered,
        state: &mut State,
        report: &mut PassReport,
    ) -> Result<()> {
        self.complete(gathered).await?;
        let waiting = self.waiting(gathered).await?;
        let all = gathered.calls.iter().chain(&waiting);
        let settler = Settler {
            ledger: self.pass.ledger(),
            now: self.pass.now,
            known: &gathered.known,
            calls: all.map(|call| (call.call.clone(), Arc::clone(call))).collect(),
            waiting: waiting.iter().map(|call| call.call.clone()).collect(),
            settings: settings_in_force(self.loaded),
        };
        let (settled, mut open) = self.look_at(&gathered.calls, &gathered.known, report);
        settler.settle(settled, report).await?;
        if open.is_empty() && waiting.is_empty() {
            return Ok(());
        }
        let State { directory, decided_by, status_options, .. } = state;
        let directory = self.current(directory).await?;
        let settings = &self.loaded.settings;
        if directory.take_changed() || decided_by.as_ref() != Some(settings) {
            // Until all is decided, the next pass has to look at these again.
            *decided_by = None;
            let (settled, again) = self.look_at(&waiting, &gathered.known, report);
            settler.settle(settled, report).await?;
            open.extend(again);
        }
        let status_options = self.status_options(status_options, &open).await?;
        let round = Round {
            parts: self.pass.parts,
            sync_source: self.pass.errand.sync_source(),
            settings,
            phone_system: self.phone_system,
            status_options,
            settler: &settler,
        };
        Box::pin(round.run(open, directory, report)).await?;
        *decided_by = Some(settings.clone());
        Ok(())
    }

    /// Asks for the rows of calls that may lack some, where those could change what is decided.
    async fn complete(&self, gathered: &mut Gathered) -> Result<()> {
        let Gathered { calls, known } = gathered;
        let incomplete = calls.iter_mut().filter(|call| {
            may_lack_legs(call, self.span, known.of_rows(&call.call))
                && self.depends_on_rows(call)
                && self.settled(call, known).is_none()
        });
        complete(self.pass.parts.enreach.as_ref(), incomplete.collect()).await
    }

    /// Whether another row of the call could change what its rows decide.
    fn depends_on_rows(&self, call: &Conversation) -> bool {
        use SkipReason::{NotWork, TooShort, Unanswered};
        match self.first_rules(call) {
            Screening::Open(_) => true,
            Screening::Decided(Outcome::Skipped(reason)) => {
                matches!(reason, NotWork | TooShort | Unanswered)
            }
            Screening::Decided(_) => false,
        }
    }

    /// Calls of the last day that wait for a customer or an owner and are not in the window.
    async fn waiting(&self, gathered: &mut Gathered) -> Result<Vec<Arc<Conversation>>> {
        if !self.pass.errand.looks_after_waiting_calls() {
            return Ok(Vec::new());
        }
        let seen: HashSet<_> = gathered.calls.iter().map(|call| call.call.clone()).collect();
        let states = self.pass.ledger().waiting(self.pass.now - WAITING).await?;
        let mut legs = Vec::new();
        for state in states.into_iter().filter(|state| !seen.contains(&state.call)) {
            let call = state.call.clone();
            gathered.known.add(state);
            legs.extend(gathered.known.legs(&call));
        }
        Ok(fold(legs).into_iter().map(Arc::new).collect())
    }

    fn first_rules(&self, call: &Conversation) -> Screening {
        let is_own = |number: &CallerNumber| self.phone_system.is_own(number);
        screen(call, &self.loaded.settings, &self.phone_system.reader, is_own)
    }

    fn look_at(
        &self,
        calls: &[Arc<Conversation>],
        known: &Known,
        report: &mut PassReport,
    ) -> (Vec<Decision>, Vec<OpenCall>) {
        let (mut settled, mut open) = (Vec::new(), Vec::new());
        for call in calls {
            match self.first_look(call, known, report) {
                Screening::Decided(outcome) => settled.push(self.decided(call, outcome)),
                Screening::Open(number) => open.push((Arc::clone(call), number)),
            }
        }
        (settled, open)
    }

    /// What a call's own rows and its past say.
    fn first_look(&self, call: &Conversation, known: &Known, report: &mut PassReport) -> Screening {
        let screening = self.first_rules(call);
        let Some(outcome) = self.settled(call, known) else { return screening };
        let private = screening == Screening::Decided(Outcome::Skipped(SkipReason::NotWork));
        if private && outcome.activity().is_some() {
            report.findings.push(private_after_all(call));
        }
        Screening::Decided(outcome)
    }

    /// What an earlier pass decided on a call, if that still holds.
    fn settled(&self, call: &Conversation, known: &Known) -> Option<Outcome> {
        let logged = known.logged(&call.call, &self.phone_system.organization);
        if let Some(activity) = logged.filter(|_| !self.pass.errand.recreates()) {
            return Some(Outcome::AlreadyLogged { activity, by: LoggedBy::Us });
        }
        known.holds(call, self.pass.now).filter(|_| !self.decides_anew())
    }

    /// The decision on a call that its own rows or its past decide. Of a call that is not work only
    /// the time is kept.
    fn decided(&self, call: &Conversation, outcome: Outcome) -> Decision {
        let number = || self.phone_system.reader.from_enreach(call.customer_number.as_deref());
        let evidence = match is_not_work(call) && !matches!(outcome, Outcome::Deferred(_)) {
            true => Evidence { start: call.start, ..Evidence::default() },
            false => evidence_of(call, Some(&number())),
        };
        Decision { call: call.call.clone(), outcome, modified: call.modified, evidence }
    }

    /// Whoever asks for a certain time, or for everything, wants it decided by the rules of today.
    fn decides_anew(&self) -> bool {
        matches!(self.pass.errand, Errand::Backfill(_)) || self.loaded.settings.run_in_debug_mode
    }

    /// Brings the directory up to date if that is due.
    async fn current<'d>(&self, kept: &'d mut Option<Directory>) -> Result<&'d mut Directory> {
        let grounding = Grounding {
            api: self.pass.parts.dataverse.as_ref(),
            store: self.pass.parts.store.as_ref(),
            tenant: &self.pass.parts.tenant,
            names: &self.pass.parts.names,
            settings: &self.loaded.settings,
            phone_system: self.phone_system,
            now: self.pass.now,
        };
        let directory = match kept {
            Some(directory) => directory,
            none => none.insert(Directory::open(&grounding, &DirectoryTable::FOR_CALLS).await?),
        };
        directory.reground(&grounding);
        if self.pass.errand.wants_fresh_directory() || directory.is_stale(&grounding) {
            Box::pin(directory.refresh(&grounding)).await?;
        }
        Ok(directory)
    }

    /// The status reasons of phone calls, if a setting needs them.
    async fn status_options<'s>(
        &self,
        cache: &'s mut StatusOptions,
        open: &[OpenCall],
    ) -> Result<&'s [StatusOption]> {
        let settings = &self.loaded.settings;
        let needed = settings.multiple_match_phone_call_status.is_some()
            && settings.enable_multiple_match_create
            && !open.is_empty();
        match needed {
            true => {
                let dataverse = self.pass.parts.dataverse.as_ref();
                cache.current(dataverse, self.pass.now, settings).await
            }
            false => Ok(&[]),
        }
    }
}

/// The settings that somebody has set, by name.
fn settings_in_force(loaded: &LoadedSettings) -> BTreeMap<String, String> {
    let set = loaded.in_force.iter().filter(|setting| setting.source != SettingSource::Default);
    set.map(|setting| (setting.name.to_owned(), setting.value.clone())).collect()
}

/// A call that was logged as work and is now private: its row stays, a person has to judge.
fn private_after_all(call: &Conversation) -> Finding {
    let message = "was logged as work and is marked private now; its phone call is still there";
    Finding::new(format!("call {}", call.call), message)
}

/// What stopped the pass is what happened to every call that it left undecided. Nothing is kept of
/// that: the cursor stays, so that the next pass sees these calls again.
pub(crate) fn fail_undecided(calls: &[Arc<Conversation>], error: &Error, report: &mut PassReport) {
    let decided: HashSet<_> = report.decisions.iter().map(|decision| &decision.call).collect();
    let failed: Vec<_> = calls
        .iter()
        .filter(|call| !decided.contains(&call.call))
        .map(|call| Decision {
            call: call.call.clone(),
            outcome: Outcome::Failed(Failure {
                class: error.class(),
                message: error.chain(),
                tried: false,
            }),
            modified: call.modified,
            evidence: Evidence { start: call.start, ..Evidence::default() },
        })
        .collect();
    report.decisions.extend(failed);
}
