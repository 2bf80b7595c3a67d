//! Tests of the workspace as a whole: what may depend on what, how manifests and folders look, and
//! that documents point to things that exist.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the workspace has failed")]

mod dependencies;
mod documents;
mod manifests;
mod workspace;
mod worlds;
