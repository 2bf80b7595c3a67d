//! Lengths of time as people write them: `"60s"`, `"15m"`, `"48h"`, `"45d"`.

use std::ops::RangeInclusive;

use chrono::Duration;

const EXPECTED: &str = "a whole number and s, m, h or d";

/// Reads a length of time that must lie within a range of whole days. `example` is a good value.
pub(crate) fn within_days(
    text: &str,
    days: RangeInclusive<i64>,
    example: &str,
) -> Result<Duration, String> {
    let duration = duration(text).ok_or_else(|| {
        format!("{text:?} is no length of time; expected {EXPECTED}: {example:?}")
    })?;
    let (shortest, longest) = days.into_inner();
    if (Duration::days(shortest)..=Duration::days(longest)).contains(&duration) {
        return Ok(duration);
    }
    Err(format!(
        "{text:?} is not between {shortest} and {longest} days; expected one such as {example:?}"
    ))
}

fn duration(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
    let number = &text[..text.len() - unit.len_utf8()];
    // Without signs, which parsing would take.
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = number.parse().ok()?;
    match unit {
        's' => Duration::try_seconds(number),
        'm' => Duration::try_minutes(number),
        'h' => Duration::try_hours(number),
        'd' => Duration::try_days(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_a_unit_is_a_length_of_time() {
        for (text, seconds) in
            [("0s", 0), ("60s", 60), ("15m", 900), ("48h", 172_800), ("45d", 3_888_000)]
        {
            assert_eq!(duration(text), Some(Duration::seconds(seconds)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        for text in
            ["", "d", "45", "45 d", "-1d", "+1d", "1.5d", "1w", "1µ", "99999999999999999999d"]
        {
            assert_eq!(duration(text), None, "{text}");
        }
        assert_eq!(duration(&format!("{}d", i64::MAX)), None, "longer than can be told");
    }

    #[test]
    fn the_ends_of_the_range_are_inside() {
        let read = |text| within_days(text, 3..=400, "45d");
        assert_eq!(read("72h"), Ok(Duration::days(3)));
        assert_eq!(read("400d"), Ok(Duration::days(400)));
        assert!(read("259199s").is_err());
        assert!(read("9601h").is_err());
    }
}
