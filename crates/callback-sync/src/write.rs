//! Writing of planned callbacks, and what the answers mean.

use dataverse_client::{DataverseApi, Pace, ServiceError, SetAnswer, write_sets};
use directory::QueueOwner;
use voice_model::ErrorClass;

use crate::Error;
use crate::activity::{OPERATIONS, RowStyle};
use crate::plan::{PlannedCallback, Recipient};
use crate::request::Failure;

/// What became of a planned callback.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    /// Row and queue item are there.
    Created,
    /// The row was there already.
    Existed,
    /// Dynamics does not accept the owner.
    OwnerRefused(ServiceError),
    /// Dynamics does not take a queue as recipient.
    QueueRefusedAsParty(ServiceError),
    /// The customer is no longer there.
    CustomerGone(ServiceError),
    /// The phone call to point to is no longer there.
    BundleGone(ServiceError),
    /// It could not be written.
    Failed(Failure),
}

impl Verdict {
    /// The failure that it is when nothing else is tried; `None` if it is none.
    pub(crate) fn failure(self) -> Option<Failure> {
        match self {
            Self::Created | Self::Existed => None,
            Self::OwnerRefused(error)
            | Self::QueueRefusedAsParty(error)
            | Self::CustomerGone(error)
            | Self::BundleGone(error) => Some(failure(&error)),
            Self::Failed(failure) => Some(failure),
        }
    }
}

/// Writes planned callbacks, in batches. The second value is what stopped the work, if anything did.
pub(crate) async fn write_all(
    api: &dyn DataverseApi,
    style: RowStyle<'_>,
    mut plans: Vec<PlannedCallback>,
) -> (Vec<(PlannedCallback, Verdict)>, Option<Error>) {
    let sets = plans.iter_mut().map(|plan| style.writes(plan)).collect();
    let (answers, stopped) = write_sets(api, Pace::of(api, OPERATIONS), sets).await;
    let judged = plans.into_iter().zip(answers).map(|(plan, answer)| {
        let verdict = match answer {
            SetAnswer::Written => Verdict::Created,
            SetAnswer::Refused(error) => refused(error, &plan),
            SetAnswer::Failed { class, message, tried } => {
                Verdict::Failed(Failure { class, message, tried })
            }
        };
        (plan, verdict)
    });
    (judged.collect(), stopped.map(Error::from))
}

fn refused(error: ServiceError, plan: &PlannedCallback) -> Verdict {
    if error.is_duplicate() {
        return Verdict::Existed;
    }
    if error.is_party_refused() && matches!(plan.recipient, Some(Recipient::Queue(_))) {
        return Verdict::QueueRefusedAsParty(error);
    }
    if let Some(QueueOwner::User(owner) | QueueOwner::Team(owner)) = plan.owner {
        let names = error.message.to_ascii_lowercase().contains(&owner.to_string());
        let lacks_right = matches!(error.class(), ErrorClass::Auth | ErrorClass::NotFound);
        if error.is_owner_refused() || (lacks_right && names) {
            return Verdict::OwnerRefused(error);
        }
    }
    if plan.customer.as_ref().is_some_and(|it| error.names_missing_row(it.customer.id)) {
        return Verdict::CustomerGone(error);
    }
    if plan.bundled_into.is_some_and(|first| error.names_missing_row(first.0)) {
        return Verdict::BundleGone(error);
    }
    Verdict::Failed(failure(&error))
}

/// A refusal as a failure of its request.
pub(crate) fn failure(error: &ServiceError) -> Failure {
    let class = error.class();
    // Being throttled is no fault of the request; the pass stops, and the request comes again.
    let tried = !matches!(class, ErrorClass::Throttled { .. });
    Failure { class, message: error.to_string(), tried }
}
