//! Literals of OData expressions: how they are read, written and compared with columns.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use uuid::Uuid;

use crate::dataverse::schema::ColumnKind;
use crate::dataverse::value::Value;

/// A literal.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::dataverse) enum Literal {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `42`
    Int(i64),
    /// `4.2`
    Number(f64),
    /// `'text'`
    Text(String),
    /// A bare GUID.
    Guid(Uuid),
    /// `2026-01-09T10:00:00Z`
    Instant(DateTime<Utc>),
    /// `2026-01-09`
    Date(NaiveDate),
    /// `Microsoft.Dynamics.CRM.AttributeTypeCode'String'`; the quoted part.
    Enum(String),
}

impl Literal {
    /// Reads a literal that stands without quotes; `None` if the word is none.
    pub(in crate::dataverse) fn from_word(word: &str) -> Option<Self> {
        match word {
            "null" => return Some(Self::Null),
            "true" => return Some(Self::Bool(true)),
            "false" => return Some(Self::Bool(false)),
            _ => {}
        }
        if word.len() == 36
            && let Ok(id) = Uuid::try_parse(word)
        {
            return Some(Self::Guid(id));
        }
        let first = word.strip_prefix('-').unwrap_or(word).chars().next()?;
        if !first.is_ascii_digit() {
            return None;
        }
        if let Ok(number) = word.parse() {
            return Some(Self::Int(number));
        }
        if let Some(instant) = instant(word) {
            return Some(Self::Instant(instant));
        }
        if word.len() == 10
            && let Ok(date) = NaiveDate::parse_from_str(word, "%Y-%m-%d")
        {
            return Some(Self::Date(date));
        }
        word.parse().ok().filter(|number: &f64| number.is_finite()).map(Self::Number)
    }

    /// Text of the literal in an expression.
    #[cfg(test)]
    pub(in crate::dataverse) fn render(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(flag) => flag.to_string(),
            Self::Int(number) => number.to_string(),
            Self::Number(number) => format!("{number:?}"),
            Self::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Self::Guid(id) => id.to_string(),
            Self::Instant(at) => at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
            Self::Date(date) => date.format("%Y-%m-%d").to_string(),
            Self::Enum(name) => format!("Ns.Type'{}'", name.replace('\'', "''")),
        }
    }

    /// Name of the literal's type, for error texts.
    pub(in crate::dataverse) fn edm_name(&self) -> &'static str {
        match self {
            Self::Null => "<null>",
            Self::Bool(_) => "Edm.Boolean",
            Self::Int(number) if i32::try_from(*number).is_ok() => "Edm.Int32",
            Self::Int(_) => "Edm.Int64",
            Self::Number(_) => "Edm.Double",
            Self::Text(_) | Self::Enum(_) => "Edm.String",
            Self::Guid(_) => "Edm.Guid",
            Self::Instant(_) => "Edm.DateTimeOffset",
            Self::Date(_) => "Edm.Date",
        }
    }

    /// The value to compare a column of `kind` with. `Some(None)` is null; `None` means that the
    /// types do not fit.
    pub(in crate::dataverse) fn for_column(&self, kind: &ColumnKind) -> Option<Option<Value>> {
        let value = match (self, kind) {
            (Self::Null, _) => return Some(None),
            (Self::Bool(flag), ColumnKind::Bool { .. }) => Value::Bool(*flag),
            (Self::Int(number), _) if is_number(kind) => Value::Long(*number),
            (Self::Number(number), _) if is_number(kind) => Value::Number(*number),
            (Self::Text(text), _) if is_text(kind) => Value::text(text.as_str()),
            (Self::Guid(id), ColumnKind::Key | ColumnKind::Guid | ColumnKind::Lookup(_)) => {
                Value::Guid(*id)
            }
            (Self::Instant(at), ColumnKind::Instant { .. }) => Value::Instant(*at),
            (Self::Date(date), ColumnKind::Date) => Value::Date(*date),
            (Self::Date(date), ColumnKind::Instant { .. }) => Value::Instant(midnight(*date)),
            _ => return None,
        };
        Some(Some(value))
    }

    /// As [`Self::for_column`], for arguments of platform functions, which come as text.
    pub(in crate::dataverse) fn for_column_as_text(
        &self,
        kind: &ColumnKind,
    ) -> Option<Option<Value>> {
        match self {
            Self::Text(text) if !is_text(kind) => {
                let word = match (kind, text.as_str()) {
                    (ColumnKind::Bool { .. }, "1") => "true",
                    (ColumnKind::Bool { .. }, "0") => "false",
                    (_, other) => other.trim_matches(['{', '}']),
                };
                Self::from_word(word)?.for_column(kind)
            }
            other => other.for_column(kind),
        }
    }
}

/// Whether columns of this kind hold text.
pub(in crate::dataverse) fn is_text(kind: &ColumnKind) -> bool {
    matches!(kind, ColumnKind::Text { .. } | ColumnKind::Memo { .. } | ColumnKind::TableName)
}

fn is_number(kind: &ColumnKind) -> bool {
    matches!(
        kind,
        ColumnKind::Int { .. }
            | ColumnKind::Long
            | ColumnKind::Decimal
            | ColumnKind::Double
            | ColumnKind::Money
            | ColumnKind::Choice(_)
            | ColumnKind::State(_)
            | ColumnKind::Status(_)
    )
}

/// Reads an instant with its offset; seconds may be missing.
pub(in crate::dataverse) fn instant(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return text.contains('T').then(|| at.with_timezone(&Utc));
    }
    let without_seconds = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M%:z")
        .or_else(|_| DateTime::parse_from_str(&text.replace('Z', "+00:00"), "%Y-%m-%dT%H:%M%:z"));
    without_seconds.ok().map(|at| at.with_timezone(&Utc))
}

/// The start of a day.
pub(in crate::dataverse) fn midnight(date: NaiveDate) -> DateTime<Utc> {
    date.and_time(NaiveTime::MIN).and_utc()
}
