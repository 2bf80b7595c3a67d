//! The requests of a pass, wave by wave: look into Dynamics, decide, write, record, close.

use std::collections::{HashSet, VecDeque};

use dataverse_client::ServiceError;
use directory::{Directory, PhoneSystem};
use settings::{Finding, TenantSettings};
use sync_store::{CallbackOutcome, Close};
use voice_model::{ActivityId, ErrorClass, error_chain, fail_point};

use crate::activity::{RowStyle, add_to_queue};
use crate::closing::close_all;
use crate::duplicates::{Existing, Found, queued};
use crate::lanes::Lanes;
use crate::ledger::{self, Ledger, event_of_item};
use crate::pass::CallbackSyncParts;
use crate::plan::{Grounds, PlannedCallback};
use crate::profile::DuplicateRule;
use crate::profiles::Profiles;
use crate::report::Handled;
use crate::request::{Failure, Outcome, Request};
use crate::write::{Verdict, failure, write_all};
use crate::{Error, PassReport, Result};

/// Requests that are decided together: as many as one query can ask about.
const WAVE: usize = 50;
/// How often a plan is changed after a refusal: owner, recipient, customer.
const CHANGES: u32 = 3;

/// What the requests of a pass are dealt with by.
pub(crate) struct Handling<'a> {
    pub(crate) parts: &'a CallbackSyncParts,
    pub(crate) ledger: Ledger<'a>,
    pub(crate) settings: &'a TenantSettings,
    pub(crate) phone_system: &'a PhoneSystem,
    pub(crate) profiles: &'a Profiles,
}

/// What the handling changes for later passes.
pub(crate) struct Memory<'m> {
    pub(crate) directory: &'m mut Directory,
    /// Dynamics does not take a queue as recipient.
    pub(crate) no_queue_as_party: &'m mut bool,
}

/// A request with what is decided, and the phone call that it has already, if it has one.
type Decided = (Request, Outcome, Option<Existing>);

