//! Labels and options as clients send them, read in the organisation's language.

use serde_json::{Map, Value as Json};

use super::invalid;
use crate::dataverse::failure::Outcome;
use crate::dataverse::schema::Choice;

/// The organisation's language: English of the United States.
const LANGUAGE: i64 = 1033;

/// The text of a label member; `None` if there is no such member or it holds no text.
///
/// # Errors
/// 400 `0x80040203` if it is no label.
pub(super) fn label(members: &Map<String, Json>, name: &str) -> Outcome<Option<String>> {
    let label = match members.get(name) {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::Object(label)) => label,
        Some(_) => return Err(invalid(format!("The member '{name}' must be a Label."))),
    };
    let all = label.get("LocalizedLabels").and_then(Json::as_array);
    let language = |label: &&Json| label.get("LanguageCode").and_then(Json::as_i64);
    let ours = all.into_iter().flatten().find(|label| language(label) == Some(LANGUAGE));
    let found = ours
        .or_else(|| all.and_then(|all| all.first()))
        .or_else(|| label.get("UserLocalizedLabel"));
    Ok(found.and_then(|label| label.get("Label")?.as_str()).map(str::to_owned))
}

/// The options of a choice. One without number gets the next free number from `first`.
///
/// # Errors
/// 400 `0x80040203` for options without label, numbers that are none or that come twice.
pub(super) fn options(set: &Map<String, Json>, first: i32) -> Outcome<Vec<Choice>> {
    let listed = match set.get("Options") {
        None | Some(Json::Null) => return Ok(Vec::new()),
        Some(Json::Array(options)) => options,
        Some(_) => return Err(invalid("The member 'Options' must be an array.")),
    };
    let mut choices: Vec<Choice> = Vec::new();
    for option in listed {
        let option =
            option.as_object().ok_or_else(|| invalid("Each of 'Options' must be an object."))?;
        let value = value(option, "Value")?.unwrap_or_else(|| next_value(&choices, first));
        if choices.iter().any(|other| other.value == value) {
            return Err(invalid(format!("The option value {value} is used twice.")));
        }
        let label = label(option, "Label")?
            .ok_or_else(|| invalid(format!("The option {value} has no Label.")))?;
        choices.push(Choice { value, label });
    }
    Ok(choices)
}

/// A number member, if it is there.
///
/// # Errors
/// 400 `0x80040203` if it is no whole number of 32 bits.
pub(super) fn value(members: &Map<String, Json>, name: &str) -> Outcome<Option<i32>> {
    match members.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(number) => number
            .as_i64()
            .and_then(|number| i32::try_from(number).ok())
            .map(Some)
            .ok_or_else(|| invalid(format!("The member '{name}' must be a whole number."))),
    }
}

/// The number after the largest, or the first.
pub(super) fn next_value(choices: &[Choice], first: i32) -> i32 {
    let own = choices.iter().map(|choice| choice.value).filter(|value| *value >= first);
    own.max().map_or(first, |largest| largest.saturating_add(1))
}
