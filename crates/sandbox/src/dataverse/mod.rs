//! The Dataverse Web API as a deterministic machine: a request goes in, an answer comes out.

pub(crate) mod exchange;
mod identity;

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{HeaderMap, StatusCode};
use voice_model::Clock;

pub(crate) use identity::Identity;

/// Why rows of a world were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{set}[{row}]{}: {problem}", .column.as_ref().map(|name| format!(".{name}")).unwrap_or_default())]
pub(crate) struct LoadError {
    /// Entity set name as given.
    pub(crate) set: String,
    /// Position of the row in its array, with its key where it has one.
    pub(crate) row: String,
    /// The property at fault.
    pub(crate) column: Option<String>,
    /// What is wrong and what is expected.
    pub(crate) problem: String,
}

/// One Dataverse environment.
pub(crate) struct Dataverse;

impl Dataverse {
    pub(crate) fn new(_clock: Arc<dyn Clock>, _identity: Identity, _bare: bool) -> Self {
        Self
    }

    pub(crate) fn reset(&self) {}

    pub(crate) fn load(
        &self,
        _entity_set: &str,
        _rows: &[serde_json::Value],
    ) -> Result<usize, LoadError> {
        Ok(0)
    }

    pub(crate) fn load_world(
        &self,
        _world: &BTreeMap<String, Vec<serde_json::Value>>,
    ) -> Result<usize, LoadError> {
        Ok(0)
    }

    pub(crate) fn handle(
        &self,
        _request: &exchange::Request,
        _observer: &mut dyn exchange::BatchObserver,
    ) -> exchange::Response {
        exchange::Response {
            status: StatusCode::NOT_IMPLEMENTED,
            headers: HeaderMap::new(),
            body: bytes::Bytes::new(),
        }
    }

    pub(crate) fn set_closed_rows_read_only(&self, _on: bool) {}
}
