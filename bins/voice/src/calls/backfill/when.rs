//! Instants as people write them.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};

/// Reads a date, meaning its beginning in UTC, or an instant of RFC 3339.
pub(super) fn parse_when(text: &str) -> Result<DateTime<Utc>, String> {
    let text = text.trim();
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Ok(date.and_time(NaiveTime::MIN).and_utc());
    }
    DateTime::parse_from_rfc3339(text).map(|instant| instant.to_utc()).map_err(|_| {
        "expected a date such as 2026-11-01, meaning its beginning in UTC, or an instant such as \
         2026-11-01T08:00:00Z"
            .to_owned()
    })
}

/// An instant as it can be given to a command; a date if it is the beginning of one.
pub(super) fn text(instant: DateTime<Utc>) -> String {
    match instant.time() == NaiveTime::MIN {
        true => instant.format("%Y-%m-%d").to_string(),
        false => instant.to_rfc3339_opts(SecondsFormat::AutoSi, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn a_date_is_its_beginning_in_utc_and_an_instant_is_itself() {
        #[track_caller]
        fn check(text: &str, hour: u32) {
            let expected = Utc.with_ymd_and_hms(2026, 11, 1, hour, 0, 0).unwrap();
            assert_eq!(parse_when(text), Ok(expected), "{text}");
        }
        check("2026-11-01", 0);
        check(" 2026-11-01 ", 0);
        check("2026-11-01T06:00:00Z", 6);
        check("2026-11-01T08:00:00+02:00", 6);
        check("2026-11-01 06:00:00Z", 6);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "yesterday", "2026-11", "2026-13-01", "01.11.2026", "2026-11-01T08:00:00"]
        {
            assert!(parse_when(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for written in ["2026-11-01", "2026-11-01T06:30:00Z", "2026-11-01T06:30:00.250Z"] {
            assert_eq!(text(parse_when(written).unwrap()), written);
        }
    }
}
