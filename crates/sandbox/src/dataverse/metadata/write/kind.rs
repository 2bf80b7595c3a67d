//! The type of a column, read from its definition (reference, section 9.3).

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use super::labels::{label, value};
use super::{invalid, labels};
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::schema::ColumnKind;

/// Reads the type of a new column. Options of a global choice are not looked up here.
///
/// # Errors
/// 400 `0x80040203` for unknown types and limits that are none; 501 for types that the simulator
/// lacks.
pub(super) fn read(
    type_name: &str,
    members: &Map<String, Json>,
    first_option: i32,
) -> Outcome<ColumnKind> {
    Ok(match type_name {
        "StringAttributeMetadata" => {
            ColumnKind::Text { max: length(members, 100, 4000)?, format: text_format(members)? }
        }
        "MemoAttributeMetadata" => ColumnKind::Memo { max: length(members, 2000, 1_048_576)? },
        "IntegerAttributeMetadata" => whole_number(members)?,
        "DecimalAttributeMetadata" => ColumnKind::Decimal,
        "DoubleAttributeMetadata" => ColumnKind::Double,
        "MoneyAttributeMetadata" => ColumnKind::Money,
        "BooleanAttributeMetadata" => two_options(members)?,
        "DateTimeAttributeMetadata" => instant(members),
        "PicklistAttributeMetadata" => {
            let set = members.get("OptionSet").and_then(Json::as_object);
            let none = Map::new();
            ColumnKind::Choice(labels::options(set.unwrap_or(&none), first_option)?)
        }
        "FileAttributeMetadata" => ColumnKind::File,
        "LookupAttributeMetadata" => {
            return Err(invalid(
                "Attribute of type 'LookupAttributeMetadata' cannot be created through the \
                 attributes of a table: create a relationship.",
            ));
        }
        other if other.ends_with("AttributeMetadata") => {
            return Err(Failure::not_implemented(&format!("A column of type {other}")));
        }
        other => return Err(invalid(format!("'{other}' is no type of columns."))),
    })
}

fn length(members: &Map<String, Json>, usual: u32, most: u32) -> Outcome<u32> {
    match value(members, "MaxLength")? {
        None => Ok(usual),
        Some(length) => u32::try_from(length)
            .ok()
            .filter(|length| (1..=most).contains(length))
            .ok_or_else(|| invalid(format!("MaxLength must be 1 to {most}, not {length}."))),
    }
}

fn text_format(members: &Map<String, Json>) -> Outcome<&'static str> {
    const FORMATS: &[&str] =
        &["Text", "Email", "Phone", "Url", "TextArea", "TickerSymbol", "Json", "RichText"];
    let name = members
        .get("FormatName")
        .and_then(|format| format.get("Value")?.as_str())
        .or_else(|| members.get("Format")?.as_str())
        .unwrap_or("Text");
    FORMATS
        .iter()
        .find(|format| **format == name)
        .copied()
        .ok_or_else(|| invalid(format!("'{name}' is no format of texts.")))
}

fn whole_number(members: &Map<String, Json>) -> Outcome<ColumnKind> {
    let min = value(members, "MinValue")?.unwrap_or(i32::MIN);
    let max = value(members, "MaxValue")?.unwrap_or(i32::MAX);
    if min > max {
        return Err(invalid(format!("MinValue {min} is larger than MaxValue {max}.")));
    }
    Ok(ColumnKind::Int { min, max })
}

fn two_options(members: &Map<String, Json>) -> Outcome<ColumnKind> {
    let set = members.get("OptionSet").and_then(Json::as_object);
    let side = |name: &str, usual: &'static str| -> Outcome<Cow<'static, str>> {
        let option = set.and_then(|set| set.get(name)?.as_object());
        let given = option.map(|option| label(option, "Label")).transpose()?.flatten();
        Ok(given.map_or(Cow::Borrowed(usual), Cow::Owned))
    };
    Ok(ColumnKind::Bool { yes: side("TrueOption", "Yes")?, no: side("FalseOption", "No")? })
}

fn instant(members: &Map<String, Json>) -> ColumnKind {
    let behaviour =
        members.get("DateTimeBehavior").and_then(|behaviour| behaviour.get("Value")?.as_str());
    let format = members.get("Format").and_then(Json::as_str);
    match (behaviour, format) {
        // A day by its format alone is taken for a day altogether, as clients use it.
        (Some("DateOnly"), _) | (None, Some("DateOnly")) => ColumnKind::Date,
        (_, format) => ColumnKind::Instant { date_only: format == Some("DateOnly") },
    }
}
