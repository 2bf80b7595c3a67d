//! Relationships and keys as metadata.

use serde_json::json;
use uuid::Uuid;

use super::document::{Document, label, managed};
use crate::dataverse::schema::{AlternateKey, Column, LookupTarget, Schema, Table, metadata_id};

/// The relationships of a table's lookups: who tells what to bind.
pub(super) fn many_to_one<'a>(schema: &'a Schema, table: &'a Table) -> Vec<Document<'a>> {
    let of_column = |column: &'a Column| {
        let targets = column.lookup().map(|lookup| lookup.targets.as_slice()).unwrap_or_default();
        targets.iter().map(move |target| one_to_many_document(schema, table, column, target))
    };
    table.columns.iter().flat_map(of_column).collect()
}

/// The relationships of other tables' lookups to this one.
pub(super) fn one_to_many<'a>(schema: &'a Schema, table: &'a Table) -> Vec<Document<'a>> {
    schema
        .references_to(table.id)
        .iter()
        .filter_map(|(pointing, column)| {
            let pointing = schema.table(*pointing);
            let column = pointing.column(*column);
            let target = column.lookup()?.target(table.id)?;
            Some(one_to_many_document(schema, pointing, column, target))
        })
        .collect()
}

/// Many-to-many relationships, of one table or all.
pub(super) fn many_to_many<'a>(schema: &'a Schema, table: Option<&Table>) -> Vec<Document<'a>> {
    schema
        .links()
        .iter()
        .filter(|link| !link.removed)
        .filter(|link| table.is_none_or(|table| [link.first, link.second].contains(&table.id)))
        .map(|link| {
            let (first, second) = (schema.table(link.first), schema.table(link.second));
            let members = json!({
                "SchemaName": link.name,
                "RelationshipType": "ManyToManyRelationship",
                "IsCustomRelationship": link.custom,
                "IntersectEntityName": link.intersect,
                "Entity1LogicalName": first.logical_name,
                "Entity1IntersectAttribute": first.column(first.key).logical_name,
                "Entity1NavigationPropertyName": link.name,
                "Entity2LogicalName": second.logical_name,
                "Entity2IntersectAttribute": second.column(second.key).logical_name,
                "Entity2NavigationPropertyName": link.name,
            });
            Document::new("ManyToManyRelationshipMetadata", link_id(&link.name), members)
        })
        .collect()
}

/// `MetadataId` of a many-to-many relationship.
pub(super) fn link_id(name: &str) -> Uuid {
    metadata_id(&format!("relationship/{name}"))
}

/// `MetadataId` of a lookup's relationship.
pub(super) fn lookup_id(table: &str, column: &str, name: &str) -> Uuid {
    metadata_id(&format!("relationship/{table}/{column}/{name}"))
}

/// All relationships of an environment.
pub(super) fn all(schema: &Schema) -> Vec<Document<'_>> {
    let lookups = schema.tables().iter().flat_map(|table| many_to_one(schema, table));
    lookups.chain(many_to_many(schema, None)).collect()
}

/// A table's alternate keys.
pub(super) fn keys(table: &Table) -> Vec<Document<'_>> {
    let document = |key: &AlternateKey, status: &str| {
        let columns: Vec<&str> =
            key.columns.iter().map(|column| table.column(*column).logical_name.as_str()).collect();
        let members = json!({
            "SchemaName": key.name,
            "LogicalName": key.name.to_ascii_lowercase(),
            "EntityLogicalName": table.logical_name,
            "KeyAttributes": columns,
            "EntityKeyIndexStatus": status,
            "IsManaged": false,
            "DisplayName": label(&key.display),
        });
        let id = metadata_id(&format!("key/{}/{}", table.logical_name, key.name));
        Document::new("EntityKeyMetadata", id, members)
    };
    let active = table.keys.iter().map(|key| document(key, "Active"));
    active.chain(table.failed_keys.iter().map(|key| document(key, "Failed"))).collect()
}

fn one_to_many_document<'a>(
    schema: &Schema,
    table: &Table,
    column: &Column,
    target: &LookupTarget,
) -> Document<'a> {
    let referenced = schema.table(target.table);
    let members = json!({
        "SchemaName": target.relationship,
        "RelationshipType": "OneToManyRelationship",
        "IsCustomRelationship": column.custom,
        "ReferencedEntity": referenced.logical_name,
        "ReferencedAttribute": referenced.column(referenced.key).logical_name,
        "ReferencedEntityNavigationPropertyName": target.reverse,
        "ReferencingEntity": table.logical_name,
        "ReferencingAttribute": column.logical_name,
        "ReferencingEntityNavigationPropertyName": target.navigation,
        "CascadeConfiguration": {
            "Assign": "NoCascade",
            "Delete": target.cascade.name(),
            "Merge": "NoCascade",
            "Reparent": "NoCascade",
            "Share": "NoCascade",
            "Unshare": "NoCascade",
            "RollupView": "NoCascade",
        },
        "AssociatedMenuConfiguration": {
            "Behavior": "UseCollectionName",
            "Group": "Details",
            "Order": 10_000,
            "Label": label(""),
        },
        "IsHierarchical": false,
        "IsManaged": !column.custom,
        "IsCustomizable": managed(true),
    });
    let id = lookup_id(&table.logical_name, &column.logical_name, &target.relationship);
    Document::new("OneToManyRelationshipMetadata", id, members)
}
