//! Actions on the options of choices, states and statuses.

use http::StatusCode;
use serde_json::{Map, Value as Json};

use super::labels::{label, next_value, value};
use super::{Customizing, invalid, text};
use crate::dataverse::exchange::Response;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::read::collection::context;
use crate::dataverse::reply;
use crate::dataverse::schema::{Choice, ColumnKind, KindSpec, StatusOption};
use crate::dataverse::view::View;

/// `InsertOptionValue`: adds an option to a choice.
///
/// # Errors
/// 400 for unknown choices and numbers that are taken.
pub(super) fn insert(
    customizing: &mut Customizing<'_>,
    body: &Map<String, Json>,
) -> Outcome<Response> {
    let first = customizing.first_option;
    let label = required_label(body)?;
    let wanted = value(body, "Value")?;
    let options = choices(customizing, body)?;
    let number = wanted.unwrap_or_else(|| next_value(options, first));
    if options.iter().any(|option| option.value == number) {
        return Err(number_taken(number));
    }
    options.push(Choice { value: number, label });
    Ok(new_value(customizing, "InsertOptionValueResponse", number))
}

/// `InsertStatusValue`: adds a status to a state.
///
/// # Errors
/// 400 for unknown columns and states, and numbers that are taken.
pub(super) fn insert_status(
    customizing: &mut Customizing<'_>,
    body: &Map<String, Json>,
) -> Outcome<Response> {
    let first = customizing.first_option;
    let label = required_label(body)?;
    let state = required(body, "StateCode")?;
    let wanted = value(body, "Value")?;
    let table = text(body, "EntityLogicalName")?;
    let known = customizing.schema.find(table).and_then(|table| table.states());
    if !known.is_some_and(|(_, states)| states.iter().any(|option| option.value == state)) {
        return Err(invalid(format!("The entity '{table}' has no state {state}.")));
    }
    let ColumnKind::Status(options) = column(customizing, body)? else {
        return Err(invalid("The attribute is no status attribute."));
    };
    let largest = options.iter().map(|option| option.value).filter(|number| *number >= first).max();
    let number =
        wanted.unwrap_or_else(|| largest.map_or(first, |largest| largest.saturating_add(1)));
    if options.iter().any(|option| option.value == number) {
        return Err(number_taken(number));
    }
    options.push(StatusOption { value: number, label, state });
    Ok(new_value(customizing, "InsertStatusValueResponse", number))
}

