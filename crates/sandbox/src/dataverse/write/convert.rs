//! JSON values turned into cells, within the limits of their columns.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::query::literal::instant;
use crate::dataverse::schema::{Column, ColumnKind, Table};
use crate::dataverse::value::{Value, whole_seconds};

/// The first year that the database can hold (reference, section 4.2).
const FIRST_YEAR: i32 = 1753;

/// Turns a body's value into a cell. Empty text becomes no value, as the platform stores it.
///
/// # Errors
/// 400 `0x80048d19` for a value of another type, `0x80044331` for text that is too long,
/// `0x8004431a` and `0x80044330` for numbers outside a choice or range.
pub(in crate::dataverse) fn to_cell(
    table: &Table,
    column: &Column,
    json: &Json,
) -> Outcome<Option<Value>> {
    let wrong = || wrong_type(json, &column.kind);
    if json.is_null() {
        return Ok(None);
    }
    let value = match &column.kind {
        ColumnKind::Text { max, .. } | ColumnKind::Memo { max } => {
            let text = json.as_str().ok_or_else(wrong)?;
            check_length(table, column, text, *max)?;
            if text.is_empty() {
                return Ok(None);
            }
            Value::text(text)
        }
        ColumnKind::TableName => Value::text(json.as_str().ok_or_else(wrong)?),
        ColumnKind::Int { min, max } => {
            let number = whole(json).ok_or_else(wrong)?;
            if !(*min..=*max).contains(&number) {
                return Err(outside(
                    table,
                    column,
                    number,
                    "0x80044330",
                    &format!("{min} to {max}"),
                ));
            }
            Value::Int(number)
        }
        ColumnKind::Choice(options) => {
            let number = whole(json).ok_or_else(wrong)?;
            if !options.iter().any(|option| option.value == number) {
                let accepted: Vec<String> =
                    options.iter().map(|option| option.value.to_string()).collect();
                return Err(outside(table, column, number, "0x8004431a", &accepted.join(",")));
            }
            Value::Int(number)
        }
        ColumnKind::State(_) | ColumnKind::Status(_) => Value::Int(whole(json).ok_or_else(wrong)?),
        ColumnKind::Long => Value::Long(json.as_i64().ok_or_else(wrong)?),
        ColumnKind::Decimal | ColumnKind::Double | ColumnKind::Money => {
            let number = json.as_f64().ok_or_else(wrong)?;
            check_range(table, column, number)?;
            Value::Number(number)
        }
        ColumnKind::Bool { .. } => Value::Bool(json.as_bool().ok_or_else(wrong)?),
        ColumnKind::Instant { .. } => {
            let at = json.as_str().and_then(instant).ok_or_else(wrong)?;
            Value::Instant(within_database(at)?)
        }
        ColumnKind::Date => Value::Date(json.as_str().and_then(day).ok_or_else(wrong)?),
        ColumnKind::Key | ColumnKind::Guid | ColumnKind::File => {
            let text = json.as_str().ok_or_else(wrong)?;
            Value::Guid(Uuid::try_parse(text).map_err(|_| wrong())?)
        }
        ColumnKind::Lookup(_) => {
            return Err(Failure::payload(
                "CRM do not support direct update of Entity Reference properties, Use Navigation \
                 properties instead.",
            ));
        }
    };
    Ok(Some(value))
}

/// Refuses numbers outside the limits of the column's definition.
///
/// # Errors
/// 400 `0x80044330`.
fn check_range(table: &Table, column: &Column, number: f64) -> Outcome<()> {
    let limit = |name: &str| column.facets.get(name).and_then(Json::as_f64);
    let (min, max) = (limit("MinValue"), limit("MaxValue"));
    if min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max) {
        return Ok(());
    }
    let side = |limit: Option<f64>| limit.map_or_else(String::new, |limit| limit.to_string());
    let accepted = format!("{} to {}", side(min), side(max));
    Err(outside(table, column, number, "0x80044330", &accepted))
}

/// `2026-01-09`
fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

/// Refuses text that is longer than its column.
///
/// # Errors
/// 400 `0x80044331`.
fn check_length(table: &Table, column: &Column, text: &str, max: u32) -> Outcome<()> {
    if text.encode_utf16().count() <= usize::try_from(max).unwrap_or(usize::MAX) {
        return Ok(());
    }
    Err(Failure::bad_request(
        "0x80044331",
        format!(
            "A validation error occurred. The length of the '{}' attribute of the '{}' entity \
             exceeded the maximum allowed length of '{max}'.",
            column.logical_name, table.logical_name
        ),
    ))
}

fn within_database(at: DateTime<Utc>) -> Outcome<DateTime<Utc>> {
    if at.year() >= FIRST_YEAR {
        return Ok(whole_seconds(at));
    }
    Err(Failure::bad_request(
        "0x80040239",
        format!(
            "DateTime is less than minumum value supported by CrmDateTime. Actual value: {}, \
             Minimum value supported: 01/01/1753 00:00:00",
            at.format("%m/%d/%Y %H:%M:%S")
        ),
    ))
}

fn whole(json: &Json) -> Option<i32> {
    json.as_i64().and_then(|number| i32::try_from(number).ok())
}

fn outside(
    table: &Table,
    column: &Column,
    number: impl std::fmt::Display,
    code: &'static str,
    accepted: &str,
) -> Failure {
    Failure::bad_request(
        code,
        format!(
            "A validation error occurred. The value {number} of '{}' on record of type '{}' is \
             outside the valid range. Accepted Values: {accepted}",
            column.logical_name, table.logical_name
        ),
    )
}

fn wrong_type(json: &Json, kind: &ColumnKind) -> Failure {
    let text = match json {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    Failure::payload(format!(
        "Cannot convert the literal '{text}' to the expected type '{}'.",
        kind.edm_name()
    ))
}
