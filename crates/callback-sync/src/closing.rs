//! Closing requests in Enreach, always after their outcome is recorded and never before.
//!
//! What Enreach refuses is tried again and in the end left to a person; nothing is forced.

use chrono::{DateTime, Utc};
use enreach_client::{CallbackState, CloseAnswer, EnreachApi};
use futures::stream::{self, StreamExt};
use settings::Finding;
use sync_store::Close;
use voice_model::{CallbackItemId, error_chain, fail_point, mask_numbers};

use crate::ledger::{Ledger, pause_after};
use crate::{PassReport, Result};

/// Requests to Enreach under way at once.
const AT_ONCE: usize = 16;
/// Requests of earlier passes that one pass closes.
const BACKLOG: usize = 500;

/// A request to close, and how often that was tried.
type ToClose = (CallbackItemId, u32);

/// Closes what earlier passes could not. If nothing is to be closed any more, it is let be.
pub(crate) async fn close_backlog(
    enreach: &dyn EnreachApi,
    ledger: Ledger<'_>,
    may_close: bool,
    report: &mut PassReport,
) -> Result<()> {
    let due = ledger.store.callbacks_to_close(ledger.tenant, ledger.now, BACKLOG).await?;
    if !may_close && !due.is_empty() {
        let let_be: Vec<_> = due.into_iter().map(|it| (it.item, Close::NotNeeded)).collect();
        return Ok(ledger.store.record_closes(ledger.tenant, &let_be).await?);
    }
    let to_close = due.into_iter().map(|record| {
        let attempts = match record.dealt.close {
            Close::Due { attempts, .. } => attempts,
            _ => 0,
        };
        (record.item, attempts)
    });
    close_all(enreach, ledger, to_close.collect(), report).await
}

/// Closes requests and keeps how far that has got.
pub(crate) async fn close_all(
    enreach: &dyn EnreachApi,
    ledger: Ledger<'_>,
    to_close: Vec<ToClose>,
    report: &mut PassReport,
) -> Result<()> {
    if to_close.is_empty() {
        return Ok(());
    }
    fail_point::reach("before-close");
    let closing = to_close.into_iter().map(|(item, attempts)| async move {
        let answer = close(enreach, &item).await;
        (item, attempts + 1, answer)
    });
    let closing: Vec<_> = closing.collect();
    let answers: Vec<_> = stream::iter(closing).buffer_unordered(AT_ONCE).collect().await;
    let mut closes = Vec::with_capacity(answers.len());
    for (item, attempts, answer) in answers {
        let close = match &answer {
            Ok(()) => {
                report.closed += 1;
                Close::Done
            }
            Err(problem) => not_closed(problem, attempts, ledger),
        };
        if let Err(problem) = answer {
            report.find(finding(&item, &problem, close));
        }
        closes.push((item, close));
    }
    fail_point::reach("after-close");
    Ok(ledger.store.record_closes(ledger.tenant, &closes).await?)
}

/// Why a request is not closed.
struct Problem {
    message: String,
    /// Whether Enreach looked at the request and would not.
    refused: bool,
}

async fn close(enreach: &dyn EnreachApi, item: &CallbackItemId) -> Result<(), Problem> {
    let failed = |error: enreach_client::Error| Problem {
        message: mask_numbers(&error_chain(&error)),
        refused: false,
    };
    let (status, message) = match enreach.close_callback(item).await.map_err(failed)? {
        CloseAnswer::Closed | CloseAnswer::Gone => return Ok(()),
        CloseAnswer::Refused { status, message } => (status, message),
    };
    // Whoever has closed it meanwhile, or let it expire, has done what was wanted.
    match enreach.callback_item(item).await.map_err(failed)? {
        None => Ok(()),
        Some(found) if matches!(found.state, CallbackState::Closed | CallbackState::Expired) => {
            Ok(())
        }
        Some(_) => {
            let message = message.unwrap_or_else(|| "no reason given".to_owned());
            let message = mask_numbers(&format!("HTTP {status}: {message}"));
            Err(Problem { message, refused: true })
        }
    }
}

/// What is tried next. A refusal is given up in the end; a system that is down comes back. It takes
/// at most half of the attempts, so that a close is neither hours late when it is back nor given up
/// for the first refusal.
fn not_closed(problem: &Problem, attempts: u32, ledger: Ledger<'_>) -> Close {
    let attempts = match problem.refused {
        true if attempts >= ledger.attempts => return Close::GivenUp,
        true => attempts,
        false => attempts.min(ledger.attempts / 2).max(1),
    };
    let at: DateTime<Utc> = ledger.now + pause_after(attempts);
    Close::Due { at, attempts }
}

fn finding(item: &CallbackItemId, problem: &Problem, close: Close) -> Finding {
    let what_next = match close {
        Close::GivenUp => "it is not tried again; close it in Enreach by hand",
        _ => "it is tried again",
    };
    let message = format!(
        "is dealt with in Dynamics but could not be closed in Enreach: {}; {what_next}",
        problem.message
    );
    Finding::new(format!("callback {item}"), message)
}
