//! Which kind of operation a request is, as far as its cost goes.

use bytes::Bytes;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Resources that hold the schema; writing to them is the dearest thing of all.
const METADATA_SETS: [&str; 4] = [
    "EntityDefinitions",
    "RelationshipDefinitions",
    "GlobalOptionSetDefinitions",
    "ManagedPropertyDefinitions",
];

/// Actions that write the schema.
const METADATA_ACTIONS: [&str; 11] = [
    "CreateEntities",
    "CreateCustomerRelationships",
    "InsertStatusValue",
    "InsertOptionValue",
    "UpdateOptionValue",
    "UpdateStateValue",
    "DeleteOptionValue",
    "OrderOption",
    "PublishXml",
    "PublishAllXml",
    "ImportSolution",
];

const PREFIX: &str = "Microsoft.Dynamics.CRM.";

/// A kind of operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Nothing by itself: what is inside counts.
    Batch,
    Create,
    Update,
    Delete,
    /// One row, or a function without rows.
    ReadOne,
    /// Rows.
    Query,
    /// A page of change tracking.
    ChangePage,
    Action,
    MetadataWrite,
    /// `CreateMultiple` and `UpsertMultiple` with so many rows.
    CreateMany(usize),
    /// `UpdateMultiple` with so many rows.
    UpdateMany(usize),
}

impl Operation {
    /// Of a request; `path` is below the service's root, percent-encoded.
    pub(crate) fn of_request(
        method: &Method,
        path: &str,
        query: Option<&str>,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Self {
        match Self::of(method, path) {
            Self::Query if asks_for_changes(query, headers) => Self::ChangePage,
            Self::Action => many(path, body).unwrap_or(Self::Action),
            other => other,
        }
    }

    /// Of an operation inside a batch, of which no more is known.
    pub(crate) fn of(method: &Method, path: &str) -> Self {
        let path = path.trim_matches('/');
        let first = path.split('/').next().unwrap_or_default();
        let last = path.rsplit('/').next().unwrap_or_default();
        let head = first.split('(').next().unwrap_or_default();
        if head == "$batch" {
            return Self::Batch;
        }
        let is_metadata = METADATA_SETS.contains(&head);
        match *method {
            Method::GET | Method::HEAD => Self::of_read(head, last),
            _ if is_metadata || METADATA_ACTIONS.contains(&head) => Self::MetadataWrite,
            _ if path.ends_with("/$ref") => Self::Update,
            Method::DELETE => Self::Delete,
            Method::POST if is_unbound(head) || last.starts_with(PREFIX) => Self::Action,
            Method::POST => Self::Create,
            _ => Self::Update,
        }
    }

    fn of_read(head: &str, last: &str) -> Self {
        let is_function = is_unbound(head) && !METADATA_SETS.contains(&head);
        if head.is_empty() || is_function || last.ends_with(')') || last == "$value" {
            Self::ReadOne
        } else {
            Self::Query
        }
    }
}

/// Functions and actions begin with a capital letter, sets of rows with a small one.
fn is_unbound(head: &str) -> bool {
    head.starts_with(|letter: char| letter.is_ascii_uppercase())
}

/// By wish, by token, or with the link of an earlier page, whose token says so.
fn asks_for_changes(query: Option<&str>, headers: &HeaderMap) -> bool {
    let has_token = query.is_some_and(|query| {
        let query = percent_decode_str(query).decode_utf8_lossy();
        query.contains("$deltatoken=") || query.contains("istracking=")
    });
    let mut wishes = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    has_token || wishes.any(|wish| wish.contains("odata.track-changes"))
}

/// The operation of a bulk message, with the number of its rows.
fn many(path: &str, body: &Bytes) -> Option<Operation> {
    #[derive(Deserialize)]
    struct Targets {
        #[serde(rename = "Targets")]
        targets: Vec<IgnoredAny>,
    }
    let message = path.rsplit('/').next()?.strip_prefix(PREFIX)?;
    let operation: fn(usize) -> Operation = match message {
        "CreateMultiple" | "UpsertMultiple" => Operation::CreateMany,
        "UpdateMultiple" => Operation::UpdateMany,
        _ => return None,
    };
    let body: Targets = serde_json::from_slice(body).ok()?;
    Some(operation(body.targets.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[track_caller]
    fn check(request: &str, expected: Operation) {
        let (method, url) = request.split_once(' ').unwrap();
        let (path, query) =
            url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
        let body = Bytes::from_static(br#"{"Targets":[{},{"a":[1]},{}]}"#);
        let method = method.parse().unwrap();
        let found = Operation::of_request(&method, path, query, &HeaderMap::new(), &body);
        assert_eq!(found, expected, "{request}");
    }

    #[test]
    fn requests_are_told_apart_by_method_and_path() {
        check("POST phonecalls", Operation::Create);
        check("PATCH phonecalls(1)", Operation::Update);
        check("PUT contacts(1)/firstname", Operation::Update);
        check("DELETE contacts(1)", Operation::Delete);
        check("DELETE contacts(1)/parentcustomerid_account/$ref", Operation::Update);
        check("POST accounts(1)/contact_customer_accounts/$ref", Operation::Update);
        check("GET contacts(1)?$select=fullname", Operation::ReadOne);
        check("GET WhoAmI", Operation::ReadOne);
        check("GET RetrieveTotalRecordCount(EntityNames=['contact'])", Operation::ReadOne);
        check("GET contacts?$filter=lastname eq 'x'", Operation::Query);
        check("GET contacts/$count", Operation::Query);
        check("GET EntityDefinitions?$select=LogicalName", Operation::Query);
        check("GET EntityDefinitions(LogicalName='contact')", Operation::ReadOne);
        check("GET contacts?$deltatoken=919042%2108", Operation::ChangePage);
        check("GET contacts?%24deltatoken=919042%2108", Operation::ChangePage);
        check(
            "GET contacts?$skiptoken=%3Ccookie%20istracking=%22True%22%20/%3E",
            Operation::ChangePage,
        );
        check("POST queues(1)/Microsoft.Dynamics.CRM.AddToQueue", Operation::Action);
        check("POST BulkDelete", Operation::Action);
        check("POST $batch", Operation::Batch);
        check("POST contacts/Microsoft.Dynamics.CRM.CreateMultiple", Operation::CreateMany(3));
        check("POST contacts/Microsoft.Dynamics.CRM.UpsertMultiple", Operation::CreateMany(3));
        check("POST contacts/Microsoft.Dynamics.CRM.UpdateMultiple", Operation::UpdateMany(3));
        check("POST EntityDefinitions", Operation::MetadataWrite);
        check("PUT EntityDefinitions(1)/Attributes(2)", Operation::MetadataWrite);
        check("DELETE RelationshipDefinitions(1)", Operation::MetadataWrite);
        check("POST InsertStatusValue", Operation::MetadataWrite);
        check("POST PublishXml", Operation::MetadataWrite);
    }

    #[test]
    fn a_query_that_starts_change_tracking_is_a_page_of_changes() {
        let prefer = HeaderValue::from_static("odata.maxpagesize=5000,odata.track-changes");
        let headers =
            HeaderMap::from_iter([(http::header::HeaderName::from_static("prefer"), prefer)]);
        let found = Operation::of_request(&Method::GET, "contacts", None, &headers, &Bytes::new());
        assert_eq!(found, Operation::ChangePage);
    }
}
