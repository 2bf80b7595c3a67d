//! What a cell holds. Small on purpose: a simulated table can have a million rows.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde_json::Value as Json;
use uuid::Uuid;

use super::schema::TableId;

/// A column's value. A cell without value is not stored, so there is no null among them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Boolean.
    Bool(bool),
    /// Whole number, choice, state or status.
    Int(i32),
    /// Row version and other 64-bit numbers.
    Long(i64),
    /// Decimal, double or money.
    Number(f64),
    /// Text.
    Text(Box<str>),
    /// Instant with whole seconds, as the service sends it.
    Instant(DateTime<Utc>),
    /// Day without time.
    Date(NaiveDate),
    /// Unique identifier.
    Guid(Uuid),
    /// Reference to a row.
    Lookup(TableId, Uuid),
}

impl Value {
    /// Text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into().into_boxed_str())
    }

    /// The number of a choice or whole number.
    pub(super) fn as_int(&self) -> Option<i32> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The text.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The instant.
    pub(super) fn as_instant(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Instant(instant) => Some(*instant),
            _ => None,
        }
    }

    /// The row that a lookup points to.
    pub(super) fn as_lookup(&self) -> Option<(TableId, Uuid)> {
        match self {
            Self::Lookup(table, id) => Some((*table, *id)),
            _ => None,
        }
    }

    /// Form on the wire (reference, section 1.5).
    pub(super) fn to_json(&self) -> Json {
        match self {
            Self::Bool(flag) => Json::from(*flag),
            Self::Int(number) => Json::from(*number),
            Self::Long(number) => Json::from(*number),
            Self::Number(number) => Json::from(*number),
            Self::Text(text) => Json::from(text.as_ref()),
            Self::Instant(instant) => Json::from(render_instant(*instant)),
            Self::Date(day) => Json::from(day.to_string()),
            Self::Guid(id) | Self::Lookup(_, id) => Json::from(id.to_string()),
        }
    }

    /// Order of two values of the same column; text as the database's collation compares it.
    /// `None` for values that cannot be compared.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::Text(a), Self::Text(b)) => Some(super::collation::compare(a, b)),
            (Self::Instant(a), Self::Instant(b)) => Some(a.cmp(b)),
            (Self::Date(a), Self::Date(b)) => Some(a.cmp(b)),
            (a, b) => match (a.guid(), b.guid()) {
                (Some(a), Some(b)) => Some(a.cmp(&b)),
                _ => a.compare_numbers(b),
            },
        }
    }

    fn guid(&self) -> Option<Uuid> {
        match self {
            Self::Guid(id) | Self::Lookup(_, id) => Some(*id),
            _ => None,
        }
    }

    fn compare_numbers(&self, other: &Self) -> Option<Ordering> {
        let whole = |value: &Self| match value {
            Self::Int(number) => Some(i64::from(*number)),
            Self::Long(number) => Some(*number),
            _ => None,
        };
        let real = |value: &Self| match value {
            Self::Number(number) => Some(*number),
            #[expect(clippy::cast_precision_loss, reason = "compared with a real number anyway")]
            _ => whole(value).map(|number| number as f64),
        };
        match (whole(self), whole(other)) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => real(self)?.partial_cmp(&real(other)?),
        }
    }
}

/// `2026-01-09T02:02:12Z`.
pub(super) fn render_instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Cuts an instant to whole seconds, the precision in which the service hands instants out.
pub(super) fn whole_seconds(instant: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(instant.timestamp(), 0).unwrap_or(instant)
}
