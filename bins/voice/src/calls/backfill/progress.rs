//! How far a backfill is: a bar on a terminal, else a line for every piece in the log.

use std::io::IsTerminal;
use std::time::Duration;

use call_sync::{Error, Outcome, PassReport};
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use voice_model::{TenantName, TimeWindow, mask_numbers};

use super::persist::{Ended, Watcher};
use super::when;

/// Lets the elapsed time move while nothing else does.
const TICK: Duration = Duration::from_millis(200);

/// What fits into the bar's line beside the bar.
const TEMPLATE: &str = "{prefix} [{bar:24}] {pos}/{len} days, {elapsed}  {wide_msg}";

/// How far a tenant's backfill is.
pub(super) struct Progress<'a> {
    tenant: &'a TenantName,
    /// `None` where nobody watches.
    bar: Option<ProgressBar>,
}

impl<'a> Progress<'a> {
    /// Nothing is done yet of so many pieces.
    pub(super) fn new(tenant: &'a TenantName, pieces: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(u64::try_from(pieces).unwrap_or(u64::MAX));
            bar.set_style(
                ProgressStyle::with_template(TEMPLATE)
                    .unwrap_or_else(|_| ProgressStyle::default_bar())
                    .progress_chars("=> "),
            );
            bar.set_prefix(tenant.to_string());
            bar.enable_steady_tick(TICK);
            bar
        });
        Self { tenant, bar }
    }

    /// A piece begins.
    pub(super) fn begins(&self, piece: &TimeWindow) {
        if let Some(bar) = &self.bar {
            bar.set_message(when::text(piece.start()));
        }
    }

    /// A piece has ended, well or not.
    pub(super) fn ended(&self, piece: &TimeWindow, report: &PassReport, ended: &Ended) {
        self.aside(|| warn_of_failures(self.tenant, report));
        if *ended != Ended::Done {
            return;
        }
        match &self.bar {
            Some(bar) => bar.inc(1),
            None => {
                let (from, to) = (when::text(piece.start()), when::text(piece.end()));
                let line = program::line_of_calls(&report.summary(self.tenant));
                tracing::info!(tenant = %self.tenant, "{from} to {to}: {line}");
            }
        }
    }

    /// The bar is of no more use.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Writes something else than the bar.
    fn aside(&self, write: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

impl Watcher for Progress<'_> {
    fn waits(&self, wait: Duration, cause: &Error) {
        let cause = mask_numbers(&cause.chain());
        match &self.bar {
            Some(bar) => bar.set_message(format!("waits {}: {cause}", HumanDuration(wait))),
            None => {
                let seconds = wait.as_secs();
                tracing::info!(tenant = %self.tenant, "goes on in {seconds} s: {cause}");
            }
        }
    }

    fn stops(&self) {
        let words = "stops when what is in flight is done; once more: at once";
        match &self.bar {
            Some(bar) => bar.set_message(words),
            None => tracing::info!(tenant = %self.tenant, "{words}"),
        }
    }
}

/// Calls that failed by themselves: what stopped the piece is not said again for each.
fn warn_of_failures(tenant: &TenantName, report: &PassReport) {
    for decision in &report.decisions {
        if let Outcome::Failed(failure) = &decision.outcome
            && failure.tried
        {
            let (call, message) = (&decision.call, mask_numbers(&failure.message));
            tracing::warn!(%tenant, %call, "not logged: {message}");
        }
    }
    for row in &report.unreadable {
        let (row, id, reason) = (row.index + 1, &row.id, &row.reason);
        tracing::warn!(%tenant, row, id, "unreadable row: {reason}");
    }
}
