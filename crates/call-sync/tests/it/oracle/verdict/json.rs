//! Reading JSON without ceremony.

use chrono::{DateTime, Utc};
use serde_json::Value;

/// The items of an array; of anything else none.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The text of a member, empty if it is absent, null or no text.
pub(crate) fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_default()
}

/// The instant of a member.
pub(crate) fn instant(row: &Value, name: &str) -> Option<DateTime<Utc>> {
    let instant = DateTime::parse_from_rfc3339(row[name].as_str()?).unwrap();
    Some(instant.with_timezone(&Utc))
}

/// An instant as both systems write it.
pub(crate) fn written(instant: DateTime<Utc>) -> Value {
    instant.to_rfc3339_opts(chrono::SecondsFormat::Secs, true).into()
}

/// The key behind an `@odata.bind`, such as `/contacts(<id>)`: entity set and id.
pub(crate) fn bound<'a>(row: &'a Value, property: &str) -> Option<(&'a str, &'a str)> {
    let path = row[format!("{property}@odata.bind")].as_str()?;
    path.trim_start_matches('/').trim_end_matches(')').split_once('(')
}
