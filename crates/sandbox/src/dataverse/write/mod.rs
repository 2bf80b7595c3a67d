//! Writes: from a body to changed rows, under the rules of the platform.

pub(super) mod body;
pub(super) mod bulk_delete;
pub(super) mod completion;
pub(super) mod convert;
pub(super) mod multiple;
pub(super) mod ownership;
pub(super) mod parties;
pub(super) mod queueing;
pub(super) mod references;
pub(super) mod requests;
pub(super) mod rows;
pub(super) mod state;
pub(super) mod work;
