//! `voice calls backfill`: decides the calls of a given time anew, a day after the other.

mod persist;
mod progress;
mod result;
mod when;

use std::sync::Arc;

use call_sync::{Backfill, CallSync};
use chrono::{DateTime, Duration, SubsecRound as _, Utc};
use program::{TenantParts, compose_call_sync};
use settings::{InboxConfig, TenantConfig};
use sync_store::Store;
use voice_model::{Clock, SystemClock, TimeWindow};
use worker::{Exit, Shutdown};

use crate::place::PlaceArgs;
use crate::refusal::Refusal;
use persist::{Ended, persist};
use progress::Progress;
use result::TenantResult;
use when::parse_when;

/// How much is asked for at once.
const PIECE: Duration = Duration::days(1);

/// Log the calls of a given time: of before the installation, of an outage, or after a change
///
/// All calls that start in that time are decided anew, those that were skipped, deferred or given up
/// included. A call that was logged once is not logged again, also if its phone call was deleted,
/// unless --recreate says so. Works in pieces of one day, the oldest first, and waits as long as
/// Enreach Cloud or Dynamics 365 ask. It may be stopped (Ctrl-C) and repeated at any time, also beside
/// running workers.
///
/// WHEN is a date, meaning its beginning in UTC, or an instant such as 2026-11-01T08:00:00+02:00.
///
/// Exit codes: 0 all pieces were done (single calls may have failed), 64 bad configuration or
/// arguments, 75 a tenant was stopped by a passing cause or a signal, 1 by another cause.
///
/// Examples:
///   voice calls backfill --from 2026-11-01 --dry-run
///   voice calls backfill --from 2026-11-01 --to 2026-11-08 --tenant contoso --config voice.toml
#[derive(Debug, Clone, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct BackfillArgs {
    /// The beginning: calls that start then or later
    #[arg(long, value_name = "WHEN", value_parser = parse_when)]
    from: DateTime<Utc>,
    /// The end: calls that start before; default: now
    #[arg(long, value_name = "WHEN", value_parser = parse_when)]
    to: Option<DateTime<Utc>>,
    #[command(flatten)]
    place: PlaceArgs,
    /// Write nothing anywhere, and show what would become of every call
    #[arg(long)]
    dry_run: bool,
    /// Create phone calls again that were logged once and are gone from Dynamics
    #[arg(long)]
    recreate: bool,
    /// Print one JSON object with the counts and nothing else on standard output
    #[arg(long)]
    json: bool,
}

/// Carries the backfill out for every tenant, one after the other.
pub(crate) async fn run(args: &BackfillArgs) -> Result<Exit, Refusal> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let window = window(args.from, args.to, clock.now().trunc_subsecs(0))?;
    let place = args.place.read()?;
    let shutdown = Shutdown::on_signals();
    let store = match args.dry_run {
        true => place.store_behind_glass().await?,
        false => connect::open_store(&place.store).await?,
    };
    let errand = Errand { args, window, store, clock, shutdown };
    let mut results = Vec::with_capacity(place.tenants.len());
    for tenant in &place.tenants {
        let result = Box::pin(errand.tenant(tenant)).await;
        if !args.json {
            print!("{}", result.text(&errand));
        }
        results.push(result);
    }
    if args.json {
        println!("{}", result::json(&results, &errand));
    }
    Ok(Exit::worst(results.iter().map(TenantResult::exit)))
}

/// What is asked for, if it can be.
fn window(
    from: DateTime<Utc>,
    to: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<TimeWindow, Refusal> {
    if from > now {
        return Err(Refusal::usage(format!(
            "--from {} lies in the future; nothing has happened then yet",
            when::text(from)
        )));
    }
    // Calls of the future are not there yet.
    let to = to.unwrap_or(now).min(now);
    let window = TimeWindow::new(from, to).ok().filter(|window| window.length() > Duration::zero());
    window.ok_or_else(|| {
        Refusal::usage(format!(
            "--from {} has to lie before --to {}",
            when::text(from),
            when::text(to)
        ))
    })
}

/// What is to be done.
struct Errand<'a> {
    args: &'a BackfillArgs,
    window: TimeWindow,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    shutdown: Shutdown,
}

impl Errand<'_> {
    async fn tenant(&self, config: &TenantConfig) -> TenantResult {
        let mut result =
            TenantResult::new(config.name.clone(), self.window.start(), self.args.dry_run);
        let call_sync = match self.compose(config) {
            Ok(call_sync) => call_sync,
            Err(stopped) => {
                result.not_begun(stopped);
                return result;
            }
        };
        let pieces: Vec<_> = self.window.split(PIECE).collect();
        let progress = Progress::new(&config.name, pieces.len());
        for piece in pieces {
            let errand = Backfill { window: piece, recreate: self.args.recreate };
            progress.begins(&piece);
            let attempt = async || Box::pin(call_sync.backfill(errand)).await;
            let (report, ended) = persist(attempt, &self.shutdown, &progress).await;
            progress.ended(&piece, &report, &ended);
            result.absorb(report);
            match ended {
                Ended::Done => result.done_until = piece.end(),
                Ended::Stopped => break,
                Ended::Interrupted => {
                    result.interrupted = true;
                    break;
                }
            }
        }
        progress.finish();
        result
    }

    /// Call sync of a tenant, its requests behind those of live work; behind glass in a dry run.
    fn compose(&self, config: &TenantConfig) -> Result<CallSync, program::Stopped> {
        let parts = TenantParts {
            config: Arc::new(config.clone()),
            inbox: InboxConfig::default(),
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
        };
        let parts = compose_call_sync(&parts, true)?;
        Ok(CallSync::new(if self.args.dry_run { parts.dry() } else { parts }))
    }

    /// The command that takes up where this one has got for a tenant.
    fn go_on(&self, result: &TenantResult) -> String {
        let (from, to) = (when::text(result.done_until), when::text(self.window.end()));
        let flags = [(self.args.dry_run, " --dry-run"), (self.args.recreate, " --recreate")];
        let flags: String = flags.iter().filter(|(on, _)| *on).map(|(_, flag)| *flag).collect();
        format!(
            "voice calls backfill --from {from} --to {to} --tenant {}{}{flags}",
            result.tenant,
            self.args.place.config_argument(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    fn day(day: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, day, 0, 0, 0).unwrap()
    }

    #[test]
    fn a_window_ends_now_at_the_latest() {
        let of = |to| window(day(1), to, day(9)).unwrap();
        assert_eq!(of(Some(day(3))).end(), day(3));
        assert_eq!(of(None).end(), day(9));
        assert_eq!(of(Some(day(20))).end(), day(9));
    }

    #[test]
    fn a_window_that_cannot_be_is_refused_with_its_reason() {
        #[track_caller]
        fn check(from: DateTime<Utc>, to: Option<DateTime<Utc>>, words: &str) {
            let refusal = window(from, to, day(9)).unwrap_err();
            assert_eq!(refusal.exit, Exit::BadConfiguration);
            assert!(refusal.to_string().contains(words), "{refusal}");
        }
        check(day(10), None, "future");
        check(day(10), Some(day(12)), "future");
        check(day(5), Some(day(3)), "has to lie before");
        check(day(5), Some(day(5)), "has to lie before");
    }
}
