//! Writing: planned calls become change sets, change sets go in batches, and every call learns what
//! became of it.
//!
//! A repeated write is harmless: the key of a row is made from the call, so that a second creation
//! is refused as a duplicate, which means done.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use dataverse_client::{BatchItem, DataverseApi, ItemAnswer, ServiceError, Write};
use futures::stream::{self, StreamExt};
use settings::Finding;
use voice_model::ErrorClass;

use crate::Error;
use crate::activity::RowStyle;
use crate::adoption::Existing;
use crate::decision::{Failure, LoggedBy, Outcome};
use crate::fail_point::{self, FailPoint};
use crate::plan::PlannedCall;

/// Operations that the row of a call takes: create and complete.
const OPERATIONS_PER_CALL: usize = 2;

/// How much is written at once, as Dataverse has shown that it can take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Requests under way at once.
    pub(crate) parallel: usize,
    /// Calls in one batch.
    calls_per_batch: usize,
}

impl Pace {
    /// The pace that is advised now.
    pub(crate) fn of(api: &dyn DataverseApi) -> Self {
        let advice = api.advice();
        let calls_per_batch = advice.operations_per_batch / OPERATIONS_PER_CALL;
        Self { parallel: advice.parallel.max(1), calls_per_batch: calls_per_batch.max(1) }
    }

    /// As many calls as fill all batches that may be under way.
    pub(crate) fn calls_at_once(self) -> usize {
        self.parallel * self.calls_per_batch
    }
}

/// What became of a planned call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    /// It is decided.
    Decided(Outcome),
    /// Dynamics does not accept the owner.
    OwnerRefused(ServiceError),
    /// The customer is no longer there.
    CustomerGone(ServiceError),
    /// The row to take over has changed since it was read.
    RowChanged(ServiceError),
}

impl Verdict {
    /// The outcome when nothing else is tried.
    pub(crate) fn settle(self) -> Outcome {
        match self {
            Self::Decided(outcome) => outcome,
            Self::OwnerRefused(error) | Self::CustomerGone(error) | Self::RowChanged(error) => {
                Outcome::Failed(failure(&error))
            }
        }
    }
}

/// A planned call with what is to be written for it.
struct Job {
    plan: PlannedCall,
    writes: Vec<Write>,
    done: Outcome,
}

/// Writes planned calls. The second value is what stopped the work early, if anything did: then
/// the calls that were not written are decided as failed.
pub(crate) async fn write_all(
    api: &dyn DataverseApi,
    style: RowStyle<'_>,
    pace: Pace,
    plans: Vec<(PlannedCall, Option<Existing>)>,
) -> (Vec<(PlannedCall, Verdict)>, Option<Error>) {
    let (mut verdicts, mut jobs) = (Vec::new(), Vec::new());
    for (plan, existing) in plans {
        match job(plan, existing, style) {
            Ok(job) => jobs.push(job),
            Err(decided) => verdicts.push(*decided),
        }
    }
    let tally = Tally::default();
    let batches = in_batches(jobs, pace.calls_per_batch);
    let writing: Vec<_> =
        batches.into_iter().map(|batch| write_batch(api, batch, &tally)).collect();
    let batches: Vec<_> = stream::iter(writing).buffer_unordered(pace.parallel).collect().await;
    let mut error = None;
    for (written, stop) in batches {
        verdicts.extend(written);
        error = error.or(stop);
    }
    (verdicts, error)
}

fn in_batches(jobs: Vec<Job>, size: usize) -> Vec<Vec<Job>> {
    let mut batches = Vec::new();
    let mut jobs = jobs.into_iter().peekable();
    while jobs.peek().is_some() {
        batches.push(jobs.by_ref().take(size).collect());
    }
    batches
}

/// What to write for a call; a call that needs no write is decided at once.
fn job(
    mut plan: PlannedCall,
    existing: Option<Existing>,
    style: RowStyle<'_>,
) -> Result<Job, Box<(PlannedCall, Verdict)>> {
    let mut remarks = Vec::new();
    let (writes, done) = match existing {
        None => {
            let writes = style.writes(&plan, &mut remarks);
            (writes, Outcome::Logged { activity: plan.activity })
        }
        Some(Existing::Ours(activity)) => {
            (Vec::new(), Outcome::AlreadyLogged { activity, by: LoggedBy::Us })
        }
        Some(Existing::Foreign(id, row)) => {
            let is_empty = |column: &str| row.value(column).is_none_or(|value| value == "");
            let write = match Existing::is_canceled(&row) {
                true => None,
                false => style.adoption(&plan, id.0, row.etag(), is_empty, &mut remarks),
            };
            let done = Outcome::AlreadyLogged { activity: id, by: LoggedBy::SomeoneElse };
            (write.into_iter().collect(), done)
        }
    };
    let subject = format!("call {}", plan.call.call);
    plan.findings.extend(remarks.into_iter().map(|remark| Finding::new(subject.clone(), remark)));
    if writes.is_empty() {
        return Err(Box::new((plan, Verdict::Decided(done))));
    }
    Ok(Job { plan, writes, done })
}

/// How the batches of a pass fared as a whole.
#[derive(Default)]
struct Tally {
    answered: AtomicUsize,
    refused: AtomicUsize,
    stopped: AtomicBool,
}

impl Tally {
    /// Whether a refusal is likely to be about some call of the batch: not if one batch after the
    /// other is refused and none is ever answered.
    fn blames_content(&self, class: ErrorClass) -> bool {
        let refused = self.refused.fetch_add(1, Ordering::Relaxed);
        is_about_content(class)
            && (refused < REFUSALS_IN_A_ROW || self.answered.load(Ordering::Relaxed) > 0)
    }
}

