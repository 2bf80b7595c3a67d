//! Change sets: all operations take effect, or none does (reference, section 6.2).

use http::{Method, StatusCode};

use super::multipart::{self, InnerRequest};
use super::run::{Batch, is_error};
use crate::dataverse::address::below_service;
use crate::dataverse::exchange::Response;
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::metadata;
use crate::dataverse::reply;
use crate::dataverse::write::work::References;

/// Carries out a change set and writes its answer: a part for each operation, or only the one of
/// the operation that failed, with its Content-ID. A set that cannot be read is answered by an error
/// in its place.
pub(super) fn run(
    batch: &mut Batch<'_, '_>,
    requests: &Outcome<Vec<(String, InnerRequest)>>,
    boundary: &str,
    body: &mut Vec<u8>,
) -> StatusCode {
    let outcome = match requests {
        Err(failure) => Err(Box::new(batch.refuse(failure.clone()))),
        Ok(requests) => all_or_nothing(batch, requests),
    };
    match outcome {
        Err(response) => {
            multipart::write_response(body, boundary, None, &response);
            response.status
        }
        Ok(responses) => {
            let inner = format!("changesetresponse_{}", batch.around.ids.next());
            let head =
                format!("--{boundary}\r\nContent-Type: multipart/mixed; boundary={inner}\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            for (content_id, response) in &responses {
                multipart::write_response(body, &inner, Some(content_id), response);
            }
            body.extend_from_slice(format!("--{inner}--\r\n").as_bytes());
            let failed =
                responses.iter().map(|(_, response)| response.status).find(|s| is_error(*s));
            failed.unwrap_or(StatusCode::OK)
        }
    }
}

/// The answers by Content-ID: all of them, or only the one that undid the others. `Err` if the set
/// was not begun.
fn all_or_nothing(
    batch: &mut Batch<'_, '_>,
    requests: &[(String, InnerRequest)],
) -> Result<Vec<(String, Response)>, Box<Response>> {
    if requests.iter().any(|(_, request)| request.method == Method::GET) {
        return Err(Box::new(batch.refuse(Failure::payload(
            "An invalid HTTP method 'GET' was detected for a request in a change set. Requests in \
             change sets only support the HTTP methods 'POST', 'PUT', 'DELETE', and 'PATCH'.",
        ))));
    }
    if requests.iter().any(|(_, request)| metadata::is_write(below_service(&request.url))) {
        return Err(Box::new(batch.refuse(Failure::not_implemented("Metadata in a change set"))));
    }
    batch.state.store.begin();
    let mut references = References::new();
    let mut responses = Vec::new();
    for (content_id, request) in requests {
        let response = batch.operate(request, &references);
        if is_error(response.status) {
            batch.state.store.roll_back(&batch.state.schema);
            return Ok(vec![(content_id.clone(), response)]);
        }
        if let Some(row) = written_row(&response) {
            references.insert(content_id.clone(), row);
        }
        responses.push((content_id.clone(), response));
    }
    batch.state.store.commit();
    Ok(responses)
}

/// The row that an answer names: `phonecalls(6f1c…)`.
fn written_row(response: &Response) -> Option<String> {
    let address = response
        .headers
        .get(reply::ENTITY_ID)
        .or_else(|| response.headers.get(http::header::LOCATION))?;
    address.to_str().ok().map(|address| below_service(address).to_owned())
}
