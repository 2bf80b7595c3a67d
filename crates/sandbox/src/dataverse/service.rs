//! One operation: the caller is checked, the path is routed, a refusal becomes an answer.
//!
//! Transactions are the business of whoever calls: a request by itself, or a change set.

use chrono::{DateTime, Utc};
use http::{HeaderName, Method, StatusCode};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::address::parse_path;
use super::exchange::{Request, Response};
use super::failure::{Failure, Outcome};
use super::functions;
use super::ids::IdSource;
use super::messages;
use super::metadata;
use super::prefer::Preferences;
use super::query::options::Options;
use super::read::collection::context;
use super::read::resource;
use super::reply;
use super::row::RowRef;
use super::schema::Schema;
use super::store::Store;
use super::value::Value;
use super::view::{Context, SERVICE_PATH, View};
use super::write::bulk_delete;
use super::write::ownership::disabled;
use super::write::requests;
use super::write::work::{References, Work};

/// Letters in a URL; in a batch twice as many (reference, section 4.1).
pub(super) const URL_LIMIT: usize = 32_768;

/// Tables, rows and switches of one environment.
#[derive(Debug)]
pub(super) struct State {
    /// Tables.
    pub(super) schema: Schema,
    /// Rows.
    pub(super) store: Store,
    /// Closed activities refuse changes.
    pub(super) closed_rows_read_only: bool,
}

/// What an operation needs besides the state.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings<'a> {
    /// Instant at which the request came in.
    pub(super) now: DateTime<Utc>,
    /// New ids.
    pub(super) ids: &'a IdSource,
    /// Most letters in a URL.
    pub(super) url_limit: usize,
}

/// Answers a GET.
pub(super) fn read(state: &State, request: &Request, around: Surroundings<'_>) -> Response {
    let answer = || {
        let (options, path) = parse(request, around)?;
        let context = caller(state, request, around.now)?;
        let view = View { schema: &state.schema, store: &state.store, context: &context };
        let Some(first) = path.first() else { return Ok(service_document(view)) };
        if let Some(answer) = functions::call(view, &request.method, first, &options) {
            return answer;
        }
        match first.name.as_str() {
            "$metadata" => metadata::csdl(view),
            "RetrieveMetadataChanges" => metadata::changes(view, first, &options),
            name if metadata::is_metadata(name) => metadata::get(view, &path, &options),
            messages::SET => messages::get(view, &path, &options),
            _ => resource::get(view, request, &path, &options),
        }
    };
    finish(answer(), request, around.ids)
}

/// Carries out a write. The caller opens the transaction, and undoes it if the answer is an error.
pub(super) fn write(
    state: &mut State,
    request: &Request,
    references: &References,
    around: Surroundings<'_>,
) -> Response {
    let answer = |state: &mut State| {
        let (options, path) = parse(request, around)?;
        let context = caller(state, request, around.now)?;
        let Some(first) = path.first() else {
            return Err(Failure::method_not_allowed(&request.method));
        };
        let view = View { schema: &state.schema, store: &state.store, context: &context };
        if let Some(answer) = functions::call(view, &request.method, first, &options) {
            return answer;
        }
        if let Some(answer) = functions::act(&request.method, first, &request.body) {
            return answer;
        }
        if metadata::is_metadata(&first.name) || metadata::is_action(&first.name) {
            return metadata::write(state, &context, request, &path, &options);
        }
        let bulk_delete = first.name == "BulkDelete" && request.method == Method::POST;
        let mut work = Work {
            schema: &state.schema,
            store: &mut state.store,
            context: &context,
            ids: around.ids,
            references,
            closed_rows_read_only: state.closed_rows_read_only,
        };
        if bulk_delete {
            return bulk_delete::answer(&mut work, &request.body);
        }
        requests::write(&mut work, request, &path, &options)
    };
    let outcome = match request.method {
        Method::POST | Method::PATCH | Method::PUT | Method::DELETE => answer(state),
        _ => Err(Failure::method_not_allowed(&request.method)),
    };
    finish(outcome, request, around.ids)
}

