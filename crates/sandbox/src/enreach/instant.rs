//! Instants on Enreach's wire (Enreach reference, section 1.4).
//!
//! Read: ISO 8601 or `yyyy-MM-dd HH:mm:ss`, without zone meaning UTC. Written: ISO 8601 with `Z`
//! and trimmed fraction, or `/Date(ms)/` for clients of the old serializer.

use chrono::{DateTime, NaiveDateTime, Timelike, Utc};

/// Length of `2025-03-04T08:15:30`, which every form begins with.
const SHORTEST: usize = 19;

/// The instant that a text stands for.
pub(super) fn parse(text: &str) -> Option<DateTime<Utc>> {
    if text.len() < SHORTEST || !text.is_ascii() || !text.as_bytes()[0].is_ascii_digit() {
        return None;
    }
    let iso = text.replacen(' ', "T", 1);
    if let Ok(instant) = DateTime::parse_from_rfc3339(&iso) {
        return Some(instant.to_utc());
    }
    let zoneless = NaiveDateTime::parse_from_str(&iso, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
    Some(zoneless.and_utc())
}

/// The instant that a value of a row stands for, whatever its field: only the form with `T` is
/// taken, so that free text with a date in it stays as it is.
pub(super) fn parse_in_row(text: &str) -> Option<DateTime<Utc>> {
    if text.as_bytes().get(10) == Some(&b'T') { parse(text) } else { None }
}

/// As the modern serializer writes it: `2025-10-28T13:57:03.4Z`.
pub(super) fn iso(instant: DateTime<Utc>) -> String {
    let whole = instant.format("%Y-%m-%dT%H:%M:%S");
    // The vendor's clock ticks in 100 ns.
    let fraction = format!("{:07}", instant.nanosecond() % 1_000_000_000 / 100);
    match fraction.trim_end_matches('0') {
        "" => format!("{whole}Z"),
        fraction => format!("{whole}.{fraction}Z"),
    }
}

/// As the old serializer writes it: `/Date(1761659823400)/`.
pub(super) fn legacy(instant: DateTime<Utc>) -> String {
    format!("/Date({})/", instant.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use proptest::prelude::*;

    #[test]
    fn every_documented_form_is_read_as_utc() {
        let expected = Utc.with_ymd_and_hms(2025, 3, 4, 8, 15, 30).unwrap();
        for text in [
            "2025-03-04 08:15:30",
            "2025-03-04T08:15:30",
            "2025-03-04T08:15:30Z",
            "2025-03-04T08:15:30.000000Z",
            "2025-03-04T10:15:30+02:00",
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn other_text_is_no_instant() {
        for text in ["", "2025-03-04", "yesterday", "04.03.2025 08:15:30", "2025-13-04 08:15:30"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse_in_row("2025-03-04 08:15:30"), None);
    }

    #[test]
    fn fractions_are_trimmed() {
        let check = |text: &str, expected: &str| assert_eq!(iso(parse(text).unwrap()), expected);
        check("2025-10-28T13:57:03.400Z", "2025-10-28T13:57:03.4Z");
        check("2025-10-28T13:57:03.000Z", "2025-10-28T13:57:03Z");
        check("2025-10-28T13:57:03.123456789Z", "2025-10-28T13:57:03.1234567Z");
    }

    #[test]
    fn the_old_form_counts_milliseconds() {
        assert_eq!(legacy(parse("2025-10-28T13:57:03.4Z").unwrap()), "/Date(1761659823400)/");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(ticks in 0_i64..40_000_000_000_000_000) {
            let instant = DateTime::from_timestamp_nanos(ticks * 100);
            prop_assert_eq!(parse(&iso(instant)), Some(instant));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = parse(&text);
        }
    }
}
