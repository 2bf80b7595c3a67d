//! Windows as the API wants them: whole seconds, UTC, at most 31 days (reference, sections 1.4 and
//! 2.2).

use chrono::{DateTime, Duration, SubsecRound, Utc};
use voice_model::TimeWindow;

use crate::error::{Error, Result};
use crate::{WindowBasis, paths};

/// The longest window that the API accepts.
const LONGEST: Duration = Duration::days(31);

/// The query of a window. Its start is rounded down and its end up to whole seconds, so that
/// nothing falls between two windows that touch.
///
/// # Errors
/// [`Error::WindowTooLong`] when the rounded window is longer than 31 days.
pub(crate) fn query(
    operation: &'static str,
    basis: WindowBasis,
    window: TimeWindow,
) -> Result<[(&'static str, String); 2]> {
    let (start, end) = (floor(window.start()), ceiling(window.end()));
    if end - start > LONGEST {
        return Err(Error::WindowTooLong { operation, start, end });
    }
    let [first, last] = match basis {
        WindowBasis::Started => paths::STARTED,
        WindowBasis::Modified => paths::MODIFIED,
    };
    Ok([(first, text(start)), (last, text(end))])
}

/// The first second of `instant`, for a bound that lets everything from it on through.
pub(crate) fn from(instant: DateTime<Utc>) -> String {
    text(floor(instant))
}

fn text(instant: DateTime<Utc>) -> String {
    instant.format("%Y-%m-%d %H:%M:%S").to_string()
}

fn floor(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant.trunc_subsecs(0)
}

fn ceiling(instant: DateTime<Utc>) -> DateTime<Utc> {
    let whole = floor(instant);
    if whole == instant {
        return instant;
    }
    whole.checked_add_signed(Duration::seconds(1)).unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn window(start: &str, end: &str) -> TimeWindow {
        TimeWindow::new(start.parse().unwrap(), end.parse().unwrap()).unwrap()
    }

    fn values(start: &str, end: &str) -> [String; 2] {
        query("read calls", WindowBasis::Started, window(start, end)).unwrap().map(|(_, text)| text)
    }

    #[test]
    fn a_window_is_widened_to_whole_seconds() {
        let cases = [
            ["00:00:00Z", "01:00:00Z", "00:00:00", "01:00:00"],
            ["00:00:00.999999999Z", "00:59:59.000000001Z", "00:00:00", "01:00:00"],
            ["02:00:00.5+02:00", "02:59:59.5Z", "00:00:00", "03:00:00"],
            ["07:00:00.25Z", "07:00:00.25Z", "07:00:00", "07:00:01"],
        ];
        for [start, end, first, last] in cases {
            let [start, end] = [start, end].map(|time| format!("2026-03-01T{time}"));
            let expected = [first, last].map(|time| format!("2026-03-01 {time}"));
            assert_eq!(values(&start, &end), expected);
        }
        assert_eq!(
            values("2026-12-31T23:00:00Z", "2026-12-31T23:59:59.5Z")[1],
            "2027-01-01 00:00:00"
        );
    }

    #[test]
    fn thirty_one_days_pass_and_a_second_more_does_not() {
        values("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z");
        for (start, end) in [
            ("2026-03-01T00:00:00Z", "2026-04-01T00:00:01Z"),
            ("2026-03-01T00:00:00Z", "2026-04-01T00:00:00.001Z"),
            ("2026-03-01T00:00:00.5Z", "2026-04-01T00:00:00.5Z"),
        ] {
            let refused = query("read calls", WindowBasis::Modified, window(start, end));
            assert!(matches!(refused, Err(Error::WindowTooLong { .. })), "{start} {end}");
        }
    }

    #[test]
    fn each_basis_has_its_own_names() {
        let names = |basis| {
            let window = window("2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z");
            query("read calls", basis, window).unwrap().map(|(name, _)| name)
        };
        assert_eq!(names(WindowBasis::Started), ["StartTime", "EndTime"]);
        assert_eq!(names(WindowBasis::Modified), ["ModifiedAfter", "ModifiedBefore"]);
    }

    proptest! {
        #[test]
        fn the_rounded_window_holds_the_window(
            start in 0i64..2_000_000_000_000_000_000, length in 0i64..2_000_000_000_000_000,
        ) {
            let (start, end) = (
                DateTime::from_timestamp_nanos(start),
                DateTime::from_timestamp_nanos(start + length),
            );
            prop_assert!(floor(start) <= start && end <= ceiling(end));
            prop_assert!(start - floor(start) < Duration::seconds(1));
            prop_assert!(ceiling(end) - end < Duration::seconds(1));
        }
    }
}