/// A refusal as the answer to a request.
pub(super) fn refuse(failure: Failure, request: &Request, ids: &IdSource) -> Response {
    finish(Err(failure), request, ids)
}

fn parse(
    request: &Request,
    around: Surroundings<'_>,
) -> Outcome<(Options, Vec<super::address::Segment>)> {
    let query = request.query.as_deref();
    let length = request.base_url.len()
        + SERVICE_PATH.len()
        + request.path.len()
        + query.map_or(0, |query| query.len() + 1);
    if length > around.url_limit {
        return Err(Failure::new(
            StatusCode::URI_TOO_LONG,
            "0x0",
            format!("The URL has {length} characters; at most {} are read.", around.url_limit),
        ));
    }
    let options = Options::parse(query)?;
    let path = parse_path(&request.path)?;
    let is_root = matches!(path.as_slice(), [only] if only.name.is_empty() && only.key.is_none());
    Ok((options, if is_root { Vec::new() } else { path }))
}

/// In whose name the request acts (reference, sections 1.2 and 1.3).
fn caller(state: &State, request: &Request, now: DateTime<Utc>) -> Outcome<Context> {
    let users = state.schema.find("systemuser").ok_or_else(not_a_member)?;
    let row = |id: Uuid| state.store.row(RowRef::new(users.id, id));
    let cell = |id: Uuid, column: &str| row(id)?.get(users.find(column)?);
    let check = |id: Uuid, absent: Failure| {
        row(id).ok_or(absent)?;
        if cell(id, "isdisabled") == Some(&Value::Bool(true)) {
            return Err(Failure {
                status: StatusCode::FORBIDDEN,
                ..disabled(RowRef::new(users.id, id))
            });
        }
        Ok(())
    };
    check(request.caller, not_a_member())?;
    let header = |name: &str| {
        let text = request.headers.get(name)?.to_str().ok()?.trim();
        Some(Uuid::try_parse(text).map_err(|_| {
            Failure::bad_request(
                "0x80060888",
                format!("The header {name} is not a GUID: '{text}'."),
            )
        }))
    };
    let impersonated = match (header("callerobjectid"), header("mscrmcallerid")) {
        (Some(object), _) => {
            let object = Value::Guid(object?);
            let found = state
                .store
                .rows(users.id)
                .keys()
                .find(|id| cell(**id, "azureactivedirectoryobjectid") == Some(&object));
            Some(*found.ok_or_else(not_a_member)?)
        }
        (None, Some(id)) => Some(id?),
        (None, None) => None,
    };
    let behind = impersonated.filter(|id| *id != request.caller);
    if let Some(id) = behind {
        check(id, not_a_member())?;
    }
    Ok(Context {
        now,
        caller: behind.unwrap_or(request.caller),
        on_behalf_by: behind.map(|_| request.caller),
        base_url: request.base_url.clone(),
    })
}

fn not_a_member() -> Failure {
    Failure::new(
        StatusCode::FORBIDDEN,
        "0x80072560",
        "The user is not a member of the organization.",
    )
}

fn service_document(view: View<'_>) -> Response {
    let sets: Vec<Json> = view
        .schema
        .tables()
        .iter()
        .filter(|table| !table.set_name.is_empty())
        .map(|table| json!({ "name": table.set_name, "kind": "EntitySet", "url": table.set_name }))
        .collect();
    let mut members = Map::new();
    members.insert("@odata.context".into(), context(view, "").trim_end_matches('#').into());
    members.insert("value".into(), Json::Array(sets));
    reply::json(StatusCode::OK, members)
}

/// Turns a refusal into an answer and adds the headers that every answer has.
fn finish(outcome: Outcome<Response>, request: &Request, ids: &IdSource) -> Response {
    let mut response = outcome.unwrap_or_else(|failure| {
        let wishes = Preferences::read(&request.headers);
        reply::refusal(&failure, &wishes.annotations)
    });
    let id = ids.next().to_string();
    for name in ["x-ms-service-request-id", "req_id"] {
        reply::set(&mut response.headers, HeaderName::from_static(name), &id);
    }
    reply::set(&mut response.headers, HeaderName::from_static("x-ms-dop-hint"), "4");
    response
}
