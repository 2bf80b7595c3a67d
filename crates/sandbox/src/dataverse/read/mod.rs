//! Answers to GET: rows, pages of rows, single columns, related rows and counts.

mod changes;
pub(super) mod collection;
pub(super) mod label;
pub(super) mod render;
pub(super) mod resource;
