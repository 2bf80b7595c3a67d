//! Reads of metadata: `EntityDefinitions`, their attributes, relationships and keys
//! (reference, section 9).

mod attributes;
mod document;
mod filter;
mod relationships;
mod resource;
mod tables;

pub(super) use resource::get;

/// Entity sets of metadata.
pub(super) fn is_metadata(set: &str) -> bool {
    ["EntityDefinitions", "RelationshipDefinitions", "GlobalOptionSetDefinitions"].contains(&set)
}
