//! Carries out a batch: its operations in order, its change sets whole or not at all.

use std::collections::HashSet;

use bytes::Bytes;
use http::{Method, StatusCode, header};

use super::change_set;
use super::multipart::{self, InnerRequest, Part, malformed};
use crate::dataverse::address::{below_service, rooted};
use crate::dataverse::exchange::{BatchObserver, Effort, Request, Response};
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::prefer::Preferences;
use crate::dataverse::reply;
use crate::dataverse::service::{self, State, Surroundings, URL_LIMIT};
use crate::dataverse::write::body::unknown_reference;
use crate::dataverse::write::work::References;

/// Operations in one batch (reference, section 6.1).
const MOST_OPERATIONS: usize = 1000;

/// Answers a `$batch` request.
pub(in crate::dataverse) fn run(
    state: &mut State,
    request: &Request,
    observer: &mut dyn BatchObserver,
    around: Surroundings<'_>,
) -> Response {
    match read(request) {
        Err(failure) => service::refuse(failure, request, around.ids),
        Ok(items) => {
            let around = Surroundings { url_limit: 2 * URL_LIMIT, ..around };
            Batch { state, outer: request, observer, around, effort: Effort::default() }
                .answer(&items)
        }
    }
}

/// An entry of a batch.
enum Item {
    /// A single operation.
    Operation(Outcome<InnerRequest>),
    /// Operations that stand and fall together, each with its `Content-ID`.
    ChangeSet(Outcome<Vec<(String, InnerRequest)>>),
}

/// Reads the batch as a whole, so that one too large or malformed changes nothing.
fn read(request: &Request) -> Outcome<Vec<Item>> {
    if request.method != Method::POST {
        return Err(Failure::method_not_allowed(&request.method));
    }
    let boundary = multipart::boundary(&request.headers)?;
    let parts = multipart::split(&request.body, &boundary)?;
    let items = parts.iter().map(item).collect::<Outcome<Vec<_>>>()?;
    let operations: usize = items
        .iter()
        .map(|item| match item {
            Item::ChangeSet(Ok(requests)) => requests.len(),
            _ => 1,
        })
        .sum();
    if operations > MOST_OPERATIONS {
        return Err(malformed(&format!(
            "The current operation count {operations} of the batch exceeds the maximum of \
             {MOST_OPERATIONS}."
        )));
    }
    Ok(items)
}

fn item(part: &Part) -> Outcome<Item> {
    let kind = part.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let multipart =
        kind.is_some_and(|kind| kind.trim().to_ascii_lowercase().starts_with("multipart/"));
    if !multipart {
        return Ok(Item::Operation(multipart::read_request(part)));
    }
    let boundary = multipart::boundary(&part.headers)?;
    let parts = multipart::split(&part.body, &boundary)?;
    let mut seen = HashSet::new();
    let requests = parts
        .iter()
        .map(|inner| {
            let content_id = content_id(inner)?;
            if !seen.insert(content_id.clone()) {
                return Err(malformed(&format!(
                    "The Content-ID '{content_id}' is used twice in one change set."
                )));
            }
            let mut request = multipart::read_request(inner)?;
            request.bare_line_feed |= part.bare_line_feed;
            Ok((content_id, request))
        })
        .collect();
    Ok(Item::ChangeSet(requests))
}

fn content_id(part: &Part) -> Outcome<String> {
    part.headers
        .get("content-id")
        .and_then(|value| value.to_str().ok())
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty())
        .ok_or_else(|| malformed("A part of a change set has no Content-ID."))
}

/// A batch being carried out.
pub(super) struct Batch<'a, 'b> {
    /// The environment.
    pub(super) state: &'a mut State,
    /// The request that holds the batch.
    pub(super) outer: &'a Request,
    /// Told of every operation.
    pub(super) observer: &'a mut dyn BatchObserver,
    /// Instant, ids, limits.
    pub(super) around: Surroundings<'b>,
    /// Of the operations so far.
    effort: Effort,
}