impl Handling<'_> {
    /// Deals with requests. Those that an error leaves undealt with are reported as failed, untried.
    pub(crate) async fn run(
        &self,
        requests: Vec<Request>,
        memory: &mut Memory<'_>,
        report: &mut PassReport,
    ) -> Result<()> {
        let mut lanes = Lanes::of(requests);
        let mut limit = WAVE;
        loop {
            let wave = lanes.next_wave(limit);
            if wave.is_empty() {
                return Ok(());
            }
            let size = wave.iter().map(VecDeque::len).sum::<usize>();
            let found = match self.look(&wave).await {
                Ok(found) => found,
                Err(error) if error.class().is_about_content() && size > 1 => {
                    // One of them makes the query unanswerable: smaller waves single it out.
                    wave.into_iter().rev().for_each(|lane| lanes.put_back(lane));
                    limit = size / 2;
                    continue;
                }
                Err(error) => {
                    let tried = error.class().is_about_content();
                    let (class, message) = (error.class(), error_chain(&error));
                    let failure = Failure { class, message, tried };
                    let requests = wave.into_iter().flatten();
                    let failed = requests.map(|it| (it, Outcome::Failed(failure.clone()), None));
                    self.settle(failed.collect(), report).await?;
                    if tried {
                        limit = WAVE;
                        continue;
                    }
                    return self.give_up(lanes, error.into(), report).await;
                }
            };
            let done = Box::pin(self.wave(wave, &found, &mut lanes, memory, report)).await;
            if let Err(error) = done {
                return self.give_up(lanes, error, report).await;
            }
        }
    }

    async fn look(&self, wave: &[VecDeque<Request>]) -> dataverse_client::Result<Found> {
        let requests: Vec<_> = wave.iter().flatten().collect();
        let PhoneSystem { organization, reader, .. } = self.phone_system;
        let (api, names) = (self.parts.dataverse.as_ref(), &self.parts.names);
        Found::of(api, &requests, organization, names, reader, self.profiles).await
    }

    /// Reports what is left as not even tried.
    async fn give_up(&self, lanes: Lanes, error: Error, report: &mut PassReport) -> Result<()> {
        let failure = untried(&error);
        let left = lanes.rest().into_iter();
        let left = left.map(|request| (request, Outcome::Failed(failure.clone()), None));
        // If the store is what failed, the claims end by themselves.
        let settled = self.settle(left.collect(), report).await;
        Err(settled.err().unwrap_or(error))
    }

    async fn wave(
        &self,
        wave: Vec<VecDeque<Request>>,
        found: &Found,
        lanes: &mut Lanes,
        memory: &mut Memory<'_>,
        report: &mut PassReport,
    ) -> Result<()> {
        let (mut plans, mut decided) = (Vec::new(), Vec::new());
        for lane in wave {
            let grounds = self.grounds(memory);
            lanes.put_back(decide(lane, found, &grounds, &mut plans, &mut decided));
        }
        let stopped = match self.put_into_queue_what_is_in_none(&mut decided).await {
            None => self.write(plans, lanes, memory, &mut decided, report).await,
            Some(error) => {
                let failed = Outcome::Failed(untried(&error));
                let left = plans.into_iter().map(|plan| (plan.request, failed.clone(), None));
                decided.extend(left);
                Some(error)
            }
        };
        self.settle(decided, report).await?;
        stopped.map_or(Ok(()), Err)
    }

    fn grounds<'g>(&'g self, memory: &'g Memory<'_>) -> Grounds<'g> {
        Grounds {
            settings: self.settings,
            phone_system: self.phone_system,
            directory: memory.directory,
            no_queue_as_party: *memory.no_queue_as_party,
        }
    }

    /// Writes plans, and once more what a change of plan may save. What stopped it comes back.
    async fn write(
        &self,
        mut plans: Vec<PlannedCallback>,
        lanes: &mut Lanes,
        memory: &mut Memory<'_>,
        decided: &mut Vec<Decided>,
        report: &mut PassReport,
    ) -> Option<Error> {
        let style = RowStyle { names: &self.parts.names, settings: self.settings };
        for change in 0..=CHANGES {
            if plans.is_empty() {
                return None;
            }
            let (verdicts, stopped) =
                write_all(self.parts.dataverse.as_ref(), style, std::mem::take(&mut plans)).await;
            for (plan, verdict) in verdicts {
                plan.findings.iter().cloned().for_each(|finding| report.find(finding));
                let may_change = change < CHANGES && stopped.is_none();
                match self.judge(plan, verdict, may_change, memory, lanes) {
                    Judged::Decided(one) => decided.push(*one),
                    Judged::Again(plan) => plans.push(*plan),
                    Judged::Later => {}
                }
            }
            if stopped.is_some() {
                return stopped;
            }
        }
        None
    }

    fn judge(
        &self,
        mut plan: PlannedCallback,
        verdict: Verdict,
        may_change: bool,
        memory: &mut Memory<'_>,
        lanes: &mut Lanes,
    ) -> Judged {
        let (activity, bundled_into) = (plan.activity, plan.bundled_into);
        let may_look_again = may_change && plan.request.put_backs < CHANGES;
        match verdict {
            Verdict::Created => {
                let outcome = Outcome::Created { activity, bundled_into };
                return Judged::Decided(Box::new((plan.request, outcome, None)));
            }
            // It came between the look and the write; the next look says what it is.
            Verdict::Existed if may_look_again => return put_back(plan.request, lanes),
            Verdict::Existed => {
                let existing = Existing { activity, bundled_into, is_open: false };
                let done = (plan.request, Outcome::AlreadyDone, Some(existing));
                return Judged::Decided(Box::new(done));
            }
            Verdict::OwnerRefused(error) if may_change => {
                plan.owner = None;
                plan.findings.push(owner_refused(&plan, &error));
                return Judged::Again(Box::new(plan));
            }
            Verdict::QueueRefusedAsParty(_) if may_change => {
                *memory.no_queue_as_party = true;
                self.grounds(memory).find_recipient(&mut plan);
                return Judged::Again(Box::new(plan));
            }
            Verdict::CustomerGone(_) if may_look_again => {
                if let Some(customer) = &plan.customer {
                    memory.directory.forget_customer(customer.customer);
                }
                return put_back(plan.request, lanes);
            }
            Verdict::BundleGone(_) if may_look_again => return put_back(plan.request, lanes),
            _ => {}
        }
        let failure = verdict.failure().unwrap_or_else(|| Failure {
            class: ErrorClass::Bug,
            message: "no reason given".to_owned(),
            tried: true,
        });
        Judged::Decided(Box::new((plan.request, Outcome::Failed(failure), None)))
    }

    /// A phone call that is ours, open and in no queue lost its way between the two: it is put into
    /// the queue. One that is in any queue stays there: an agent may have moved it. What stopped it
    /// comes back; those that it did not come to count as failed, untried.
    async fn put_into_queue_what_is_in_none(&self, decided: &mut [Decided]) -> Option<Error> {
        let ours = |request: &Request, existing: &Existing| {
            let key = ActivityId::of_callback(&self.phone_system.organization, &request.item.id);
            existing.is_open && existing.activity == key
        };
        let mut suspects: Vec<_> = decided
            .iter_mut()
            .filter_map(|(request, outcome, existing)| {
                let existing = existing.filter(|it| ours(request, it))?;
                Some((existing.activity, request.profile.queue?, outcome))
            })
            .collect();
        if suspects.is_empty() {
            return None;
        }
        let api = self.parts.dataverse.as_ref();
        let keys: Vec<_> = suspects.iter().map(|(activity, ..)| *activity).collect();
        let mut stopped = None;
        match queued(api, &keys).await {
            Ok(queued) => suspects.retain(|(activity, ..)| !queued.contains(activity)),
            Err(error) => stopped = Some(Error::from(error)),
        }
        for (activity, queue, outcome) in suspects {
            if let Some(error) = &stopped {
                *outcome = Outcome::Failed(untried(error));
                continue;
            }
            match api.write(&add_to_queue(queue, activity)).await {
                Ok(_) => {}
                // The queue, or the phone call, is what it does not accept.
                Err(dataverse_client::Error::Service { source, .. })
                    if source.class().is_about_content()
                        || source.class() == ErrorClass::NotFound =>
                {
                    *outcome = Outcome::Failed(failure(&source));
                }
                Err(error) => {
                    let error = Error::from(error);
                    *outcome = Outcome::Failed(untried(&error));
                    stopped = Some(error);
                }
            }
        }
        stopped
    }

    /// Keeps what is decided, then closes in Enreach what may be closed. In this order: what is
    /// closed has been kept.
    async fn settle(&self, decided: Vec<Decided>, report: &mut PassReport) -> Result<()> {
        if decided.is_empty() {
            return Ok(());
        }
        let now = self.ledger.now;
        let close = match self.settings.close_callbacks_in_enreach {
            true => Close::Due { at: now, attempts: 0 },
            false => Close::NotNeeded,
        };
        let (mut records, mut done, mut put_off, mut remember, mut to_close) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (request, outcome, existing) in &decided {
            let Request { item, list, events, .. } = request;
            let kept = match outcome {
                Outcome::Created { activity, bundled_into } => {
                    let (activity, bundled_into) = (*activity, *bundled_into);
                    Some(CallbackOutcome::Created { activity, bundled_into })
                }
                Outcome::Ignored { open } => Some(CallbackOutcome::Ignored { open: *open }),
                Outcome::AlreadyDone => existing.map(|existing| CallbackOutcome::Created {
                    activity: existing.activity,
                    bundled_into: existing.bundled_into,
                }),
                Outcome::ClosedElsewhere | Outcome::Waiting | Outcome::Failed(_) => None,
            };
            if let Some(kept) = kept {
                records.push(ledger::record(&item.id, list, kept, close));
                done.extend(ledger::done(events, outcome.name()));
                if close != Close::NotNeeded {
                    to_close.push((item.id.clone(), 0));
                }
                continue;
            }
            let Outcome::Failed(failure) = outcome else { continue };
            put_off.extend(events.iter().map(|event| match failure.tried {
                true => self.ledger.failed(event, &failure.message),
                false => {
                    let why = Some(failure.message.as_str());
                    self.ledger.untried(event, ledger::UNTRIED_PAUSE, why)
                }
            }));
            // What polling has found and could not try, it finds again.
            if events.is_empty() && failure.tried {
                let due_at = now + ledger::pause_after(1);
                remember.push(event_of_item(self.ledger.tenant, &item.id, list, due_at));
            }
        }
        fail_point::reach("before-record");
        self.ledger.record(&records, &done).await?;
        self.ledger.put_off(&put_off).await?;
        self.ledger.remember(&remember).await?;
        report.handled.extend(decided.into_iter().map(|(request, outcome, _)| Handled {
            source: request.source(),
            item: request.item.id,
            list: Some(request.list),
            outcome,
        }));
        close_all(self.parts.enreach.as_ref(), self.ledger, to_close, report).await
    }
}

