//! Relationships made, changed and deleted (reference, section 9.4).

use http::StatusCode;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::labels::label;
use super::names::{check, check_custom, taken};
use super::{Customizing, absent, columns, definition_key, invalid, text, type_name};
use crate::dataverse::address::Segment;
use crate::dataverse::exchange::Response;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::metadata::relationships::{link_id, lookup_id};
use crate::dataverse::reply;
use crate::dataverse::schema::{
    AtDeletion, Behaviour, ColumnSpec, KindSpec, LinkSpec, Schema, Table, TargetSpec,
};

/// Makes a relationship: one to many with its lookup column, or many to many.
///
/// # Errors
/// 400 for unknown tables, names that are taken and bad definitions.
pub(super) fn create(
    customizing: &mut Customizing<'_>,
    body: &Map<String, Json>,
) -> Outcome<Response> {
    let name = text(body, "SchemaName")?;
    check(name)?;
    if find(customizing.schema, |known, _| known.eq_ignore_ascii_case(name)).is_some() {
        return Err(taken("relationship", name));
    }
    let id = match type_name(body) {
        Some("OneToManyRelationshipMetadata") => one_to_many(customizing, name, body)?,
        Some("ManyToManyRelationshipMetadata") => many_to_many(customizing, name, body)?,
        _ => {
            return Err(invalid(
                "The '@odata.type' of a relationship is OneToManyRelationshipMetadata or \
                 ManyToManyRelationshipMetadata of Microsoft.Dynamics.CRM.",
            ));
        }
    };
    Ok(customizing.written(&format!("RelationshipDefinitions({id})")))
}

fn one_to_many(
    customizing: &mut Customizing<'_>,
    name: &str,
    body: &Map<String, Json>,
) -> Outcome<Uuid> {
    let referenced = table(customizing.schema, body, "ReferencedEntity")?;
    let referencing = table(customizing.schema, body, "ReferencingEntity")?;
    let key = &referenced.column(referenced.key).logical_name;
    if body.get("ReferencedAttribute").and_then(Json::as_str).is_some_and(|sent| sent != key) {
        return Err(invalid(format!("ReferencedAttribute must be the key '{key}'.")));
    }
    let lookup = body
        .get("Lookup")
        .and_then(Json::as_object)
        .ok_or_else(|| invalid("Required member 'Lookup' missing; expected its definition."))?;
    let schema_name = text(lookup, "SchemaName")?;
    check_custom(schema_name)?;
    let column = schema_name.to_ascii_lowercase();
    if referencing.find(&column).is_some() {
        return Err(taken("attribute", &column));
    }
    if referenced.navigate(name).is_some() {
        return Err(taken("navigation property", name));
    }
    // On activities the name tells the table, since many share the lookup's name.
    let navigation = match referencing.behaviour {
        Behaviour::Activity => format!("{schema_name}_{}", referencing.schema_name),
        _ => schema_name.to_owned(),
    };
    let mut spec = ColumnSpec::lookup(&column, &[]);
    spec.kind = KindSpec::Lookup {
        attribute_type: "Lookup",
        indexed: true,
        targets: vec![TargetSpec {
            table: referenced.logical_name.clone(),
            navigation: vec![navigation],
            reverse: name.to_owned(),
            cascade: cascade(body)?.unwrap_or(AtDeletion::RemoveLink),
        }],
    };
    spec.custom = true;
    spec.schema_name = Some(schema_name.to_owned());
    spec.display = Some(label(lookup, "DisplayName")?.unwrap_or_else(|| schema_name.to_owned()));
    spec.description = label(lookup, "Description")?.unwrap_or_default();
    let level = lookup.get("RequiredLevel").and_then(|level| level.get("Value")?.as_str());
    spec.required = level.is_some_and(|level| level.ends_with("Required"));
    let table = referencing.logical_name.clone();
    let id = lookup_id(&table, &column, name);
    if let Some(definition) = customizing.definitions.find(&table) {
        definition.columns.push(spec);
    }
    Ok(id)
}

fn many_to_many(
    customizing: &mut Customizing<'_>,
    name: &str,
    body: &Map<String, Json>,
) -> Outcome<Uuid> {
    let first = table(customizing.schema, body, "Entity1LogicalName")?;
    let second = table(customizing.schema, body, "Entity2LogicalName")?;
    let intersect = match body.get("IntersectEntityName").and_then(Json::as_str) {
        Some(given) if !given.is_empty() => given.to_ascii_lowercase(),
        _ => name.to_ascii_lowercase(),
    };
    check(&intersect)?;
    let links = &customizing.definitions.links;
    let used = links.iter().any(|link| !link.removed && link.intersect == intersect);
    if used || customizing.schema.find(&intersect).is_some() {
        return Err(taken("intersect entity", &intersect));
    }
    if first.navigate(name).is_some() || second.navigate(name).is_some() {
        return Err(taken("navigation property", name));
    }
    let link = LinkSpec {
        name: name.to_owned(),
        intersect,
        first: first.logical_name.clone(),
        second: second.logical_name.clone(),
        custom: true,
        removed: false,
    };
    customizing.definitions.links.push(link);
    Ok(link_id(name))
}

