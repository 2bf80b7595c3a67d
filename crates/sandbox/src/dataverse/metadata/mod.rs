//! Metadata: definitions of tables, columns, relationships, keys and global choices, read and
//! written (reference, section 9), and the same as one document of the whole service.

mod attributes;
mod changes;
mod csdl;
mod document;
mod filter;
mod option_sets;
mod relationships;
mod resource;
mod tables;
mod write;

pub(super) use changes::changes;
pub(super) use csdl::csdl;
pub(super) use resource::get;
pub(super) use write::{is_action, write};

/// Whether a path below the service, of a request that is no GET, changes metadata.
pub(super) fn is_write(path: &str) -> bool {
    let end = path.find(['(', '/', '?']).unwrap_or(path.len());
    is_metadata(&path[..end]) || is_action(&path[..end])
}

/// Entity sets of metadata.
pub(super) fn is_metadata(set: &str) -> bool {
    ["EntityDefinitions", "RelationshipDefinitions", "GlobalOptionSetDefinitions"].contains(&set)
}
