//! Writing: planned calls become change sets, change sets go in batches, and every call learns what
//! became of it.
//!
//! A repeated write is harmless: the key of a row is made from the call, so that a second creation
//! is refused as a duplicate, which means done.

use dataverse_client::{DataverseApi, Pace, ServiceError, SetAnswer, Write, write_sets};
use settings::Finding;
use voice_model::ErrorClass;

use crate::Error;
use crate::activity::RowStyle;
use crate::adoption::Existing;
use crate::decision::{Failure, LoggedBy, Outcome};
use crate::plan::PlannedCall;

/// Operations that the row of a call takes: create and complete.
const OPERATIONS_PER_CALL: usize = 2;

/// The pace at which Dataverse can take calls now.
pub(crate) fn pace(api: &dyn DataverseApi) -> Pace {
    Pace::of(api, OPERATIONS_PER_CALL)
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
    let sets = jobs.iter_mut().map(|job| std::mem::take(&mut job.writes)).collect();
    let (answers, stopped) = write_sets(api, pace, sets).await;
    verdicts.extend(jobs.into_iter().zip(answers).map(|(job, answer)| job.judge(answer)));
    (verdicts, stopped.map(Error::from))
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

impl Job {
    fn judge(self, answer: SetAnswer) -> (PlannedCall, Verdict) {
        let verdict = match answer {
            SetAnswer::Written => Verdict::Decided(self.done),
            SetAnswer::Refused(error)
                if matches!(error.class(), ErrorClass::Conflict | ErrorClass::NotFound)
                    && matches!(self.done, Outcome::AlreadyLogged { .. }) =>
            {
                Verdict::RowChanged(error)
            }
            SetAnswer::Refused(error) => refused(error, &self.plan),
            SetAnswer::Failed { class, message, tried } => {
                Verdict::Decided(Outcome::Failed(Failure { class, message, tried }))
            }
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
