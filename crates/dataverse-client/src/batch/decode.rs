//! From the body of a batch answer to one answer for each item.

use super::multipart::{self, Multipart};
use super::part::{self, Answer, Part};
use crate::page::{self, Unreadable};
use crate::{ItemAnswer, ServiceError};

/// What an item of the request was, so that its answer can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expected {
    /// One write by itself.
    Write,
    /// A change set of so many writes.
    ChangeSet(usize),
    /// A read, with the preferences that its next page needs.
    Read(Option<String>),
}

/// Reads the answer to a batch: one entry for every expected item, in order. Items without a
/// readable part are [`ItemAnswer::Unknown`].
///
/// # Errors
/// When the answer is not a multipart one: the batch as a whole was answered, not its items.
pub(crate) fn decode(
    content_type: &str,
    body: &[u8],
    expected: &[Expected],
) -> Result<Vec<ItemAnswer>, Unreadable> {
    let Some(boundary) = multipart::boundary(content_type) else {
        return Err(Unreadable::new("it is not a batch answer"));
    };
    let Multipart { parts, closed } = multipart::split(body, &boundary);
    let last = parts.len().checked_sub(1);
    let answers = expected.iter().enumerate().map(|(index, expected)| {
        let Some(part) = parts.get(index) else { return ItemAnswer::Unknown };
        let whole = closed || Some(index) != last;
        read_item(part, whole, expected).unwrap_or(ItemAnswer::Unknown)
    });
    Ok(answers.collect())
}

/// The errors of all parts of a batch answer, whichever items they belong to; none of any other
/// answer.
pub(crate) fn refusals(content_type: &str, body: &[u8]) -> Vec<ServiceError> {
    let Some(boundary) = multipart::boundary(content_type) else { return Vec::new() };
    let mut refusals = Vec::new();
    for part in multipart::split(body, &boundary).parts {
        match part::read(part) {
            Some(Part::Answer(answer)) => refusals.extend(refusal(&answer)),
            Some(Part::Nested { body, boundary }) => {
                let parts = multipart::split(body, &boundary).parts;
                refusals.extend(parts.into_iter().filter_map(|part| match part::read(part)? {
                    Part::Answer(answer) => refusal(&answer),
                    // A change set holds no other.
                    Part::Nested { .. } => None,
                }));
            }
            None => {}
        }
    }
    refusals
}

/// `whole`: the part certainly did not lose its end.
fn read_item(part: &[u8], whole: bool, expected: &Expected) -> Option<ItemAnswer> {
    match (part::read(part)?, expected) {
        (Part::Answer(answer), _) if !answer.is_success() => refused(&answer, whole),
        (Part::Answer(answer), Expected::Read(prefer)) => {
            page::read(answer.body, prefer.as_deref()).ok().map(ItemAnswer::Read)
        }
        (Part::Answer(_), Expected::Write) => Some(ItemAnswer::Written),
        (Part::Nested { body, boundary }, Expected::ChangeSet(writes)) => {
            read_change_set(body, &boundary, *writes)
        }
        _ => None,
    }
}

/// A failed set is one refusal in the place of the set (reference, section 6.3), or the only part of
/// it, as recorded traffic shows. It is all or nothing, so one refusal refuses all.
fn read_change_set(body: &[u8], boundary: &str, writes: usize) -> Option<ItemAnswer> {
    let Multipart { parts, closed } = multipart::split(body, boundary);
    let last = parts.len().checked_sub(1);
    let mut written = 0;
    for (index, part) in parts.iter().enumerate() {
        let Some(Part::Answer(answer)) = part::read(part) else { continue };
        if !answer.is_success() {
            return refused(&answer, closed || Some(index) != last);
        }
        written += 1;
    }
    (written == writes && parts.len() == writes).then_some(ItemAnswer::Written)
}

/// A refusal whose body may be cut off is only taken if the body can be read whole: its code may
/// mean "done already".
fn refused(answer: &Answer<'_>, whole: bool) -> Option<ItemAnswer> {
    if !whole && page::json(answer.body).is_err() {
        return None;
    }
    refusal(answer).map(ItemAnswer::Refused)
}

fn refusal(answer: &Answer<'_>) -> Option<ServiceError> {
    (answer.status >= 400)
        .then(|| ServiceError::read(answer.status, answer.retry_after, answer.body))
}

#[cfg(test)]
mod tests;
