//! A piece of metadata as JSON, with the pieces that it leads to.

use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

/// Type names begin with this.
pub(super) const NAMESPACE: &str = "Microsoft.Dynamics.CRM.";

/// A piece of metadata.
pub(super) struct Document<'a> {
    /// `StringAttributeMetadata`.
    pub(super) kind: &'static str,
    /// Plain members, `MetadataId` first.
    pub(super) members: Map<String, Json>,
    /// What it leads to.
    pub(super) related: Vec<Related<'a>>,
}

/// A navigation property of metadata.
pub(super) struct Related<'a> {
    /// `Attributes`.
    pub(super) name: &'static str,
    /// One document instead of many.
    pub(super) single: bool,
    /// Declared type of the documents; theirs may be more special.
    pub(super) declared: &'static str,
    /// Makes the documents.
    pub(super) load: Box<dyn Fn() -> Vec<Document<'a>> + 'a>,
}

impl<'a> Document<'a> {
    /// A document of a type with its id.
    pub(super) fn new(kind: &'static str, id: Uuid, members: Json) -> Self {
        let mut all = Map::new();
        all.insert("MetadataId".into(), id.to_string().into());
        if let Json::Object(members) = members {
            all.extend(members);
        }
        Self { kind, members: all, related: Vec::new() }
    }

    /// Adds a collection.
    pub(super) fn many(
        mut self,
        name: &'static str,
        declared: &'static str,
        load: impl Fn() -> Vec<Document<'a>> + 'a,
    ) -> Self {
        self.related.push(Related { name, single: false, declared, load: Box::new(load) });
        self
    }

    /// Adds a single document.
    pub(super) fn one(
        mut self,
        name: &'static str,
        declared: &'static str,
        load: impl Fn() -> Document<'a> + 'a,
    ) -> Self {
        let load = Box::new(move || vec![load()]);
        self.related.push(Related { name, single: true, declared, load });
        self
    }

    /// Adds a single document that is not there.
    pub(super) fn none(mut self, name: &'static str, declared: &'static str) -> Self {
        self.related.push(Related { name, single: true, declared, load: Box::new(Vec::new) });
        self
    }

    /// Whether the document is of a type or of one that the type stands for.
    pub(super) fn is(&self, kind: &str) -> bool {
        self.kind == kind
            || kind == "AttributeMetadata" && self.kind.ends_with("AttributeMetadata")
            || kind == "EnumAttributeMetadata"
                && [
                    "PicklistAttributeMetadata",
                    "StateAttributeMetadata",
                    "StatusAttributeMetadata",
                ]
                .contains(&self.kind)
            || kind == "OptionSetMetadataBase" && self.kind.ends_with("OptionSetMetadata")
            || kind == "RelationshipMetadataBase" && self.kind.ends_with("RelationshipMetadata")
    }

    /// A navigation property.
    pub(super) fn related(&self, name: &str) -> Option<&Related<'a>> {
        self.related.iter().find(|related| related.name == name)
    }
}

/// A label with its only language.
pub(super) fn label(text: &str) -> Json {
    let localized = json!({ "Label": text, "LanguageCode": 1033, "IsManaged": true });
    json!({ "LocalizedLabels": [localized], "UserLocalizedLabel": localized })
}

/// A property that solutions may lock.
pub(super) fn managed(value: bool) -> Json {
    json!({ "Value": value, "CanBeChanged": true, "ManagedPropertyLogicalName": "" })
}
