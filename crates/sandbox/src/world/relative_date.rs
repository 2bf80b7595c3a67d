//! Dates relative to the moment of loading: `now`, `now-PT15M`, `now+P1DT2H`.
//!
//! Only weeks, days and smaller units: a month has no fixed length. Results are whole seconds,
//! because that is what both systems store.

use chrono::{DateTime, Duration, DurationRound, SecondsFormat, Utc};
use serde_json::Value;

/// A text that looks like a relative date and is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RelativeDateError {
    pub(super) path: String,
    pub(super) problem: String,
}

/// Replaces every relative date inside a value by the instant it stands for.
pub(super) fn resolve(
    value: &mut Value,
    path: &str,
    now: DateTime<Utc>,
) -> Result<(), RelativeDateError> {
    match value {
        Value::String(text) => match instant(text, now) {
            None => Ok(()),
            Some(Some(instant)) => {
                *text = instant.to_rfc3339_opts(SecondsFormat::Secs, true);
                Ok(())
            }
            Some(None) => Err(RelativeDateError {
                path: path.to_owned(),
                problem: format!(
                    "is {text:?}, not a relative date; expected now, or now-/now+ and an ISO 8601 \
                     duration of weeks, days, hours, minutes and seconds, such as now-P1DT2H"
                ),
            }),
        },
        Value::Array(items) => items
            .iter_mut()
            .enumerate()
            .try_for_each(|(index, item)| resolve(item, &format!("{path}[{index}]"), now)),
        Value::Object(fields) => fields
            .iter_mut()
            .try_for_each(|(name, field)| resolve(field, &format!("{path}.{name}"), now)),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// `None` for ordinary text, `Some(None)` for a relative date that cannot be read.
fn instant(text: &str, now: DateTime<Utc>) -> Option<Option<DateTime<Utc>>> {
    let offset = text.strip_prefix("now")?;
    let now = now.duration_trunc(Duration::seconds(1)).unwrap_or(now);
    if offset.is_empty() {
        return Some(Some(now));
    }
    let (sign, duration) = match offset.split_at_checked(1)? {
        ("-", duration) => (-1, duration),
        ("+", duration) => (1, duration),
        _ => return None,
    };
    let duration = duration.strip_prefix('P')?;
    let seconds = seconds(duration).and_then(|seconds| Duration::try_seconds(seconds * sign));
    Some(seconds.and_then(|offset| now.checked_add_signed(offset)))
}

/// The seconds of an ISO 8601 duration without its `P`.
fn seconds(duration: &str) -> Option<i64> {
    let (days, time) = match duration.split_once('T') {
        Some((_, "")) => return None,
        Some((days, time)) => (days, time),
        None => (duration, ""),
    };
    if days.is_empty() && time.is_empty() {
        return None;
    }
    let days = sum(days, &[('W', 604_800), ('D', 86_400)])?;
    days.checked_add(sum(time, &[('H', 3_600), ('M', 60), ('S', 1)])?)
}

/// Adds up `<number><unit>` parts; each unit at most once, in the given order.
fn sum(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut total = 0_i64;
    for (unit, length) in units {
        let Some((count, rest)) = text.split_once(*unit) else { continue };
        if !count.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        total = total.checked_add(count.parse::<i64>().ok()?.checked_mul(*length)?)?;
        text = rest;
    }
    text.is_empty().then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use proptest::prelude::*;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap() + Duration::milliseconds(750)
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut value = Value::from(text);
        resolve(&mut value, "x", now()).unwrap();
        assert_eq!(value, expected, "{text}");
    }

    #[test]
    fn offsets_count_from_the_whole_second() {
        check("now", "2026-03-01T12:00:00Z");
        check("now-PT15M", "2026-03-01T11:45:00Z");
        check("now+P1DT2H", "2026-03-02T14:00:00Z");
        check("now-P45D", "2026-01-15T12:00:00Z");
        check("now-P2W", "2026-02-15T12:00:00Z");
        check("now-PT1H2M3S", "2026-03-01T10:57:57Z");
        check("now-PT0S", "2026-03-01T12:00:00Z");
    }

    #[test]
    fn other_text_stays() {
        for text in ["", "Now", "nowhere", "now-or-never", "now - PT5M", "2026-03-01T12:00:00Z"] {
            check(text, text);
        }
    }

    #[test]
    fn what_looks_like_a_relative_date_must_be_one() {
        for text in [
            "now-P",
            "now-PT",
            "now-P1",
            "now-P1M",
            "now-P1Y",
            "now-PT5",
            "now-P1DT",
            "now-PT1D",
            "now-PT5M1H",
            "now-PT1.5H",
            "now-PT-5M",
            "now-P5DT3",
            "now+P99999999999999999W",
        ] {
            let mut value = Value::from(text);
            let error = resolve(&mut value, "a.b", now()).unwrap_err();
            assert_eq!(error.path, "a.b");
            assert!(error.problem.contains("now-P1DT2H"), "{text}: {}", error.problem);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "now[+-]P.{0,20}") {
            let _ = resolve(&mut Value::from(text), "x", now());
        }
    }
}
