//! One piece of a backfill, tried again until it is done, where the cause of a stop passes.
//!
//! A pass has no retry of its own: its repeat finds what it has done and goes on with the rest. What
//! the tries did is put together here, so that a call that was logged by the first and found by the
//! second counts as logged.

use std::collections::HashMap;
use std::time::Duration;

use call_sync::{Decision, Error, PassReport};
use voice_model::ErrorClass;
use worker::Shutdown;

/// The longest wait before a piece is tried again: whoever asks for more is asked again.
const LONGEST_WAIT: Duration = Duration::from_secs(10 * 60);
/// The shortest, so that a wait of nothing is no endless haste.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
/// The wait when the other side asks for less and does not say for how long.
const USUAL_WAIT: Duration = Duration::from_secs(60);
/// The waits after passing trouble that nobody says the end of. After the last the piece is given up.
const PAUSES: [Duration; 4] = [
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(60),
    Duration::from_secs(300),
];

/// How a piece ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// All its calls were decided.
    Done,
    /// The cause in its report stopped it.
    Stopped,
    /// Somebody asked the process to stop.
    Interrupted,
}

/// Who watches.
pub(super) trait Watcher {
    /// A piece is tried again after a wait.
    fn waits(&self, wait: Duration, cause: &Error);
    /// The process is to stop, as soon as what is in flight is done.
    fn stops(&self);
}

/// Runs a piece until it is done or cannot be done.
pub(super) async fn persist(
    attempt: impl AsyncFn() -> PassReport,
    shutdown: &Shutdown,
    watcher: &impl Watcher,
) -> (PassReport, Ended) {
    let mut whole = PassReport::default();
    let mut in_vain = 0;
    loop {
        if shutdown.is_requested() {
            return (whole, Ended::Interrupted);
        }
        let attempt = shutdown.or_at_once(attempt());
        tokio::pin!(attempt);
        let report = tokio::select! {
            biased;
            report = &mut attempt => report,
            () = shutdown.requested() => {
                watcher.stops();
                attempt.await
            }
        };
        let Some(report) = report else { return (whole, Ended::Interrupted) };
        whole = after(whole, report);
        let Some(error) = &whole.error else { return (whole, Ended::Done) };
        let Some(wait) = wait_before_next_try(error.class(), in_vain) else {
            return (whole, Ended::Stopped);
        };
        in_vain += usize::from(error.class() == ErrorClass::Transient);
        watcher.waits(wait, error);
        tokio::select! {
            () = tokio::time::sleep(wait) => (),
            () = shutdown.requested() => return (whole, Ended::Interrupted),
        }
    }
}

/// How long to wait before the next try; `None` if there is no use in one. A piece that is only asked
/// to wait is never given up.
fn wait_before_next_try(class: ErrorClass, in_vain: usize) -> Option<Duration> {
    match class {
        ErrorClass::Throttled { retry_after } => {
            Some(retry_after.unwrap_or(USUAL_WAIT).clamp(SHORTEST_WAIT, LONGEST_WAIT))
        }
        ErrorClass::Transient => PAUSES.get(in_vain).copied(),
        _ => None,
    }
}

/// The report of all tries, after one more.
fn after(before: PassReport, last: PassReport) -> PassReport {
    let mut written: HashMap<_, Decision> = before
        .decisions
        .into_iter()
        .filter(|decision| decision.outcome.activity().is_some())
        .map(|decision| (decision.call.clone(), decision))
        .collect();
    let mut last = last;
    for decision in &mut last.decisions {
        if let Some(earlier) = written.remove(&decision.call) {
            *decision = earlier;
        }
    }
    // A try that stopped before it saw the calls again takes nothing back.
    last.decisions.extend(written.into_values());
    for finding in before.findings {
        if !last.findings.contains(&finding) {
            last.findings.push(finding);
        }
    }
    last.rows = last.rows.max(before.rows);
    last.enreach_requests += before.enreach_requests;
    last.dataverse_requests += before.dataverse_requests;
    last.elapsed += before.elapsed;
    last
}

#[cfg(test)]
mod tests;
