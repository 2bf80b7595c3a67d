//! Which span of time a pass asks Enreach about.

use chrono::{DateTime, Duration, Utc};
use enreach_client::WindowBasis;
use settings::{SettingWindowBasis, TenantSettings};
use voice_model::TimeWindow;

/// How far back a pass ever looks.
const FARTHEST_LOOK_BACK: Duration = Duration::days(45);
/// How much of the time before the last good pass is read once more.
const OVERLAP: Duration = Duration::minutes(2);
/// The longest span asked for at once; Enreach refuses more than 31 days (reference, section 2.2).
const LONGEST_PIECE: Duration = Duration::days(30);

/// What a pass asks for: the basis, and the pieces of the window, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    /// Which instant of a row counts.
    pub(crate) basis: WindowBasis,
    /// Pieces of at most 30 days.
    pub(crate) pieces: Vec<TimeWindow>,
}

/// The span of a live pass (design, section 3, "Window").
pub(crate) fn live(
    now: DateTime<Utc>,
    last_good_pass: Option<DateTime<Utc>>,
    settings: &TenantSettings,
) -> Span {
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
    let start = last_good_pass.map_or(interval, |last| {
        let ahead = (last - now).max(Duration::zero());
        (interval - ahead).min(last - OVERLAP)
    });
    span(basis, start.max(floor), now)
}

fn span(basis: WindowBasis, start: DateTime<Utc>, end: DateTime<Utc>) -> Span {
    let pieces = TimeWindow::new(start.min(end), end)
        .map(|window| window.split(LONGEST_PIECE).collect())
        .unwrap_or_default();
    Span { basis, pieces }
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
        let span = live(now(), None, &TenantSettings::default());
        assert_eq!(span.basis, WindowBasis::Modified);
        assert_eq!(span.pieces.len(), 1);
        assert_eq!(start_of(&span), now() - Duration::minutes(15));
    }

    #[test]
    fn after_an_outage_the_window_reaches_back_to_the_last_good_pass() {
        let settings = TenantSettings::default();
        let check = |last: Duration, expected: Duration| {
            let span = live(now(), Some(now() - last), &settings);
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
        let span = live(now(), Some(now() - Duration::days(40)), &TenantSettings::default());
        assert_eq!(span.pieces.len(), 2);
        assert!(span.pieces.iter().all(|piece| piece.length() <= Duration::days(30)));
    }

    #[test]
    fn debug_mode_looks_back_45_days_by_start_time() {
        let settings = TenantSettings { run_in_debug_mode: true, ..TenantSettings::default() };
        let span = live(now(), Some(now()), &settings);
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
        assert_eq!(live(now(), None, &settings).basis, WindowBasis::Started);
    }
}
