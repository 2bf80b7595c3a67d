//! Building of answers: the headers that all have, error bodies, row answers.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Map, Value as Json, json};

use super::exchange::{Effort, Response};
use super::failure::Failure;
use super::prefer::Annotations;

/// Content type of rows and errors.
pub(super) const JSON: &str = "application/json; odata.metadata=minimal";
/// Address of a row that was written.
pub(super) const ENTITY_ID: HeaderName = HeaderName::from_static("odata-entityid");

/// An answer without body.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static("odata-version"), HeaderValue::from_static("4.0"));
    Response { status, headers, body: Bytes::new(), effort: Effort::default() }
}

/// An answer with a JSON object.
pub(super) fn json(status: StatusCode, members: Map<String, Json>) -> Response {
    let rows_returned = members.get("value").and_then(Json::as_array).map_or(0, Vec::len);
    let mut response = with_body(status, JSON, Json::Object(members).to_string());
    response.effort.rows_returned = rows_returned;
    response
}

/// An answer with any body.
pub(super) fn with_body(
    status: StatusCode,
    content_type: &str,
    body: impl Into<Bytes>,
) -> Response {
    let mut response = empty(status);
    set(&mut response.headers, header::CONTENT_TYPE, content_type);
    response.body = body.into();
    response
}

/// A refusal (reference, section 8.1); details only if the client wants such annotations.
pub(super) fn refusal(failure: &Failure, annotations: &Annotations) -> Response {
    const DETAILS: &str = "Microsoft.PowerApps.CDS.";
    let mut error = Map::new();
    error.insert("code".into(), failure.code.into());
    error.insert("message".into(), failure.message.as_str().into());
    let details = [
        ("ErrorDetails.OperationStatus", "0".to_owned()),
        ("ErrorDetails.SubErrorCode", "-2146233088".to_owned()),
        (
            "HelpLink",
            format!(
                "http://go.microsoft.com/fwlink/?LinkID=398563&error=Microsoft.Crm.CrmException%3a{}",
                failure.code.trim_start_matches("0x")
            ),
        ),
        ("TraceText", String::new()),
        ("InnerError.Message", failure.message.clone()),
    ];
    for (name, value) in details {
        let term = format!("{DETAILS}{name}");
        if annotations.want(&term) {
            error.insert(format!("@{term}"), value.into());
        }
    }
    with_body(failure.status, JSON, json!({ "error": error }).to_string())
}

/// Sets a header; a value that no header can hold is left out.
pub(super) fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