/// Changes what happens to the pointing rows when a row is deleted; the rest cannot change.
///
/// # Errors
/// 404 for an unknown relationship, 400 for a behaviour that is none.
pub(super) fn update(
    customizing: &mut Customizing<'_>,
    segment: &Segment,
    body: &Map<String, Json>,
) -> Outcome<Response> {
    let key = definition_key(segment)?;
    let found = find(customizing.schema, |name, id| key.names(name, id))
        .ok_or_else(|| absent("relationship", &key))?;
    if let (Some(cascade), Found::Lookup { table, column, name }) = (cascade(body)?, &found) {
        let column = customizing
            .definitions
            .find(table)
            .and_then(|spec| spec.columns.iter_mut().find(|spec| spec.logical_name == *column));
        if let Some(KindSpec::Lookup { targets, .. }) = column.map(|column| &mut column.kind) {
            let mut targets = targets.iter_mut();
            if let Some(target) = targets.find(|target| target.reverse == *name) {
                target.cascade = cascade;
            }
        }
    }
    Ok(customizing.written(&format!("RelationshipDefinitions({})", found.id())))
}

/// Deletes a relationship, with the lookup column of one to many.
///
/// # Errors
/// 404 for an unknown relationship, 400 for one of the platform.
pub(super) fn delete(customizing: &mut Customizing<'_>, segment: &Segment) -> Outcome<Response> {
    let key = definition_key(segment)?;
    let found = find(customizing.schema, |name, id| key.names(name, id))
        .ok_or_else(|| absent("relationship", &key))?;
    match found {
        Found::Lookup { table, column, .. } => columns::remove(customizing, &table, &column)?,
        Found::Link { name } => {
            let link = customizing
                .definitions
                .links
                .iter_mut()
                .find(|link| link.name == name && link.custom && !link.removed)
                .ok_or_else(|| {
                    invalid(format!("The relationship '{name}' is not custom; it stays."))
                })?;
            link.removed = true;
        }
    }
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// A relationship, by what holds it.
enum Found {
    Lookup { table: String, column: String, name: String },
    Link { name: String },
}

impl Found {
    fn id(&self) -> Uuid {
        match self {
            Self::Lookup { table, column, name } => lookup_id(table, column, name),
            Self::Link { name } => link_id(name),
        }
    }
}

fn find(schema: &Schema, wanted: impl Fn(&str, Uuid) -> bool) -> Option<Found> {
    let link =
        schema.links().iter().find(|link| !link.removed && wanted(&link.name, link_id(&link.name)));
    if let Some(link) = link {
        return Some(Found::Link { name: link.name.clone() });
    }
    schema.tables().iter().find_map(|table| {
        table.columns.iter().find_map(|column| {
            let of_column = |name: &str| lookup_id(&table.logical_name, &column.logical_name, name);
            let mut targets = column.lookup()?.targets.iter();
            let target = targets
                .find(|target| wanted(&target.relationship, of_column(&target.relationship)))?;
            Some(Found::Lookup {
                table: table.logical_name.clone(),
                column: column.logical_name.clone(),
                name: target.relationship.clone(),
            })
        })
    })
}

fn table<'s>(schema: &'s Schema, body: &Map<String, Json>, member: &str) -> Outcome<&'s Table> {
    let name = text(body, member)?;
    schema.find(name).ok_or_else(|| {
        Failure::bad_request(
            "0x80041102",
            format!("The entity with a name = '{name}' was not found in the MetadataCache."),
        )
    })
}

fn cascade(body: &Map<String, Json>) -> Outcome<Option<AtDeletion>> {
    let configuration = body.get("CascadeConfiguration");
    match configuration.and_then(|configuration| configuration.get("Delete")?.as_str()) {
        None => Ok(None),
        Some("Cascade") => Ok(Some(AtDeletion::Cascade)),
        Some("Restrict") => Ok(Some(AtDeletion::Restrict)),
        // Nothing of the link is left either way.
        Some("RemoveLink" | "NoCascade") => Ok(Some(AtDeletion::RemoveLink)),
        Some(other) => Err(invalid(format!("'{other}' is no behaviour at deletion."))),
    }
}