impl Batch<'_, '_> {
    fn answer(&mut self, items: &[Item]) -> Response {
        let go_on = Preferences::read(&self.outer.headers).continue_on_error;
        let boundary = format!("batchresponse_{}", self.around.ids.next());
        let mut body = Vec::new();
        let mut status = StatusCode::OK;
        for item in items {
            let outcome = match item {
                Item::Operation(request) => self.single(request, &boundary, &mut body),
                Item::ChangeSet(requests) => change_set::run(self, requests, &boundary, &mut body),
            };
            if !go_on && is_error(outcome) {
                status = outcome;
                break;
            }
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        let kind = format!("multipart/mixed; boundary={boundary}");
        let mut response = reply::with_body(status, &kind, body);
        response.effort = self.effort;
        if go_on {
            let name = http::HeaderName::from_static("preference-applied");
            reply::set(&mut response.headers, name, "odata.continue-on-error");
        }
        let id = self.around.ids.next().to_string();
        for name in ["x-ms-service-request-id", "req_id"] {
            reply::set(&mut response.headers, http::HeaderName::from_static(name), &id);
        }
        let hint = http::HeaderName::from_static("x-ms-dop-hint");
        reply::set(&mut response.headers, hint, "4");
        response
    }

    fn single(
        &mut self,
        request: &Outcome<InnerRequest>,
        boundary: &str,
        body: &mut Vec<u8>,
    ) -> StatusCode {
        let references = References::new();
        let response = match request {
            Err(failure) => self.refuse(failure.clone()),
            Ok(inner) => {
                self.state.store.begin();
                let response = self.operate(inner, &references);
                if is_error(response.status) {
                    self.state.store.roll_back(&self.state.schema);
                } else {
                    self.state.store.commit();
                }
                response
            }
        };
        multipart::write_response(body, boundary, None, &response);
        response.status
    }

    /// Carries out one operation, or takes the observer's answer in its place.
    pub(super) fn operate(&mut self, inner: &InnerRequest, references: &References) -> Response {
        let request = match self.unfold(inner, references) {
            Ok(request) => request,
            Err(failure) => {
                let (path, _) = split_query(&inner.url);
                let path = rooted(below_service(path));
                let response = self.refuse(failure);
                self.observer.after(&inner.method, &path, response.status);
                return response;
            }
        };
        let path = rooted(&request.path);
        let response = match self.observer.before(&request.method, &path) {
            Some(response) => response,
            None => self.carry_out(inner, &request, references),
        };
        self.effort += response.effort;
        self.observer.after(&request.method, &path, response.status);
        response
    }

    fn carry_out(
        &mut self,
        inner: &InnerRequest,
        request: &Request,
        references: &References,
    ) -> Response {
        if inner.bare_line_feed && !inner.body.is_empty() {
            return self.refuse(Failure::payload("Stream was not readable."));
        }
        if request.path == "$batch" {
            return self.refuse(malformed("A batch request cannot hold another batch request."));
        }
        if request.method == Method::GET {
            return service::read(self.state, request, self.around);
        }
        let mut response = service::write(self.state, request, references, self.around);
        if let Some(address) = response.headers.get(reply::ENTITY_ID).cloned() {
            response.headers.insert(header::LOCATION, address);
        }
        response
    }

    /// The inner request as one that came by itself.
    fn unfold(&self, inner: &InnerRequest, references: &References) -> Outcome<Request> {
        let (path, query) = split_query(&inner.url);
        let path = resolve_head(below_service(path), references)?;
        let body =
            if inner.body.trim_ascii().is_empty() { Bytes::new() } else { inner.body.clone() };
        Ok(Request {
            method: inner.method.clone(),
            path,
            query: query.map(str::to_owned),
            headers: inner.headers.clone(),
            body,
            base_url: self.outer.base_url.clone(),
            caller: self.outer.caller,
        })
    }

    /// A refusal as the answer to an inner operation.
    pub(super) fn refuse(&self, failure: Failure) -> Response {
        service::refuse(failure, self.outer, self.around.ids)
    }
}

/// Whether a status is a failure.
pub(super) fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

fn split_query(url: &str) -> (&str, Option<&str>) {
    url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)))
}

/// Puts the row that `$1` stands for in the place of a path's head.
fn resolve_head(path: &str, references: &References) -> Outcome<String> {
    let Some(rest) = path.strip_prefix('$') else { return Ok(path.to_owned()) };
    let (head, tail) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    if matches!(head, "batch" | "metadata") {
        return Ok(path.to_owned());
    }
    let row = references.get(head).ok_or_else(|| unknown_reference(head))?;
    Ok(format!("{row}{}", tail.trim_end_matches('/')))
}
