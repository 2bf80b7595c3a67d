//! Columns made, changed and deleted.

use serde_json::{Map, Value as Json};

use super::labels::{label, value};
use super::names::{check_custom, taken};
use super::{
    Customizing, DefinitionKey, absent, definition_key, in_use, invalid, kind, text, type_name,
};
use crate::dataverse::address::Segment;
use crate::dataverse::exchange::Response;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::metadata::attributes::attribute;
use crate::dataverse::metadata::document::NAMESPACE;
use crate::dataverse::schema::{Column, ColumnKind, ColumnSpec, KindSpec, Table, metadata_id};
use crate::dataverse::value::Value;

/// Members that are kept as they come.
const FACETS: &[&str] = &[
    "AutoNumberFormat",
    "CanChangeDateTimeBehavior",
    "DateTimeBehavior",
    "ImeMode",
    "IsAuditEnabled",
    "IsGlobalFilterEnabled",
    "IsSecured",
    "IsSortableEnabled",
    "IsValidForAdvancedFind",
    "MaxSizeInKB",
    "Precision",
    "PrecisionSource",
];

/// Adds a column to a table.
///
/// # Errors
/// 404 for an unknown table, 400 `0x80047013` for a name that is taken, 400 for bad definitions.
pub(super) fn create(
    customizing: &mut Customizing<'_>,
    segment: &Segment,
    body: &Map<String, Json>,
) -> Outcome<Response> {
    let table = customizing.table(segment)?;
    let name = table.logical_name.clone();
    let column = read(customizing, body)?;
    if table.find(&column.logical_name).is_some() {
        return Err(taken("attribute", &column.logical_name));
    }
    let logical_name = column.logical_name.clone();
    if let Some(spec) = customizing.definitions.find(&name) {
        spec.columns.push(column);
    }
    let column = metadata_id(&format!("{name}/{logical_name}"));
    customizing.written_part(segment, "Attributes", column)
}

/// Reads the definition of a new column.
///
/// # Errors
/// 400 and 501 as of [`create`].
pub(super) fn read(customizing: &Customizing<'_>, body: &Map<String, Json>) -> Outcome<ColumnSpec> {
    let kind_name = type_name(body)
        .ok_or_else(|| invalid("The attribute has no '@odata.type' that names its type."))?;
    let kind_name = kind_name.strip_prefix("Complex").unwrap_or(kind_name);
    let schema_name = text(body, "SchemaName")?;
    check_custom(schema_name)?;
    let kind = kind::read(kind_name, body, customizing.first_option)?;
    let mut column = ColumnSpec::plain(&schema_name.to_ascii_lowercase(), kind);
    column.custom = true;
    column.schema_name = Some(schema_name.to_owned());
    column.display = Some(label(body, "DisplayName")?.unwrap_or_else(|| schema_name.to_owned()));
    column.option_set = global_choice(customizing, body)?;
    describe(&mut column, body)?;
    if matches!(column.kind, KindSpec::Plain(ColumnKind::File)) {
        (column.on_create, column.on_update) = (false, false);
    }
    Ok(column)
}

/// The global choice that a definition refers to.
fn global_choice(
    customizing: &Customizing<'_>,
    body: &Map<String, Json>,
) -> Outcome<Option<String>> {
    if let Some(path) = body.get("GlobalOptionSet@odata.bind") {
        let path = path.as_str().unwrap_or_default();
        return super::global_choices::at_path(customizing, path).map(Some);
    }
    let set = body.get("OptionSet").and_then(Json::as_object);
    let global = set.filter(|set| set.get("IsGlobal") == Some(&Json::Bool(true)));
    let Some(name) = global.and_then(|set| set.get("Name")?.as_str()) else { return Ok(None) };
    super::global_choices::find(customizing, &DefinitionKey::Name(name.to_owned())).map(Some)
}

/// Takes over what a definition says besides name and type.
fn describe(column: &mut ColumnSpec, body: &Map<String, Json>) -> Outcome<()> {
    if let Some(description) = label(body, "Description")? {
        column.description = description;
    }
    if let Some(display) = label(body, "DisplayName")? {
        column.display = Some(display);
    }
    let level = body.get("RequiredLevel").and_then(|level| level.get("Value")?.as_str());
    if let Some(level) = level {
        if !["None", "Recommended", "ApplicationRequired", "SystemRequired"].contains(&level) {
            return Err(invalid(format!("'{level}' is no RequiredLevel.")));
        }
        column.required = level.ends_with("Required");
        column.facets.insert(
            "RequiredLevel".into(),
            serde_json::json!({
                "Value": level,
                "CanBeChanged": true,
                "ManagedPropertyLogicalName": "canmodifyrequirementlevelsettings",
            }),
        );
    }
    keep_facets(column, body)?;
    match &column.kind {
        KindSpec::Plain(ColumnKind::Bool { .. }) => {
            if let Some(Json::Bool(flag)) = body.get("DefaultValue") {
                column.default = Some(Value::Bool(*flag));
            } else if column.default.is_none() {
                column.default = Some(Value::Bool(false));
            }
        }
        KindSpec::Plain(ColumnKind::Choice(_)) => {
            if let Some(number) = value(body, "DefaultFormValue")? {
                column.default = (number >= 0).then_some(Value::Int(number));
            }
        }
        _ => {}
    }
    Ok(())
}

