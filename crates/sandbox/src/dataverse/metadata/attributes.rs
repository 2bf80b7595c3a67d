//! Columns as metadata, each with the members of its type.

use serde_json::{Map, Value as Json, json};

use super::document::{Document, label, managed};
use super::option_sets;
use crate::dataverse::schema::{
    Choice, Column, ColumnKind, Schema, StateOption, StatusOption, Table, metadata_id,
};
use crate::dataverse::value::Value;

/// Members that every attribute has: the ones that can be selected without naming a type.
pub(super) const COMMON: &[&str] = &[
    "MetadataId",
    "LogicalName",
    "SchemaName",
    "EntityLogicalName",
    "AttributeType",
    "AttributeTypeName",
    "AttributeOf",
    "IsPrimaryId",
    "IsPrimaryName",
    "IsCustomAttribute",
    "IsManaged",
    "IsLogical",
    "IsValidForCreate",
    "IsValidForRead",
    "IsValidForUpdate",
    "IsValidForAdvancedFind",
    "ColumnNumber",
    "RequiredLevel",
    "DisplayName",
    "Description",
];

/// A column's definition.
pub(super) fn attribute<'a>(
    schema: &'a Schema,
    table: &'a Table,
    column: &'a Column,
) -> Document<'a> {
    let (kind, attribute_type, own) = type_members(schema, column);
    let type_name = if column.kind == ColumnKind::File { "File" } else { attribute_type };
    let id = metadata_id(&format!("{}/{}", table.logical_name, column.logical_name));
    let mut members = common_members(table, column, attribute_type);
    members.insert("AttributeTypeName".into(), json!({ "Value": format!("{type_name}Type") }));
    members.extend(own);
    members.extend(column.facets.clone());
    let document = Document::new(kind, id, Json::Object(members));
    match &column.kind {
        ColumnKind::Choice(options) => choice_sets(document, schema, table, column, options),
        ColumnKind::State(options) => document.one("OptionSet", "OptionSetMetadata", move || {
            option_set(table, column, "State", options.iter().map(state).collect())
        }),
        ColumnKind::Status(options) => document.one("OptionSet", "OptionSetMetadata", move || {
            option_set(table, column, "Status", options.iter().map(status).collect())
        }),
        ColumnKind::Bool { yes, no } => {
            document.one("OptionSet", "BooleanOptionSetMetadata", move || {
                boolean_set(table, column, yes, no)
            })
        }
        _ => document,
    }
}

/// The options of a choice: its own, or those of a global choice.
fn choice_sets<'a>(
    document: Document<'a>,
    schema: &'a Schema,
    table: &'a Table,
    column: &'a Column,
    options: &'a [Choice],
) -> Document<'a> {
    let own = move || option_set(table, column, "Picklist", options.iter().map(choice).collect());
    match &column.option_set {
        None => document
            .one("OptionSet", "OptionSetMetadata", own)
            .none("GlobalOptionSet", "OptionSetMetadata"),
        Some(name) => {
            let global = move || option_sets::named(schema, name).unwrap_or_else(own);
            document.one("OptionSet", "OptionSetMetadata", global).one(
                "GlobalOptionSet",
                "OptionSetMetadata",
                global,
            )
        }
    }
}

fn common_members(table: &Table, column: &Column, attribute_type: &str) -> Map<String, Json> {
    let position = table.find(&column.logical_name);
    let members = json!({
        "LogicalName": column.logical_name,
        "SchemaName": column.schema_name,
        "EntityLogicalName": table.logical_name,
        "AttributeType": attribute_type,
        "AttributeOf": null,
        "IsPrimaryId": position == Some(table.key),
        "IsPrimaryName": position.is_some() && position == table.primary_name,
        "IsCustomAttribute": column.custom,
        "IsManaged": !column.custom,
        "IsLogical": false,
        "IsValidForCreate": column.on_create,
        "IsValidForRead": true,
        "IsValidForUpdate": column.on_update,
        "IsValidForAdvancedFind": managed(true),
        "ColumnNumber": position.map(|position| position.0 + 1),
        "RequiredLevel": {
            "Value": if column.required { "ApplicationRequired" } else { "None" },
            "CanBeChanged": true,
            "ManagedPropertyLogicalName": "canmodifyrequirementlevelsettings",
        },
        "DisplayName": label(&column.display),
        "Description": label(&column.description),
    });
    match members {
        Json::Object(members) => members,
        _ => Map::new(),
    }
}

