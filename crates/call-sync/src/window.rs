//! Which span of time a pass asks Enreach about.

use chrono::{DateTime, Duration, Utc};
use enreach_client::WindowBasis;
use settings::{SettingWindowBasis, TenantSettings};
use voice_model::TimeWindow;

use crate::legs::Conversation;

/// How far back a live pass ever looks.
const FARTHEST_LOOK_BACK: Duration = Duration::days(45);
/// How much of the time before the last good pass is read once more.
const OVERLAP: Duration = Duration::minutes(2);
/// The longest span asked for at once; Enreach refuses more than 31 days (reference, section 2.2).
const LONGEST_PIECE: Duration = Duration::days(30);

/// How far back a retro pass looks at least, and at most; and its overlap with the last one.
const RETRO_LOOK_BACK: Duration = Duration::hours(24);
const RETRO_FARTHEST: Duration = Duration::days(30);
const RETRO_OVERLAP: Duration = Duration::minutes(5);

/// Rows of a call that start in a window may start so long before or after it: they are read along,
/// so that no call is judged by a part of its rows.
const LONGEST_CALL: Duration = Duration::hours(6);

/// What a pass asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    /// Which instant of a row counts.
    pub(crate) basis: WindowBasis,
    /// Pieces of at most 30 days, oldest first.
    pub(crate) pieces: Vec<TimeWindow>,
    /// The calls to decide: those that start here, the end excluded. `None` = all.
    decided: Option<TimeWindow>,
}

impl Span {
    /// Whether a call is to be decided by this pass.
    pub(crate) fn covers(&self, call: &Conversation) -> bool {
        match (&self.decided, call.start) {
            (Some(window), Some(start)) => window.contains(start) && start < window.end(),
            _ => true,
        }
    }
}

/// The cursor of a tenant whose live passes begin now: the next window starts no later than the first
/// one, whatever becomes of the first pass.
pub(crate) fn first_live_cursor(now: DateTime<Utc>, settings: &TenantSettings) -> DateTime<Utc> {
    now - settings.execution_interval + OVERLAP
}

/// The same for retro passes.
pub(crate) fn first_retro_cursor(now: DateTime<Utc>) -> DateTime<Utc> {
    now - RETRO_LOOK_BACK + RETRO_OVERLAP
}

/// The span of a retro pass: by start, from the earlier of a day ago and the end of the last good
/// retro window.
pub(crate) fn retro(now: DateTime<Utc>, cursor: DateTime<Utc>) -> Span {
    let start = (now - RETRO_LOOK_BACK).min(cursor - RETRO_OVERLAP);
    around(start.max(now - RETRO_FARTHEST), now, now)
}

/// The span for the calls that start in a window, with the rows around it.
pub(crate) fn given(window: TimeWindow, now: DateTime<Utc>) -> Span {
    around(window.start(), window.end(), now)
}

fn around(start: DateTime<Utc>, end: DateTime<Utc>, now: DateTime<Utc>) -> Span {
    let latest = (end + LONGEST_CALL).min(now).max(end);
    let decided = TimeWindow::new(start.min(end), end).ok();
    Span { decided, ..span(WindowBasis::Started, start - LONGEST_CALL, latest) }
}

/// The span of a live pass (design, section 3, "Window").
pub(crate) fn live(now: DateTime<Utc>, cursor: DateTime<Utc>, settings: &TenantSettings) -> Span {
    let floor = now - FARTHEST_LOOK_BACK;
    if settings.run_in_debug_mode {
        return span(WindowBasis::Started, floor, now);
    }
    let basis = match settings.window_basis {
        SettingWindowBasis::Modified => WindowBasis::Modified,
        SettingWindowBasis::StartTime => WindowBasis::Started,
    };
    let interval = now - settings.execution_interval;
    // A last pass that seems to lie ahead was made while the clock was ahead: its window was too
    // late by as much, at the most.
    let ahead = (cursor - now).max(Duration::zero());
    let start = (interval - ahead).min(cursor - OVERLAP);
    span(basis, start.max(floor), now)
}

