//! Tables made, changed and deleted.

use http::StatusCode;
use serde_json::{Map, Value as Json, json};

use super::labels::label;
use super::names::{check_custom, plural, taken};
use super::{Customizing, columns, invalid, text, type_name};
use crate::dataverse::address::Segment;
use crate::dataverse::exchange::Response;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::read::collection::context;
use crate::dataverse::reply;
use crate::dataverse::schema::{
    ACTIVE_INACTIVE, ColumnKind, ColumnSpec, KindSpec, Ownership, TableSpec, metadata_id,
};
use crate::dataverse::view::View;

/// Type codes of custom tables come after those of our solution.
const LAST_FIXED_TYPE_CODE: i32 = 10_999;

/// Members that are kept as they come.
const FACETS: &[&str] = &[
    "EntityColor",
    "EntityHelpUrl",
    "HasActivities",
    "HasEmailAddresses",
    "HasFeedback",
    "HasNotes",
    "IsAuditEnabled",
    "IsDocumentManagementEnabled",
    "IsDuplicateDetectionEnabled",
    "IsQuickCreateEnabled",
];

/// Makes a table.
///
/// # Errors
/// 400 `0x80060304` if it exists, 400 for bad definitions, 501 for activities.
pub(super) fn create(
    customizing: &mut Customizing<'_>,
    body: &Map<String, Json>,
) -> Outcome<Response> {
    let name = add(customizing, body)?;
    Ok(customizing.written(&format!("EntityDefinitions({})", metadata_id(&name))))
}

/// The action `CreateEntities`: several tables, all or none.
///
/// # Errors
/// As of [`create`].
pub(super) fn create_all(
    customizing: &mut Customizing<'_>,
    body: &Map<String, Json>,
) -> Outcome<Response> {
    let entities = body
        .get("Entities")
        .and_then(Json::as_array)
        .filter(|entities| !entities.is_empty())
        .ok_or_else(|| Failure::payload("The parameter 'Entities' is missing."))?;
    let mut made = Vec::new();
    for entity in entities {
        let entity =
            entity.as_object().ok_or_else(|| invalid("Each of 'Entities' must be an object."))?;
        let name = add(customizing, entity)?;
        made.push(json!({ "EntityId": metadata_id(&name).to_string() }));
    }
    let view =
        View { schema: customizing.schema, store: customizing.store, context: customizing.context };
    let mut members = Map::new();
    let fragment = "Microsoft.Dynamics.CRM.CreateEntitiesResponse";
    members.insert("@odata.context".into(), context(view, fragment).into());
    members.insert("Entities".into(), Json::Array(made));
    Ok(reply::json(StatusCode::OK, members))
}

/// Adds a table to the definitions; gives its logical name.
fn add(customizing: &mut Customizing<'_>, body: &Map<String, Json>) -> Outcome<String> {
    if !matches!(type_name(body), None | Some("EntityMetadata" | "ComplexEntityMetadata")) {
        return Err(invalid(
            "The '@odata.type' of a table is Microsoft.Dynamics.CRM.EntityMetadata.",
        ));
    }
    let schema_name = text(body, "SchemaName")?;
    check_custom(schema_name)?;
    let logical_name = schema_name.to_ascii_lowercase();
    let set_name = plural(&logical_name);
    check_free(customizing, &logical_name, &set_name)?;
    if body.get("IsActivity") == Some(&Json::Bool(true)) {
        return Err(Failure::not_implemented("A custom activity"));
    }
    let (columns, primary) = read_columns(customizing, body)?;
    let display = label(body, "DisplayName")?.unwrap_or_else(|| schema_name.to_owned());
    let type_code = next_type_code(customizing);
    let mut spec = TableSpec::new(schema_name, &set_name, &display, type_code, ownership(body)?)
        .named_by(&primary)
        .with_all(columns)
        .states(ACTIVE_INACTIVE);
    spec.custom = true;
    describe(&mut spec, body)?;
    let key = spec.key.clone();
    customizing.definitions.table(spec);
    let key = customizing
        .definitions
        .find(&logical_name)
        .and_then(|spec| spec.columns.iter_mut().find(|column| column.logical_name == key));
    if let Some(key) = key {
        key.custom = true;
        key.schema_name = Some(format!("{schema_name}Id"));
    }
    Ok(logical_name)
}

fn next_type_code(customizing: &Customizing<'_>) -> i32 {
    let known = customizing.definitions.tables.iter().map(|spec| spec.type_code);
    known.max().unwrap_or_default().max(LAST_FIXED_TYPE_CODE).saturating_add(1)
}

fn check_free(customizing: &Customizing<'_>, name: &str, set_name: &str) -> Outcome<()> {
    let definitions = &customizing.definitions;
    let table = definitions
        .tables
        .iter()
        .any(|spec| !spec.removed && (spec.logical_name == name || spec.set_name == set_name));
    let link = definitions.links.iter().any(|link| !link.removed && link.intersect == name);
    if table || link {
        return Err(Failure::bad_request(
            "0x80060304",
            format!("An entity with the specified name '{name}' already exists."),
        ));
    }
    Ok(())
}

