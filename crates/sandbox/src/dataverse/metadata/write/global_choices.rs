//! Global choices made, changed and deleted.

use http::StatusCode;
use serde_json::{Map, Value as Json};

use super::labels::{label, options};
use super::names::{check_custom, taken};
use super::{Customizing, DefinitionKey, absent, definition_key, in_use, invalid, text, type_name};
use crate::dataverse::address::{Segment, below_service, parse_path};
use crate::dataverse::exchange::Response;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::metadata::option_sets::global_id;
use crate::dataverse::reply;
use crate::dataverse::schema::OptionSetSpec;

/// Makes a global choice.
///
/// # Errors
/// 400 `0x80047013` if the name is taken, 400 for bad definitions.
pub(super) fn create(
    customizing: &mut Customizing<'_>,
    body: &Map<String, Json>,
) -> Outcome<Response> {
    if type_name(body).is_some_and(|name| name != "OptionSetMetadata") {
        return Err(Failure::not_implemented("A global choice other than OptionSetMetadata"));
    }
    let name = text(body, "Name")?.to_ascii_lowercase();
    check_custom(&name)?;
    if customizing.definitions.option_sets.iter().any(|set| set.name == name) {
        return Err(taken("option set", &name));
    }
    let set = OptionSetSpec {
        display: label(body, "DisplayName")?.unwrap_or_else(|| name.clone()),
        description: label(body, "Description")?.unwrap_or_default(),
        options: options(body, customizing.first_option)?,
        name,
    };
    let id = global_id(&set.name);
    customizing.definitions.option_sets.push(set);
    Ok(customizing.written(&format!("GlobalOptionSetDefinitions({id})")))
}

/// Changes the labels of a global choice; its options are changed by actions.
///
/// # Errors
/// 404 for an unknown one.
pub(super) fn update(
    customizing: &mut Customizing<'_>,
    segment: &Segment,
    body: &Map<String, Json>,
) -> Outcome<Response> {
    let name = find(customizing, &definition_key(segment)?)?;
    let (display, description) = (label(body, "DisplayName")?, label(body, "Description")?);
    let sets = &mut customizing.definitions.option_sets;
    if let Some(set) = sets.iter_mut().find(|set| set.name == name) {
        set.display = display.unwrap_or_else(|| set.display.clone());
        set.description = description.unwrap_or_else(|| set.description.clone());
    }
    let id = global_id(&name);
    Ok(customizing.written(&format!("GlobalOptionSetDefinitions({id})")))
}

/// Deletes a global choice.
///
/// # Errors
/// 404 for an unknown one, 400 `0x8004f01f` for one that a column uses.
pub(super) fn delete(customizing: &mut Customizing<'_>, segment: &Segment) -> Outcome<Response> {
    let name = find(customizing, &definition_key(segment)?)?;
    for table in &customizing.definitions.tables {
        let mut columns = table.columns.iter();
        if let Some(column) = columns.find(|column| column.option_set.as_ref() == Some(&name)) {
            let user = format!("{}.{}", table.logical_name, column.logical_name);
            return Err(in_use(&format!("option set '{name}'"), &user));
        }
    }
    customizing.definitions.option_sets.retain(|set| set.name != name);
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// The name of the global choice that a key stands for.
///
/// # Errors
/// 404 if there is none.
pub(super) fn find(customizing: &Customizing<'_>, key: &DefinitionKey) -> Outcome<String> {
    customizing
        .definitions
        .option_sets
        .iter()
        .find(|set| key.names(&set.name, global_id(&set.name)))
        .map(|set| set.name.clone())
        .ok_or_else(|| absent("option set", key))
}

/// The name of the global choice that a bind stands for.
///
/// # Errors
/// 400 for other paths, 404 if there is no such choice.
pub(super) fn at_path(customizing: &Customizing<'_>, path: &str) -> Outcome<String> {
    let segments = parse_path(below_service(path))?;
    match segments.as_slice() {
        [only] if only.name == "GlobalOptionSetDefinitions" => {
            find(customizing, &definition_key(only)?)
        }
        _ => Err(invalid(format!("'{path}' is no address of a global choice."))),
    }
}
