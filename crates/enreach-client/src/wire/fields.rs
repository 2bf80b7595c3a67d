//! Tolerant reading of single fields: what is missing, null, blank or of another type is not there.
//!
//! Nothing here logs a value, only the name of a field and the type that was found.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use voice_model::IdError;

use super::instant;
use crate::Reported;

/// The id that .NET services send for "none".
const EMPTY_GUID: &str = "00000000-0000-0000-0000-000000000000";

/// The longest duration that is believed: 136 years.
const LONGEST_SECONDS: f64 = u32::MAX as f64;

/// What a value is, with its article.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The `Id` of an element, to name its row by, if it looks like an id at all.
pub(super) fn shown_id(element: &Value) -> Option<String> {
    element.as_object().and_then(id_of)
}

fn id_of(row: &Map<String, Value>) -> Option<String> {
    let id = text_of(row.get("Id")?)?;
    (id.chars().count() <= 100 && !id.chars().any(char::is_control)).then_some(id)
}

/// A text, or a whole number as text; blank is none.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => {
            Some(whole(number).map_or_else(|| number.to_string(), |whole| whole.to_string()))
        }
        _ => None,
    }
}

/// A number without fraction as an integer, also if it was written as `1.0` or `3.5e11`.
fn whole(number: &serde_json::Number) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    number.as_i64().or_else(|| {
        let float = number.as_f64()?;
        #[expect(clippy::cast_possible_truncation, reason = "whole and in range, checked here")]
        (float.fract() == 0.0 && float.abs() <= EXACT).then_some(float as i64)
    })
}

/// The fields of a row.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a Map<String, Value>);

impl Fields<'_> {
    /// A text as received; blank is none. A number is taken as text, for phone numbers that came
    /// without quotes.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::Null => None,
            Value::String(text) if text.trim().is_empty() => None,
            value => text_of(value).or_else(|| self.ignored(name, "a text", value)),
        }
    }

    /// A word for comparison: trimmed, in lower case; whole numbers and booleans as text.
    pub(super) fn word(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::Bool(value) => Some(value.to_string()),
            _ => self.text(name).map(|text| text.trim().to_lowercase()),
        }
    }

    /// The texts of an array; what is not a text is left out.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        match self.0.get(name) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(elements)) => elements.iter().filter_map(text_of).collect(),
            Some(value @ Value::String(_)) => text_of(value).into_iter().collect(),
            Some(value) => self.ignored(name, "an array", value).unwrap_or_default(),
        }
    }

    /// A whole number, also in quotes.
    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        match self.0.get(name)? {
            Value::Null => None,
            Value::Number(number) => whole(number).or_else(|| self.unknown(name)),
            Value::String(text) => text.trim().parse().ok().or_else(|| self.unknown(name)),
            value => self.ignored(name, "a whole number", value),
        }
    }

    /// Seconds, rounded down, also in quotes; less than none is none.
    pub(super) fn seconds(&self, name: &str) -> Option<u64> {
        let seconds = match self.0.get(name)? {
            Value::Null => return None,
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            value => return self.ignored(name, "a number of seconds", value),
        };
        match seconds {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "in range, and rounding down is what is wanted"
            )]
            Some(seconds) if (0.0..=LONGEST_SECONDS).contains(&seconds) => Some(seconds as u64),
            _ => self.unknown(name),
        }
    }

    /// A yes or no: a boolean, 0 or 1, or one of these in quotes. Anything else is no.
    pub(super) fn flag(&self, name: &str) -> bool {
        match self.word(name).as_deref() {
            Some("true" | "1") => true,
            None | Some("false" | "0") => false,
            Some(_) => self.unknown(name).unwrap_or(false),
        }
    }

    /// An instant.
    pub(super) fn instant(&self, name: &str) -> Option<DateTime<Utc>> {
        self.reported_instant(name).value()
    }

    /// An instant, told apart from null and from absence. One that cannot be read is absent: the
    /// row does not tell. One that is empty or .NET's unset value is null.
    pub(super) fn reported_instant(&self, name: &str) -> Reported<DateTime<Utc>> {
        match self.0.get(name) {
            None => Reported::Absent,
            Some(Value::Null) => Reported::Null,
            Some(Value::String(text)) if instant::is_unset(text) => Reported::Null,
            Some(Value::String(text)) => instant::read(text)
                .or_else(|| self.unknown(name))
                .map_or(Reported::Absent, Reported::Value),
            Some(value) => {
                self.ignored(name, "an instant", value).map_or(Reported::Absent, Reported::Value)
            }
        }
    }

    /// An optional id, under the first of the names that has a usable one.
    pub(super) fn id<T: FromStr<Err = IdError>>(&self, names: &[&str]) -> Option<T> {
        names.iter().find_map(|name| match self.usable_id(name)? {
            Ok(id) => Some(id),
            Err(_) => self.unknown(name),
        })
    }

    /// An id that a row cannot do without, under the first of the names that has a usable one.
    ///
    /// # Errors
    /// What is wrong with the first of the names that is there, or that the first name is missing.
    pub(super) fn required_id<T: FromStr<Err = IdError>>(
        &self,
        names: &[&str],
    ) -> Result<T, String> {
        let mut problem = None;
        for name in names {
            match self.usable_id(name) {
                Some(Ok(id)) => return Ok(id),
                Some(Err(reason)) => {
                    problem.get_or_insert(format!("{name} cannot be used: {reason}"));
                }
                None => {}
            }
        }
        let first = names.first().copied().unwrap_or_default();
        Err(problem.unwrap_or_else(|| match self.0.get(first) {
            Some(_) => format!("{first} is null"),
            None => format!("{first} is missing"),
        }))
    }

    /// `None` if there is none; null and the empty GUID of an optional id are none as well.
    fn usable_id<T: FromStr<Err = IdError>>(&self, name: &str) -> Option<Result<T, String>> {
        let value = self.0.get(name)?;
        let text = match value {
            Value::Null => return None,
            Value::String(text) if text.trim() == EMPTY_GUID => {
                return Some(Err("it is the empty GUID".to_owned()));
            }
            Value::String(text) => text.clone(),
            Value::Number(number) if number.is_i64() || number.is_u64() => number.to_string(),
            other => return Some(Err(format!("expected a text, got {}", kind_of(other)))),
        };
        Some(text.parse().map_err(|error: IdError| error.to_string()))
    }

    /// Notes that a field has the wrong type, and goes on without it.
    fn ignored<T>(&self, name: &str, expected: &str, got: &Value) -> Option<T> {
        let got = kind_of(got);
        tracing::debug!(row = self.row(), field = name, expected, got, "ignored a field");
        None
    }

    /// Notes that a field has a value that we do not know, and goes on without it.
    pub(super) fn unknown<T>(&self, name: &str) -> Option<T> {
        tracing::debug!(row = self.row(), field = name, "ignored a field of unknown value");
        None
    }

    /// The row's id, to find it by.
    fn row(&self) -> Option<String> {
        id_of(self.0)
    }
}