fn ownership(body: &Map<String, Json>) -> Outcome<Ownership> {
    match body.get("OwnershipType").and_then(Json::as_str) {
        Some("UserOwned" | "TeamOwned") | None => Ok(Ownership::User),
        Some("OrganizationOwned") => Ok(Ownership::Organization),
        Some(other) => Err(invalid(format!(
            "OwnershipType '{other}' is not valid; expected UserOwned or OrganizationOwned."
        ))),
    }
}

/// The columns that come with a table, and which of them names its rows.
fn read_columns(
    customizing: &Customizing<'_>,
    body: &Map<String, Json>,
) -> Outcome<(Vec<ColumnSpec>, String)> {
    let key = format!("{}id", text(body, "SchemaName")?.to_ascii_lowercase());
    let mut columns: Vec<ColumnSpec> = Vec::new();
    let mut primary = None;
    for attribute in body.get("Attributes").and_then(Json::as_array).into_iter().flatten() {
        let attribute =
            attribute.as_object().ok_or_else(|| invalid("'Attributes' must hold objects."))?;
        let column = columns::read(customizing, attribute)?;
        let name = &column.logical_name;
        if *name == key || columns.iter().any(|other| other.logical_name == *name) {
            return Err(taken("attribute", name));
        }
        let is_text = matches!(column.kind, KindSpec::Plain(ColumnKind::Text { .. }));
        if attribute.get("IsPrimaryName") == Some(&Json::Bool(true)) {
            if primary.is_some() || !is_text {
                return Err(invalid("A table has exactly one primary name: a string attribute."));
            }
            primary = Some(name.clone());
        }
        columns.push(column);
    }
    let primary = primary.ok_or_else(|| {
        invalid("Required member 'Attributes' must hold a string attribute with IsPrimaryName.")
    })?;
    Ok((columns, primary))
}

/// Takes over what a definition says besides names and columns.
fn describe(spec: &mut TableSpec, body: &Map<String, Json>) -> Outcome<()> {
    if let Some(display) = label(body, "DisplayName")? {
        spec.display = display;
    }
    if let Some(display) = label(body, "DisplayCollectionName")? {
        spec.display_collection = Some(display);
    }
    if let Some(description) = label(body, "Description")? {
        spec.description = description;
    }
    if let Some(Json::Bool(on)) = body.get("ChangeTrackingEnabled") {
        // Once on, it stays on (reference, section 5).
        spec.change_tracking |= *on;
    }
    for name in FACETS {
        if let Some(value) = body.get(*name).filter(|value| !value.is_null()) {
            spec.facets.insert((*name).to_owned(), value.clone());
        }
    }
    Ok(())
}

/// Changes a table's labels and switches.
///
/// # Errors
/// 404 for an unknown table, 400 for labels that are none.
pub(super) fn update(
    customizing: &mut Customizing<'_>,
    table: &Segment,
    body: &Map<String, Json>,
) -> Outcome<Response> {
    let table = customizing.table(table)?;
    let (name, id) = (table.logical_name.clone(), table.metadata_id());
    if let Some(spec) = customizing.definitions.find(&name) {
        describe(spec, body)?;
    }
    Ok(customizing.written(&format!("EntityDefinitions({id})")))
}

/// Deletes a table with its rows, its relationships and the lookups that point to nothing else.
///
/// # Errors
/// 404 for an unknown table, 400 for tables of the platform.
pub(super) fn delete(customizing: &mut Customizing<'_>, table: &Segment) -> Outcome<Response> {
    let table = customizing.table(table)?;
    let name = table.logical_name.clone();
    if !table.custom {
        return Err(invalid(format!(
            "The entity '{name}' is no custom table; it cannot be deleted."
        )));
    }
    let orphans = take_targets(customizing, &name);
    for (table, column) in orphans {
        columns::remove(customizing, &table, &column)?;
    }
    for link in &mut customizing.definitions.links {
        link.removed |= link.first == name || link.second == name;
    }
    if let Some(spec) = customizing.definitions.find(&name) {
        spec.removed = true;
        spec.logical_name.clear();
        spec.set_name.clear();
        spec.columns.truncate(1);
        spec.keys.clear();
        spec.primary_name = None;
    }
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// Takes a table from the targets of all lookups; gives the lookups of other tables that are left
/// with none.
fn take_targets(customizing: &mut Customizing<'_>, name: &str) -> Vec<(String, String)> {
    let mut orphans = Vec::new();
    for spec in customizing.definitions.tables.iter_mut().filter(|spec| spec.logical_name != name) {
        for column in &mut spec.columns {
            let KindSpec::Lookup { targets, .. } = &mut column.kind else { continue };
            let before = targets.len();
            targets.retain(|target| target.table != name);
            if targets.is_empty() && before > 0 {
                orphans.push((spec.logical_name.clone(), column.logical_name.clone()));
            }
        }
    }
    orphans
}
