//! Refusals: status, code and text as the Web API words them (reference, section 8).

use http::StatusCode;
use uuid::Uuid;

use super::schema::Table;

/// Outcome of one operation.
pub(super) type Outcome<T> = Result<T, Failure>;

/// One refused operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// HTTP status.
    pub(super) status: StatusCode,
    /// `error.code`.
    pub(super) code: &'static str,
    /// `error.message`.
    pub(super) message: String,
}

impl Failure {
    /// A refusal of any kind.
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// 400 with `code`.
    pub(super) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// A fault of URL or query syntax: 400 `0x0`.
    pub(super) fn syntax(message: impl Into<String>) -> Self {
        Self::bad_request("0x0", message)
    }

    /// A query option or combination that the service does not offer: 400 `0x80060888`.
    pub(super) fn unsupported_query(message: impl Into<String>) -> Self {
        Self::bad_request("0x80060888", message)
    }

    /// A fault of the body: 400 `0x80048d19`, in the wording that wraps all of them.
    pub(super) fn payload(inner: impl AsRef<str>) -> Self {
        Self::bad_request(
            "0x80048d19",
            format!(
                "Error identified in Payload provided by the user for Entity :'', For more \
                 information on this error please follow this help link \
                 https://go.microsoft.com/fwlink/?linkid=2195293  ---->  InnerException : \
                 Microsoft.OData.ODataException: {}",
                inner.as_ref()
            ),
        )
    }

    /// A bind or annotation of something that is no navigation property.
    pub(super) fn undeclared_bind(name: &str) -> Self {
        Self::payload(format!(
            "An undeclared property '{name}' which only has property annotations in the payload \
             but no property value was found in the payload. In OData, only declared navigation \
             properties and declared named streams can be represented as properties without values."
        ))
    }

    /// A property in a `$select`, `$filter` or `$orderby` that the type does not have.
    pub(super) fn unknown_property(name: &str, type_name: &str) -> Self {
        Self::syntax(format!(
            "Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{type_name}'."
        ))
    }

    /// A path segment that leads nowhere: 404 `0x8006088a`.
    pub(super) fn unknown_segment(name: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "0x8006088a",
            format!("Resource not found for the segment '{name}'."),
        )
    }

    /// 404 `0x80040217`: no row with this primary key.
    pub(super) fn row_not_found(table: &Table, id: Uuid) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "0x80040217",
            format!("{} With Id = {id} Does Not Exist", table.name_in_errors()),
        )
    }

    /// 412 `0x80040237`: the primary key (or the link) exists already.
    pub(super) fn duplicate_row() -> Self {
        Self::new(
            StatusCode::PRECONDITION_FAILED,
            "0x80040237",
            "A record with matching key values already exists.",
        )
    }

    /// 412 `0x80060882`: the ETag is not the row's.
    pub(super) fn version_mismatch() -> Self {
        Self::new(
            StatusCode::PRECONDITION_FAILED,
            "0x80060882",
            "The version of the existing record doesn't match the RowVersion property provided.",
        )
    }

    /// 405: this resource does not answer to the method.
    pub(super) fn method_not_allowed(method: &http::Method) -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "0x0",
            format!("The requested resource does not support http method '{method}'."),
        )
    }

    /// 501: the service has this, the simulator does not have it yet.
    pub(super) fn not_implemented(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_IMPLEMENTED,
            "0x80060888",
            format!("{what} is not implemented by the sandbox."),
        )
    }
}
