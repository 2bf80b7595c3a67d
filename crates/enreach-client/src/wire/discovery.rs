//! The answer of discovery: an array, of which the first element counts (reference, section 1.1).

use serde_json::Value;

use super::kind_of;
use crate::error::DiscoveryProblem;

/// The address in an answer, without the slash at its end.
pub(crate) fn api_endpoint(value: &Value) -> Result<&str, DiscoveryProblem> {
    let unusable = |reason: String| DiscoveryProblem::Unusable { reason, passing: false };
    let Value::Array(platforms) = value else {
        return Err(unusable(format!("expected an array, got {}", kind_of(value))));
    };
    let first = match platforms.first() {
        None => return Err(DiscoveryProblem::UnknownUser),
        Some(Value::Object(first)) => first,
        Some(other) => {
            return Err(unusable(format!("expected an array of objects, got {}", kind_of(other))));
        }
    };
    match first.get("apiEndpoint") {
        Some(Value::String(endpoint)) if !endpoint.trim().is_empty() => {
            let endpoint = endpoint.trim();
            Ok(endpoint.strip_suffix('/').unwrap_or(endpoint))
        }
        Some(Value::String(_)) => {
            Err(DiscoveryProblem::Endpoint { reason: "apiEndpoint is empty".to_owned() })
        }
        Some(other) => Err(DiscoveryProblem::Endpoint {
            reason: format!("apiEndpoint must be a text, got {}", kind_of(other)),
        }),
        None => Err(DiscoveryProblem::Endpoint { reason: "apiEndpoint is missing".to_owned() }),
    }
}