/// So many refused batches without a single answer mean that no batch will be answered. More than
/// it takes to halve a batch down to one call.
const REFUSALS_IN_A_ROW: usize = 8;

/// Sends one batch. One that is refused as a whole for its content is halved until the offending
/// call stands alone; one that fails for another reason stops the work.
async fn write_batch(
    api: &dyn DataverseApi,
    batch: Vec<Job>,
    tally: &Tally,
) -> (Vec<(PlannedCall, Verdict)>, Option<Error>) {
    let mut verdicts = Vec::with_capacity(batch.len());
    let mut error = None;
    let mut waiting = vec![batch];
    while let Some(mut jobs) = waiting.pop() {
        if tally.stopped.load(Ordering::Relaxed) {
            verdicts.extend(jobs.into_iter().map(|job| job.failed(not_sent())));
            continue;
        }
        let items: Vec<_> =
            jobs.iter().map(|job| BatchItem::ChangeSet(job.writes.clone())).collect();
        fail_point::reach(FailPoint::BeforeBatch);
        let answer = api.batch(&items).await;
        fail_point::reach(FailPoint::AfterBatch);
        match answer {
            Ok(answers) => {
                tally.answered.fetch_add(1, Ordering::Relaxed);
                let throttled = answers.iter().find_map(throttled);
                let answers = answers.into_iter().chain(std::iter::repeat(ItemAnswer::Unknown));
                verdicts
                    .extend(jobs.into_iter().zip(answers).map(|(job, answer)| job.judge(answer)));
                if let Some(refusal) = throttled {
                    tally.stopped.store(true, Ordering::Relaxed);
                    error = error.or(Some(refusal));
                }
            }
            Err(refusal) => {
                let class = refusal.class();
                let about_content = tally.blames_content(class);
                if about_content && jobs.len() > 1 {
                    let second_half = jobs.split_off(jobs.len() / 2);
                    waiting.extend([second_half, jobs]);
                    continue;
                }
                let refusal = Error::from(refusal);
                let failure = Failure { class, message: refusal.chain(), tried: about_content };
                verdicts.extend(jobs.into_iter().map(|job| job.failed(failure.clone())));
                if !about_content {
                    tally.stopped.store(true, Ordering::Relaxed);
                    error = Some(refusal);
                }
            }
        }
    }
    (verdicts, error)
}

/// Whether an error is about what was asked, and not about who asks or where.
pub(crate) fn is_about_content(class: ErrorClass) -> bool {
    matches!(class, ErrorClass::Rejected | ErrorClass::Conflict)
}

fn not_sent() -> Failure {
    Failure {
        class: ErrorClass::Transient,
        message: "not sent, because an earlier batch of this pass failed".to_owned(),
        tried: false,
    }
}

/// What stops the pass if a part of a batch was throttled: the batch was let in, and then the limit
/// was reached.
fn throttled(answer: &ItemAnswer) -> Option<Error> {
    let ItemAnswer::Refused(source) = answer else { return None };
    let is_throttled = matches!(source.class(), ErrorClass::Throttled { .. });
    is_throttled.then(|| {
        let operation = "run a part of a batch".to_owned();
        dataverse_client::Error::Service { operation, source: source.clone() }.into()
    })
}

impl Job {
    fn failed(self, failure: Failure) -> (PlannedCall, Verdict) {
        (self.plan, Verdict::Decided(Outcome::Failed(failure)))
    }

    fn judge(self, answer: ItemAnswer) -> (PlannedCall, Verdict) {
        let verdict = match answer {
            ItemAnswer::Written | ItemAnswer::Read(_) => Verdict::Decided(self.done),
            ItemAnswer::Refused(error)
                if matches!(error.class(), ErrorClass::Conflict | ErrorClass::NotFound)
                    && matches!(self.done, Outcome::AlreadyLogged { .. }) =>
            {
                Verdict::RowChanged(error)
            }
            ItemAnswer::Refused(error) => refused(error, &self.plan),
            ItemAnswer::Unknown => Verdict::Decided(Outcome::Failed(Failure {
                class: ErrorClass::Transient,
                message: "the answer does not say whether it was written".to_owned(),
                tried: true,
            })),
        };
        (self.plan, verdict)
    }
}

fn refused(error: ServiceError, plan: &PlannedCall) -> Verdict {
    if error.is_duplicate() {
        let by = LoggedBy::Us;
        return Verdict::Decided(Outcome::AlreadyLogged { activity: plan.activity, by });
    }
    let names = |id: String| error.message.to_ascii_lowercase().contains(&id);
    let names_owner = names(plan.owner.id.to_string());
    let lacks_right = matches!(error.class(), ErrorClass::Auth | ErrorClass::NotFound);
    if error.is_owner_refused() || (lacks_right && names_owner) {
        return Verdict::OwnerRefused(error);
    }
    let names_customer =
        plan.customer.as_ref().is_some_and(|customer| names(customer.customer.id.to_string()));
    if error.class() == ErrorClass::NotFound && names_customer {
        return Verdict::CustomerGone(error);
    }
    Verdict::Decided(Outcome::Failed(failure(&error)))
}

/// A refusal as a failure of its call.
fn failure(error: &ServiceError) -> Failure {
    let class = error.class();
    // Being throttled is no fault of the call; the pass stops, and the call comes again.
    let tried = !matches!(class, ErrorClass::Throttled { .. });
    Failure { class, message: error.to_string(), tried }
}