fn span(basis: WindowBasis, start: DateTime<Utc>, end: DateTime<Utc>) -> Span {
    let pieces = TimeWindow::new(start.min(end), end)
        .map(|window| window.split(LONGEST_PIECE).collect())
        .unwrap_or_default();
    Span { basis, pieces, decided: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
    }

    fn start_of(span: &Span) -> DateTime<Utc> {
        span.pieces[0].start()
    }

    #[test]
    fn the_first_pass_looks_back_by_the_execution_interval() {
        let settings = TenantSettings::default();
        let span = live(now(), first_live_cursor(now(), &settings), &settings);
        assert_eq!(span.basis, WindowBasis::Modified);
        assert_eq!(span.pieces.len(), 1);
        assert_eq!(start_of(&span), now() - Duration::minutes(15));
    }

    #[test]
    fn after_an_outage_the_window_reaches_back_to_the_last_good_pass() {
        let settings = TenantSettings::default();
        let check = |last: Duration, expected: Duration| {
            let span = live(now(), now() - last, &settings);
            assert_eq!(now() - start_of(&span), expected, "last good pass {last} ago");
        };
        check(Duration::minutes(1), Duration::minutes(15));
        check(Duration::minutes(13), Duration::minutes(15));
        check(Duration::minutes(14), Duration::minutes(16));
        check(Duration::hours(5), Duration::minutes(302));
        check(Duration::days(80), Duration::days(45));
        // The clock was set back: the last pass seems to lie ahead.
        check(-Duration::hours(1), Duration::minutes(75));
    }

    #[test]
    fn a_long_window_is_asked_for_in_pieces() {
        let span = live(now(), now() - Duration::days(40), &TenantSettings::default());
        assert_eq!(span.pieces.len(), 2);
        assert!(span.pieces.iter().all(|piece| piece.length() <= Duration::days(30)));
    }

    #[test]
    fn debug_mode_looks_back_45_days_by_start_time() {
        let settings = TenantSettings { run_in_debug_mode: true, ..TenantSettings::default() };
        let span = live(now(), now(), &settings);
        assert_eq!(span.basis, WindowBasis::Started);
        assert_eq!(now() - start_of(&span), Duration::days(45));
        assert_eq!(span.pieces.len(), 2);
    }

    #[test]
    fn the_setting_can_ask_for_start_times() {
        let settings = TenantSettings {
            window_basis: SettingWindowBasis::StartTime,
            ..TenantSettings::default()
        };
        assert_eq!(live(now(), now(), &settings).basis, WindowBasis::Started);
    }

    fn hours_back(hours: i64) -> DateTime<Utc> {
        now() - Duration::hours(hours)
    }

    #[test]
    fn a_retro_pass_looks_back_a_day_or_to_the_last_one() {
        let check = |cursor: DateTime<Utc>, expected: Duration| {
            let span = retro(now(), cursor);
            assert_eq!(span.basis, WindowBasis::Started);
            let first = span.decided.unwrap().start();
            assert_eq!(now() - first, expected, "{cursor}");
            assert_eq!(start_of(&span), first - LONGEST_CALL);
        };
        check(first_retro_cursor(now()), Duration::hours(24));
        check(hours_back(23), Duration::hours(24));
        check(hours_back(72), Duration::minutes(72 * 60 + 5));
        check(hours_back(90 * 24), Duration::days(30));
        check(hours_back(-1), Duration::hours(24));
    }

    #[test]
    fn calls_that_start_outside_of_a_given_window_are_read_and_not_decided() {
        let window = TimeWindow::new(hours_back(48), hours_back(24)).unwrap();
        let span = given(window, now());
        assert_eq!(start_of(&span), hours_back(54));
        assert_eq!(span.pieces[0].end(), hours_back(18));
        let covers = |start| {
            let mut row = enreach_client::CallRow::new(voice_model::CallId::new("call").unwrap());
            row.start = Some(start);
            let leg = crate::Leg { source: crate::Source::Calls, row };
            span.covers(&crate::fold([leg])[0])
        };
        assert!(covers(hours_back(48)) && covers(hours_back(30)));
        assert!(!covers(hours_back(24)) && !covers(hours_back(49)));
        // The future has no rows.
        let today = TimeWindow::new(hours_back(2), now()).unwrap();
        assert_eq!(given(today, now()).pieces[0].end(), now());
    }
}
