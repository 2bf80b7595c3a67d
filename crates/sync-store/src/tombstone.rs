//! The mark that a call was logged once: it outlives the call's own record and an erasure.

use sha2::{Digest, Sha256};
use voice_model::CallId;

/// SHA-256 of the id of a call: tells whether a call that one holds was logged, and names none.
pub(crate) fn tombstone(call: &CallId) -> [u8; 32] {
    Sha256::digest(call.as_str().as_bytes()).into()
}
