//! Reading `Retry-After` (RFC 9110, section 10.2.3): seconds, or an HTTP date.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{HeaderMap, header};

/// What a longer wait is taken for, so that sums with it cannot overflow.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// The wait that the headers ask for, counted from `now`. A date in the past is no wait at all; a
/// value that is neither form is no request to wait.
pub(crate) fn of(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    parse(headers.get(header::RETRY_AFTER)?.to_str().ok()?, now)
}

fn parse(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // Digits that do not fit are still digits: a very long wait.
        let wait = value.parse().map_or(LONGEST, Duration::from_secs);
        return Some(wait.min(LONGEST));
    }
    let date = DateTime::<Utc>::from(httpdate::parse_http_date(value).ok()?);
    Some((date - now).to_std().unwrap_or(Duration::ZERO).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use proptest::prelude::*;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
    }

    #[test]
    fn both_forms_are_read_and_anything_else_is_ignored() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let cases = [
            ("0", seconds(0)),
            ("120", seconds(120)),
            (" 7 ", seconds(7)),
            ("007", seconds(7)),
            ("99999999999999999999999999", Some(LONGEST)),
            ("18446744073709551615", Some(LONGEST)),
            ("Sun, 01 Mar 2026 12:00:30 GMT", seconds(30)),
            ("Sunday, 01-Mar-26 12:00:30 GMT", seconds(30)),
            ("Sun Mar  1 12:00:30 2026", seconds(30)),
            ("Sun, 01 Mar 2026 11:59:00 GMT", seconds(0)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", seconds(0)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(LONGEST)),
            ("", None),
            ("soon", None),
            ("-5", None),
            ("+5", None),
            ("1.5", None),
            ("5 s", None),
            ("٣", None),
            ("Sun, 01 Mar 2026", None),
            ("2026-03-01T12:00:30Z", None),
        ];
        for (value, expected) in cases {
            assert_eq!(parse(value, now()), expected, "{value:?}");
        }
    }

    #[test]
    fn a_value_that_is_not_text_is_ignored() {
        let mut headers = HeaderMap::new();
        assert_eq!(of(&headers, now()), None);
        headers.insert(header::RETRY_AFTER, http::HeaderValue::from_bytes(b"\xff5").unwrap());
        assert_eq!(of(&headers, now()), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic_and_never_asks_for_more_than_the_longest(value in ".*") {
            if let Some(wait) = parse(&value, now()) {
                prop_assert!(wait <= LONGEST);
            }
        }
    }
}
