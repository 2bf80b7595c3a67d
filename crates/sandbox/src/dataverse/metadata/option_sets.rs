//! Global choices as metadata.

use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::attributes::choice;
use super::document::{Document, label, managed};
use crate::dataverse::schema::{OptionSetSpec, Schema, metadata_id};

/// `MetadataId` of a global choice.
pub(super) fn global_id(name: &str) -> Uuid {
    metadata_id(&format!("optionset/{name}"))
}

/// All global choices.
pub(super) fn all(schema: &Schema) -> Vec<Document<'_>> {
    schema.definitions().option_sets.iter().map(global).collect()
}

/// The global choice with a name.
pub(super) fn named<'a>(schema: &Schema, name: &str) -> Option<Document<'a>> {
    schema.definitions().option_sets.iter().find(|set| set.name == name).map(global)
}

fn global<'a>(set: &OptionSetSpec) -> Document<'a> {
    let options: Vec<Json> = set.options.iter().map(choice).collect();
    let members = json!({
        "Name": set.name,
        "IsGlobal": true,
        "IsManaged": false,
        "IsCustomOptionSet": true,
        "IsCustomizable": managed(true),
        "OptionSetType": "Picklist",
        "DisplayName": label(&set.display),
        "Description": label(&set.description),
        "Options": options,
    });
    Document::new("OptionSetMetadata", global_id(&set.name), members)
}