fn keep_facets(column: &mut ColumnSpec, body: &Map<String, Json>) -> Outcome<()> {
    let real = matches!(
        column.kind,
        KindSpec::Plain(ColumnKind::Decimal | ColumnKind::Double | ColumnKind::Money)
    );
    let limits: &[&str] = if real { &["MinValue", "MaxValue"] } else { &[] };
    for name in FACETS.iter().chain(limits) {
        if let Some(value) = body.get(*name).filter(|value| !value.is_null()) {
            column.facets.insert((*name).to_owned(), value.clone());
        }
    }
    let limit = |name: &str| column.facets.get(name).and_then(Json::as_f64);
    match (limit("MinValue"), limit("MaxValue")) {
        (Some(min), Some(max)) if min > max => {
            Err(invalid(format!("MinValue {min} is larger than MaxValue {max}.")))
        }
        _ => Ok(()),
    }
}

/// Changes a column: the definition sent takes the place of the old one, except for what cannot
/// change (names, type, options).
///
/// # Errors
/// 404 for an unknown column, 400 for another type or bad limits.
pub(super) fn update(
    customizing: &mut Customizing<'_>,
    segment: &Segment,
    column: &Segment,
    body: &Map<String, Json>,
) -> Outcome<Response> {
    let table = customizing.table(segment)?;
    let column = find(table, column)?;
    let document = attribute(customizing.schema, table, column);
    if let Some(sent) = type_name(body)
        && sent != document.kind
        && sent != "AttributeMetadata"
    {
        return Err(invalid(format!(
            "The attribute '{}' is a {NAMESPACE}{}; its type cannot be changed to {sent}.",
            column.logical_name, document.kind
        )));
    }
    let mut whole = document.members;
    let kind_name = document.kind;
    whole.extend(body.clone());
    let kind = match &column.kind {
        ColumnKind::Text { .. }
        | ColumnKind::Memo { .. }
        | ColumnKind::Int { .. }
        | ColumnKind::Instant { .. } => Some(kind::read(kind_name, &whole, 0)?),
        _ => None,
    };
    let column_id = column_metadata_id(table, column);
    let (table, name) = (table.logical_name.clone(), column.logical_name.clone());
    let spec = customizing
        .definitions
        .find(&table)
        .and_then(|spec| spec.columns.iter_mut().find(|column| column.logical_name == name))
        .ok_or_else(|| Failure::unknown_segment(&name))?;
    if let Some(kind) = kind {
        spec.kind = KindSpec::Plain(kind);
    }
    describe(spec, body)?;
    customizing.written_part(segment, "Attributes", column_id)
}

/// Deletes a column; a lookup goes with its relationship.
///
/// # Errors
/// 404 for an unknown column, 400 for columns of the platform, and `0x8004f01f` for one that is
/// part of a key.
pub(super) fn delete(
    customizing: &mut Customizing<'_>,
    table: &Segment,
    column: &Segment,
) -> Outcome<Response> {
    let table = customizing.table(table)?;
    let column = find(table, column)?;
    let (table, name) = (table.logical_name.clone(), column.logical_name.clone());
    remove(customizing, &table, &name)?;
    Ok(crate::dataverse::reply::empty(http::StatusCode::NO_CONTENT))
}

/// Takes a custom column out of the definitions.
///
/// # Errors
/// As of [`delete`].
pub(super) fn remove(customizing: &mut Customizing<'_>, table: &str, column: &str) -> Outcome<()> {
    let spec =
        customizing.definitions.find(table).ok_or_else(|| Failure::unknown_segment(table))?;
    let custom = spec.columns.iter().any(|known| known.logical_name == column && known.custom);
    if !custom || spec.key == column || spec.primary_name.as_deref() == Some(column) {
        return Err(invalid(format!(
            "The attribute '{column}' of '{table}' cannot be deleted: only custom columns can be, \
             except for the key and the name of the table."
        )));
    }
    if let Some(key) = spec.keys.iter().find(|key| key.columns.iter().any(|name| name == column)) {
        return Err(in_use(&format!("attribute '{column}'"), &format!("the key '{}'", key.name)));
    }
    spec.columns.retain(|known| known.logical_name != column);
    Ok(())
}

fn find<'t>(table: &'t Table, segment: &Segment) -> Outcome<&'t Column> {
    let key = definition_key(segment)?;
    table
        .columns
        .iter()
        .find(|column| key.names(&column.logical_name, column_metadata_id(table, column)))
        .ok_or_else(|| absent("attribute", &key))
}

fn column_metadata_id(table: &Table, column: &Column) -> uuid::Uuid {
    metadata_id(&format!("{}/{}", table.logical_name, column.logical_name))
}