/// A request that something else stopped before it was its turn.
fn untried(error: &Error) -> Failure {
    Failure { class: error.class(), message: error.chain(), tried: false }
}

/// What an answer of Dynamics leads to.
enum Judged {
    Decided(Box<Decided>),
    Again(Box<PlannedCallback>),
    /// It is back in its lane.
    Later,
}

/// Has a request decided once more, after another look into Dynamics.
fn put_back(mut request: Request, lanes: &mut Lanes) -> Judged {
    request.put_backs += 1;
    lanes.put_back(VecDeque::from([request]));
    Judged::Later
}

/// Decides the requests of one lane, oldest first, as far as can be decided now. What comes back has
/// to wait for a phone call that is planned here.
fn decide(
    lane: VecDeque<Request>,
    found: &Found,
    grounds: &Grounds<'_>,
    plans: &mut Vec<PlannedCallback>,
    decided: &mut Vec<Decided>,
) -> VecDeque<Request> {
    let mut later = VecDeque::new();
    let mut planned_for = HashSet::new();
    for request in lane {
        if let Some(existing) = found.existing(&request.item.id, grounds.key(&request)) {
            decided.push((request, Outcome::AlreadyDone, Some(existing)));
            continue;
        }
        let queue = request.profile.queue;
        let open = queue.and_then(|queue| found.oldest_open(&request.number, queue));
        if let (Some(open), DuplicateRule::IgnoreAdditional) = (open, request.profile.duplicates) {
            decided.push((request, Outcome::Ignored { open }, None));
            continue;
        }
        if open.is_none() && planned_for.contains(&queue) {
            later.push_back(request);
            continue;
        }
        match grounds.plan(request, open) {
            Ok(plan) => {
                planned_for.insert(queue);
                plans.push(plan);
            }
            Err(failed) => {
                let (request, failure) = *failed;
                decided.push((request, Outcome::Failed(failure), None));
            }
        }
    }
    later
}

fn owner_refused(plan: &PlannedCallback, error: &ServiceError) -> Finding {
    let message = format!(
        "Dynamics does not accept the owner of its queue ({error}); its callbacks are owned by the \
         API user. Give that user a role and a licence, or the queue another owner"
    );
    Finding::new(format!("callback profile {}", plan.request.profile.name), message)
}

#[cfg(test)]
mod tests;
