//! Rows of `GET /servicecall` (reference, section 3): rows as of `GET /calls`, of which each is a
//! queue call unless it says otherwise.

use serde_json::{Map, Value};

use super::calls;
use crate::{CallRow, RowKind};

/// Reads a row; it needs a call id.
pub(crate) fn read(row: Map<String, Value>) -> Result<CallRow, String> {
    let mut row = calls::read(row)?;
    if row.kind == RowKind::Unknown {
        row.kind = RowKind::Service;
    }
    Ok(row)
}