/// Type, `AttributeType` and the members of that type.
fn type_members(
    schema: &Schema,
    column: &Column,
) -> (&'static str, &'static str, Map<String, Json>) {
    let (kind, attribute_type, members) = match &column.kind {
        ColumnKind::Key | ColumnKind::Guid => {
            ("UniqueIdentifierAttributeMetadata", "Uniqueidentifier", json!({}))
        }
        ColumnKind::Text { max, format } => (
            "StringAttributeMetadata",
            "String",
            json!({ "MaxLength": max, "Format": format, "FormatName": { "Value": format } }),
        ),
        ColumnKind::Memo { max } => {
            ("MemoAttributeMetadata", "Memo", json!({ "MaxLength": max, "Format": "TextArea" }))
        }
        ColumnKind::Int { min, max } => (
            "IntegerAttributeMetadata",
            "Integer",
            json!({ "MinValue": min, "MaxValue": max, "Format": "None" }),
        ),
        ColumnKind::Long => ("BigIntAttributeMetadata", "BigInt", json!({})),
        ColumnKind::Decimal => (
            "DecimalAttributeMetadata",
            "Decimal",
            json!({ "Precision": 2, "MinValue": -100_000_000_000.0, "MaxValue": 100_000_000_000.0 }),
        ),
        ColumnKind::Double => (
            "DoubleAttributeMetadata",
            "Double",
            json!({ "Precision": 2, "MinValue": -100_000_000_000.0, "MaxValue": 100_000_000_000.0 }),
        ),
        ColumnKind::Money => {
            ("MoneyAttributeMetadata", "Money", json!({ "Precision": 2, "PrecisionSource": 2 }))
        }
        ColumnKind::File => ("FileAttributeMetadata", "Virtual", json!({ "MaxSizeInKB": 32_768 })),
        ColumnKind::Date => (
            "DateTimeAttributeMetadata",
            "DateTime",
            json!({ "Format": "DateOnly", "DateTimeBehavior": { "Value": "DateOnly" } }),
        ),
        ColumnKind::Bool { .. } => (
            "BooleanAttributeMetadata",
            "Boolean",
            json!({ "DefaultValue": column.default == Some(Value::Bool(true)) }),
        ),
        ColumnKind::Instant { date_only } => (
            "DateTimeAttributeMetadata",
            "DateTime",
            json!({
                "Format": if *date_only { "DateOnly" } else { "DateAndTime" },
                "DateTimeBehavior": { "Value": "UserLocal" },
            }),
        ),
        ColumnKind::Choice(_) => (
            "PicklistAttributeMetadata",
            "Picklist",
            json!({ "DefaultFormValue": column.default.as_ref().and_then(Value::as_int).unwrap_or(-1) }),
        ),
        ColumnKind::State(_) => ("StateAttributeMetadata", "State", json!({})),
        ColumnKind::Status(_) => ("StatusAttributeMetadata", "Status", json!({})),
        ColumnKind::TableName => ("EntityNameAttributeMetadata", "EntityName", json!({})),
        ColumnKind::Lookup(lookup) => {
            let targets: Vec<&str> = lookup
                .targets
                .iter()
                .map(|target| schema.table(target.table).logical_name.as_str())
                .collect();
            ("LookupAttributeMetadata", lookup.attribute_type, json!({ "Targets": targets }))
        }
    };
    let members = match members {
        Json::Object(members) => members,
        _ => Map::new(),
    };
    (kind, attribute_type, members)
}

fn option_set<'a>(table: &Table, column: &Column, kind: &str, options: Vec<Json>) -> Document<'a> {
    let name = format!("{}_{}", table.logical_name, column.logical_name);
    let members = json!({
        "Name": name,
        "IsGlobal": false,
        "IsManaged": !column.custom,
        "OptionSetType": kind,
        "DisplayName": label(&column.display),
        "Options": options,
    });
    Document::new("OptionSetMetadata", metadata_id(&format!("options/{name}")), members)
}

fn boolean_set<'a>(table: &Table, column: &Column, yes: &str, no: &str) -> Document<'a> {
    let name = format!("{}_{}", table.logical_name, column.logical_name);
    let members = json!({
        "Name": name,
        "IsGlobal": false,
        "IsManaged": !column.custom,
        "OptionSetType": "Boolean",
        "DisplayName": label(&column.display),
        "TrueOption": { "Value": 1, "Label": label(yes) },
        "FalseOption": { "Value": 0, "Label": label(no) },
    });
    Document::new("BooleanOptionSetMetadata", metadata_id(&format!("options/{name}")), members)
}

/// An option of a choice.
pub(super) fn choice(option: &Choice) -> Json {
    json!({
        "Value": option.value,
        "Label": label(&option.label),
        "Description": label(""),
        "Color": null,
        "IsManaged": true,
    })
}

fn state(option: &StateOption) -> Json {
    json!({
        "@odata.type": "#Microsoft.Dynamics.CRM.StateOptionMetadata",
        "Value": option.value,
        "Label": label(&option.label),
        "Description": label(""),
        "Color": null,
        "IsManaged": true,
        "DefaultStatus": option.default_status,
        "InvariantName": option.label,
    })
}

fn status(option: &StatusOption) -> Json {
    json!({
        "@odata.type": "#Microsoft.Dynamics.CRM.StatusOptionMetadata",
        "Value": option.value,
        "Label": label(&option.label),
        "Description": label(""),
        "Color": null,
        "IsManaged": true,
        "State": option.state,
        "TransitionData": null,
    })
}