/// `UpdateOptionValue`: another label for an option of any kind of choice.
///
/// # Errors
/// 400 for unknown choices and options.
pub(super) fn update(
    customizing: &mut Customizing<'_>,
    body: &Map<String, Json>,
) -> Outcome<Response> {
    let number = required(body, "Value")?;
    let label = required_label(body)?;
    if body.get("OptionSetName").is_some_and(|name| !name.is_null()) {
        let mut options = choices(customizing, body)?.iter_mut();
        let option = options.find(|option| option.value == number);
        option.ok_or_else(|| no_option(number))?.label = label;
        return Ok(reply::empty(StatusCode::NO_CONTENT));
    }
    let found = match column(customizing, body)? {
        ColumnKind::Choice(options) => {
            options.iter_mut().find(|option| option.value == number).map(|it| &mut it.label)
        }
        ColumnKind::Status(options) => {
            options.iter_mut().find(|option| option.value == number).map(|it| &mut it.label)
        }
        ColumnKind::State(options) => {
            options.iter_mut().find(|option| option.value == number).map(|it| &mut it.label)
        }
        ColumnKind::Bool { yes, no } => {
            let side = match number {
                1 => yes,
                0 => no,
                _ => return Err(no_option(number)),
            };
            *side = label.into();
            return Ok(reply::empty(StatusCode::NO_CONTENT));
        }
        _ => return Err(no_choice()),
    };
    *found.ok_or_else(|| no_option(number))? = label;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `UpdateStateValue`: another label, or another default status, for a state.
///
/// # Errors
/// 400 for unknown columns, states and statuses.
pub(super) fn update_state(
    customizing: &mut Customizing<'_>,
    body: &Map<String, Json>,
) -> Outcome<Response> {
    let number = required(body, "Value")?;
    let label = label(body, "Label")?;
    let status = value(body, "DefaultStatusCode")?;
    let table = text(body, "EntityLogicalName")?;
    let statuses = customizing.schema.find(table).and_then(|table| table.statuses());
    let fits = |status: i32| {
        let mut all = statuses.iter().flat_map(|(_, options)| options.iter());
        all.any(|option| option.value == status && option.state == number)
    };
    if let Some(status) = status.filter(|status| !fits(*status)) {
        return Err(invalid(format!("{status} is no status of the state {number}.")));
    }
    let ColumnKind::State(options) = column(customizing, body)? else {
        return Err(invalid("The attribute is no state attribute."));
    };
    let option = options
        .iter_mut()
        .find(|option| option.value == number)
        .ok_or_else(|| no_option(number))?;
    option.label = label.unwrap_or_else(|| option.label.clone());
    option.default_status = status.unwrap_or(option.default_status);
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `DeleteOptionValue`: takes away an option. Rows keep the number.
///
/// # Errors
/// 400 for unknown choices and options, and for the default status of a state.
pub(super) fn delete(
    customizing: &mut Customizing<'_>,
    body: &Map<String, Json>,
) -> Outcome<Response> {
    let number = required(body, "Value")?;
    let global = body.get("OptionSetName").is_some_and(|name| !name.is_null());
    if !global {
        let table = text(body, "EntityLogicalName")?;
        let states = customizing.schema.find(table).and_then(|table| table.states());
        let is_default = states
            .iter()
            .flat_map(|(_, options)| options.iter())
            .any(|option| option.default_status == number);
        if let ColumnKind::Status(options) = column(customizing, body)? {
            let at = options.iter().position(|option| option.value == number && !is_default);
            options.remove(at.ok_or_else(|| no_option(number))?);
            return Ok(reply::empty(StatusCode::NO_CONTENT));
        }
    }
    let options = choices(customizing, body)?;
    let at = options.iter().position(|option| option.value == number);
    options.remove(at.ok_or_else(|| no_option(number))?);
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `OrderOption`: another order of a choice's options.
///
/// # Errors
/// 400 unless the numbers are those of the options.
pub(super) fn order(
    customizing: &mut Customizing<'_>,
    body: &Map<String, Json>,
) -> Outcome<Response> {
    let values: Vec<i64> = body
        .get("Values")
        .and_then(Json::as_array)
        .map(|values| values.iter().filter_map(Json::as_i64).collect())
        .ok_or_else(|| Failure::payload("The parameter 'Values' is missing."))?;
    let options = choices(customizing, body)?;
    let place = |option: &Choice| values.iter().position(|value| *value == i64::from(option.value));
    if values.len() != options.len() || options.iter().any(|option| place(option).is_none()) {
        return Err(invalid("'Values' must hold the number of every option exactly once."));
    }
    options.sort_by_key(place);
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// The options of the choice that a body names: a global one, or the one of a column.
fn choices<'c>(
    customizing: &'c mut Customizing<'_>,
    body: &Map<String, Json>,
) -> Outcome<&'c mut Vec<Choice>> {
    if let Some(name) = body.get("OptionSetName").and_then(Json::as_str) {
        return customizing
            .definitions
            .option_sets
            .iter_mut()
            .find(|set| set.name == name.to_ascii_lowercase())
            .map(|set| &mut set.options)
            .ok_or_else(|| invalid(format!("There is no global option set '{name}'.")));
    }
    match column(customizing, body)? {
        ColumnKind::Choice(options) => Ok(options),
        _ => Err(no_choice()),
    }
}

/// The kind of the column that a body names.
fn column<'c>(
    customizing: &'c mut Customizing<'_>,
    body: &Map<String, Json>,
) -> Outcome<&'c mut ColumnKind> {
    let table = text(body, "EntityLogicalName")?;
    let name = text(body, "AttributeLogicalName")?;
    let spec = customizing.definitions.find(table).ok_or_else(|| {
        Failure::bad_request(
            "0x80041102",
            format!("The entity with a name = '{table}' was not found in the MetadataCache."),
        )
    })?;
    let column =
        spec.columns.iter_mut().find(|column| column.logical_name == name).ok_or_else(|| {
            Failure::bad_request(
                "0x80041103",
                format!("'{table}' entity doesn't contain attribute with Name = '{name}'."),
            )
        })?;
    if let Some(global) = &column.option_set {
        return Err(invalid(format!(
            "The attribute '{name}' uses the global option set '{global}': send OptionSetName."
        )));
    }
    match &mut column.kind {
        KindSpec::Plain(kind) => Ok(kind),
        KindSpec::Lookup { .. } => Err(no_choice()),
    }
}

fn required(body: &Map<String, Json>, name: &str) -> Outcome<i32> {
    value(body, name)?
        .ok_or_else(|| Failure::payload(format!("The parameter '{name}' is missing.")))
}

fn required_label(body: &Map<String, Json>) -> Outcome<String> {
    label(body, "Label")?.ok_or_else(|| Failure::payload("The parameter 'Label' is missing."))
}

fn new_value(customizing: &Customizing<'_>, response: &str, number: i32) -> Response {
    let view =
        View { schema: customizing.schema, store: customizing.store, context: customizing.context };
    let mut members = Map::new();
    let fragment = format!("Microsoft.Dynamics.CRM.{response}");
    members.insert("@odata.context".into(), context(view, &fragment).into());
    members.insert("NewOptionValue".into(), number.into());
    reply::json(StatusCode::OK, members)
}

fn number_taken(number: i32) -> Failure {
    invalid(format!("An option with the value {number} exists already."))
}

fn no_option(number: i32) -> Failure {
    invalid(format!("There is no option {number} that this could be done to."))
}

fn no_choice() -> Failure {
    invalid("The attribute has no options.")
}
