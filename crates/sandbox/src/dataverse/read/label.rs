//! Labels of values: what people see in place of numbers, keys and instants.

use chrono::{DateTime, Utc};

use crate::dataverse::row::RowRef;
use crate::dataverse::schema::{Column, ColumnKind};
use crate::dataverse::value::Value;
use crate::dataverse::view::View;

/// The `FormattedValue` of a cell, for kinds that have one.
pub(in crate::dataverse) fn label(
    view: View<'_>,
    column: &Column,
    value: &Value,
) -> Option<String> {
    match (&column.kind, value) {
        (ColumnKind::Choice(options), Value::Int(number)) => {
            options.iter().find(|option| option.value == *number).map(|option| option.label.clone())
        }
        (ColumnKind::State(options), Value::Int(number)) => {
            options.iter().find(|option| option.value == *number).map(|option| option.label.clone())
        }
        (ColumnKind::Status(options), Value::Int(number)) => {
            options.iter().find(|option| option.value == *number).map(|option| option.label.clone())
        }
        (ColumnKind::Bool { yes, no }, Value::Bool(flag)) => {
            Some((if *flag { yes } else { no }).clone().into_owned())
        }
        (ColumnKind::Instant { date_only }, Value::Instant(at)) => Some(instant(*at, *date_only)),
        (ColumnKind::TableName, Value::Text(name)) => {
            view.schema.find(name).map(|table| table.display.clone())
        }
        (_, Value::Lookup(table, id)) => view.label(RowRef::new(*table, *id)),
        (_, Value::Int(number)) => Some(grouped(i64::from(*number))),
        (_, Value::Long(number)) => Some(grouped(*number)),
        (_, Value::Date(day)) => Some(day.format("%-m/%-d/%Y").to_string()),
        (_, Value::Number(number)) => Some(format!("{number:.2}")),
        _ => None,
    }
}

/// As an American user sees it: `1/9/2026 2:02 AM`.
fn instant(at: DateTime<Utc>, date_only: bool) -> String {
    let format = if date_only { "%-m/%-d/%Y" } else { "%-m/%-d/%Y %-I:%M %p" };
    at.format(format).to_string()
}

/// `1,234,567`
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    if number < 0 {
        text.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
