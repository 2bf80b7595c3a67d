//! Change sets in batches: several batches at a time, and every change set learns what became of it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures::stream::{self, StreamExt};
use voice_model::{ErrorClass, error_chain, fail_point};

use crate::{BatchItem, DataverseApi, Error, ItemAnswer, ServiceError, Write};

/// So many refused batches without a single answer mean that no batch will be answered. More than
/// it takes to halve a batch down to one change set.
const REFUSALS_IN_A_ROW: usize = 8;

/// How much is written at once, as Dataverse has shown that it can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Batches under way at once.
    pub parallel: usize,
    /// Change sets in one batch.
    pub sets_per_batch: usize,
}

impl Pace {
    /// The pace that is advised now for change sets of so many operations.
    pub fn of(api: &dyn DataverseApi, operations_per_set: usize) -> Self {
        let advice = api.advice();
        let sets_per_batch = advice.operations_per_batch / operations_per_set.max(1);
        Self { parallel: advice.parallel.max(1), sets_per_batch: sets_per_batch.max(1) }
    }

    /// As many change sets as fill all batches that may be under way.
    pub fn sets_at_once(self) -> usize {
        self.parallel * self.sets_per_batch
    }
}

/// What became of a change set.
#[derive(Debug, Clone, PartialEq)]
pub enum SetAnswer {
    /// It was carried out.
    Written,
    /// It was refused, as a whole.
    Refused(ServiceError),
    /// Its batch had no answer for it.
    Failed {
        /// What the reason means.
        class: ErrorClass,
        /// The reason, with all its causes.
        message: String,
        /// Whether this change set is likely to be the reason, or may have been carried out: it was
        /// an attempt. Otherwise nothing is known of it.
        tried: bool,
    },
}

/// Writes change sets. The answers are in the order of the sets; the second value is what stopped the
/// work early, if anything did.
///
/// A batch that is refused as a whole for its content is halved until the offending set stands
/// alone. Any other failure of a batch stops the work, and so does a set that was throttled: what
/// is under way ends, and what was not sent has failed untried.
pub async fn write_sets(
    api: &dyn DataverseApi,
    pace: Pace,
    sets: Vec<Vec<Write>>,
) -> (Vec<SetAnswer>, Option<Error>) {
    let mut answers: Vec<_> = sets.iter().map(|_| not_sent()).collect();
    let tally = Tally::default();
    let mut sets = sets.into_iter().enumerate().peekable();
    let mut writing = Vec::new();
    while sets.peek().is_some() {
        let batch: Vec<_> = sets.by_ref().take(pace.sets_per_batch.max(1)).collect();
        writing.push(write_batch(api, batch, &tally));
    }
    let batches: Vec<_> = stream::iter(writing).buffer_unordered(pace.parallel).collect().await;
    let mut error = None;
    for (written, stop) in batches {
        for (place, answer) in written {
            answers[place] = answer;
        }
        error = error.or(stop);
    }
    (answers, error)
}

/// How the batches fare as a whole.
#[derive(Default)]
struct Tally {
    answered: AtomicUsize,
    refused: AtomicUsize,
    stopped: AtomicBool,
}

impl Tally {
    /// Whether a refusal is likely to be about some set of the batch: not if one batch after the
    /// other is refused and none is ever answered.
    fn blames_content(&self, class: ErrorClass) -> bool {
        let refused = self.refused.fetch_add(1, Ordering::Relaxed);
        class.is_about_content()
            && (refused < REFUSALS_IN_A_ROW || self.answered.load(Ordering::Relaxed) > 0)
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// A change set and its place among all.
type Placed = (usize, Vec<Write>);

async fn write_batch(
    api: &dyn DataverseApi,
    batch: Vec<Placed>,
    tally: &Tally,
) -> (Vec<(usize, SetAnswer)>, Option<Error>) {
    let mut written = Vec::with_capacity(batch.len());
    let mut error = None;
    let mut waiting = vec![batch];
    while let Some(mut sets) = waiting.pop() {
        if tally.is_stopped() {
            break;
        }
        let items: Vec<_> =
            sets.iter().map(|(_, writes)| BatchItem::ChangeSet(writes.clone())).collect();
        fail_point::reach("before-batch");
        let answer = api.batch(&items).await;
        fail_point::reach("after-batch");
        match answer {
            Ok(answers) => {
                tally.answered.fetch_add(1, Ordering::Relaxed);
                if let Some(refusal) = answers.iter().find_map(throttled) {
                    tally.stop();
                    error = error.or(Some(refusal));
                }
                let answers = answers.into_iter().chain(std::iter::repeat(ItemAnswer::Unknown));
                let places = sets.iter().map(|(place, _)| *place);
                written.extend(places.zip(answers.map(set_answer)));
            }
            Err(refusal) => {
                let class = refusal.class();
                let about_content = tally.blames_content(class);
                if about_content && sets.len() > 1 {
                    let second_half = sets.split_off(sets.len() / 2);
                    waiting.extend([second_half, sets]);
                    continue;
                }
                let message = error_chain(&refusal);
                let answer = SetAnswer::Failed { class, message, tried: about_content };
                written.extend(sets.iter().map(|(place, _)| (*place, answer.clone())));
                if !about_content {
                    tally.stop();
                    error = Some(refusal);
                }
            }
        }
    }
    (written, error)
}

fn set_answer(answer: ItemAnswer) -> SetAnswer {
    match answer {
        ItemAnswer::Written | ItemAnswer::Read(_) => SetAnswer::Written,
        ItemAnswer::Refused(error) => SetAnswer::Refused(error),
        ItemAnswer::Unknown => SetAnswer::Failed {
            class: ErrorClass::Transient,
            message: "the answer does not say whether it was written".to_owned(),
            tried: true,
        },
    }
}

fn not_sent() -> SetAnswer {
    SetAnswer::Failed {
        class: ErrorClass::Transient,
        message: "not sent, because an earlier batch of this pass failed".to_owned(),
        tried: false,
    }
}

/// What stops the work if a part of a batch was throttled: the batch was let in, and then the limit
/// was reached.
fn throttled(answer: &ItemAnswer) -> Option<Error> {
    let ItemAnswer::Refused(source) = answer else { return None };
    let is_throttled = matches!(source.class(), ErrorClass::Throttled { .. });
    is_throttled.then(|| Error::Service {
        operation: "run a part of a batch".to_owned(),
        source: source.clone(),
    })
}
