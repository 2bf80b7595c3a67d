//! Reading of query options: from text to conditions, selections and orders bound to a table.

pub(super) mod bind;
mod candidates;
pub(super) mod condition;
pub(super) mod expression;
pub(super) mod literal;
pub(super) mod options;
pub(super) mod order;
pub(super) mod parser;
pub(super) mod path;
pub(super) mod platform;
pub(super) mod shape;
