//! Tables as metadata.

use serde_json::{Value as Json, json};

use super::attributes::attribute;
use super::document::{Document, label, managed};
use super::relationships::{keys, many_to_many, many_to_one, one_to_many};
use crate::dataverse::schema::{Behaviour, ColumnId, Ownership, Schema, Table};

/// A table's definition.
pub(super) fn table<'a>(schema: &'a Schema, table: &'a Table) -> Document<'a> {
    let column = |id: ColumnId| table.column(id).logical_name.as_str();
    let ownership = match table.ownership {
        Ownership::User => "UserOwned",
        Ownership::Organization => "OrganizationOwned",
        Ownership::BusinessUnit => "BusinessOwned",
        Ownership::None => "None",
    };
    let mut members = json!({
        "LogicalName": table.logical_name,
        "SchemaName": table.schema_name,
        "EntitySetName": table.set_name,
        "CollectionSchemaName": table.set_name,
        "LogicalCollectionName": table.set_name,
        "PrimaryIdAttribute": column(table.key),
        "PrimaryNameAttribute": table.primary_name.map(column),
        "ObjectTypeCode": table.type_code,
        "OwnershipType": ownership,
        "TableType": "Standard",
        "IsActivity": table.behaviour == Behaviour::Activity,
        "IsActivityParty": table.behaviour != Behaviour::Activity,
        "IsCustomEntity": table.custom,
        "IsManaged": !table.custom,
        "IsPrivate": false,
        "IsIntersect": false,
        "HasActivities": false,
        "HasNotes": false,
        "ChangeTrackingEnabled": table.change_tracking,
        "CanChangeTrackingBeEnabled": managed(true),
        "IsValidForQueue": managed(table.behaviour == Behaviour::Activity),
        "IsOptimisticConcurrencyEnabled": true,
        "IsCustomizable": managed(true),
        "DataProviderId": null,
        "DisplayName": label(&table.display),
        "DisplayCollectionName": label(&table.display_collection),
        "Description": label(&table.description),
    });
    if let Json::Object(members) = &mut members {
        members.extend(table.facets.clone());
    }
    Document::new("EntityMetadata", table.metadata_id(), members)
        .many("Attributes", "AttributeMetadata", move || {
            table.columns.iter().map(|column| attribute(schema, table, column)).collect()
        })
        .many("Keys", "EntityKeyMetadata", move || keys(table))
        .many("ManyToOneRelationships", "OneToManyRelationshipMetadata", move || {
            many_to_one(schema, table)
        })
        .many("OneToManyRelationships", "OneToManyRelationshipMetadata", move || {
            one_to_many(schema, table)
        })
        .many("ManyToManyRelationships", "ManyToManyRelationshipMetadata", move || {
            many_to_many(schema, Some(table))
        })
}
