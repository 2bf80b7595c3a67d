//! Instants in every spelling that the API is known to use (reference, section 1.4): ISO 8601 with
//! `Z`, an offset or no zone at all (then UTC), and the legacy `/Date(ms)/`.

use chrono::{DateTime, NaiveDateTime, Utc};

/// The first second of the year 2200.
const FAR_FUTURE: DateTime<Utc> =
    DateTime::from_timestamp(7_258_118_400, 0).expect("it is in range");

/// Reads an instant. Instants before 1970 are none (`0001-01-01` is .NET's unset value), nor are
/// those from 2200 on: no call was made then, and sums with them leave the calendar.
pub(super) fn read(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let instant = legacy(text).or_else(|| zoned(text)).or_else(|| zoneless(text))?;
    (DateTime::UNIX_EPOCH..FAR_FUTURE).contains(&instant).then_some(instant)
}

/// Whether a text is an instant that stands for "not set".
pub(super) fn is_unset(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || text.starts_with("0001-01-01") || text.starts_with("/Date(-62135596800000")
}

/// `/Date(1761659823400)/` or `/Date(1761659823400+0200)/`: milliseconds since 1970, always UTC; the
/// offset only tells how the sender would show it.
fn legacy(text: &str) -> Option<DateTime<Utc>> {
    let inside = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let sign = usize::from(inside.starts_with('-'));
    let end = inside[sign..].find(['+', '-']).map_or(inside.len(), |index| index + sign);
    let (milliseconds, offset) = inside.split_at(end);
    let offset_is_sound = offset.is_empty()
        || (offset.len() == 5 && offset[1..].bytes().all(|byte| byte.is_ascii_digit()));
    if !offset_is_sound {
        return None;
    }
    DateTime::from_timestamp_millis(milliseconds.parse().ok()?)
}

fn zoned(text: &str) -> Option<DateTime<Utc>> {
    let read = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%#z"));
    read.ok().map(|instant| instant.to_utc())
}

fn zoneless(text: &str) -> Option<DateTime<Utc>> {
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .into_iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .map(|instant| instant.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_known_spelling_is_read() {
        let instant = "2025-10-28T13:57:03.4Z";
        for text in [
            "2025-10-28T13:57:03.4Z",
            "2025-10-28T13:57:03.4000000Z",
            "2025-10-28t13:57:03.4z",
            "2025-10-28 13:57:03.4Z",
            "2025-10-28T13:57:03.4+00:00",
            "2025-10-28T15:57:03.4+02:00",
            "2025-10-28T15:57:03.4+0200",
            "2025-10-28T15:57:03.4+02",
            "2025-10-28T08:27:03.4-05:30",
            "2025-10-28T13:57:03.4",
            "2025-10-28 13:57:03.4",
            " 2025-10-28T13:57:03.4 ",
            "/Date(1761659823400)/",
            "/Date(1761659823400+0000)/",
            "/Date(1761659823400+0200)/",
            "/Date(1761659823400-0530)/",
        ] {
            assert_eq!(read(text), Some(instant.parse().unwrap()), "{text}");
        }
        assert_eq!(read("2025-10-28T13:57"), Some("2025-10-28T13:57:00Z".parse().unwrap()));
        assert_eq!(read("/Date(0)/"), Some(DateTime::UNIX_EPOCH));
    }

    #[test]
    fn anything_else_is_no_instant() {
        for text in [
            "",
            "soon",
            "2025-13-28T13:57:03Z",
            "28.10.2025 13:57",
            "1761659823400",
            "/Date()/",
            "/Date(x)/",
            "/Date(1761659823400+2)/",
            "/Date(1761659823400",
            "/Date(99999999999999999999)/",
            "/Date(8210266876799000)/",
            "9999-12-31T23:59:59Z",
            "2200-01-01T00:00:00Z",
            "/Date(9223372036854775807)/",
            "/Date(-1)/",
            "/Date(+é234)/",
            "0001-01-01T00:00:00",
            "/Date(-62135596800000)/",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*", inside in "[-+0-9é]{0,24}") {
            let _ = read(&text);
            let _ = read(&format!("/Date({inside})/"));
        }
    }
}
