//! From a request to its answer.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use sync_store::{EventSource, NewEvent, Opaque};
use tokio::time::{Instant, timeout_at};
use voice_model::TenantName;

use crate::answer::Answer;
use crate::event::{Heard, read};
use crate::intake::NotStored;
use crate::webhooks::{Doors, TIME_TO_ACKNOWLEDGE, WEBHOOKS};

/// Names of headers as Enreach sends them.
const TOKEN: &str = "x-benemen-token";
const EVENT: &str = "x-benemen-event";

/// `POST /webhooks/enreach/{tenant}`.
pub(crate) async fn receive(
    State(doors): State<Arc<Doors>>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let started = Instant::now();
    let name = path.map(|Path(name)| TenantName::new(name)).ok();
    let known = name.as_ref().and_then(|name| doors.tenants.get_key_value(name));
    let (label, answer) = match known {
        Some((tenant, token)) => {
            let is_token = |shown: &[u8]| token.as_ref().is_some_and(|token| token.is(shown));
            let answer = match only(request.headers(), TOKEN).is_some_and(is_token) {
                true => doors.admitted(tenant, request, started + doors.limits.deadline).await,
                false => Answer::WrongToken,
            };
            (tenant.as_str(), answer)
        }
        // What is not configured is no label: anybody could make new ones.
        None => ("", Answer::UnknownTenant),
    };
    let labels = [("tenant", label.to_owned()), ("answer", answer.name().to_owned())];
    metrics::counter!(WEBHOOKS, &labels).increment(1);
    if answer == Answer::Stored {
        let [tenant, _] = labels;
        metrics::histogram!(TIME_TO_ACKNOWLEDGE, &[tenant]).record(started.elapsed().as_secs_f64());
    }
    tracing::debug!(tenant = label, status = %answer.status(), "webhook: {}", answer.name());
    answer.into_response()
}

impl Doors {
    /// A request with the right token.
    async fn admitted(&self, tenant: &TenantName, request: Request, deadline: Instant) -> Answer {
        let (head, body) = request.into_parts();
        let body = match timeout_at(deadline, whole(body, self.limits.body_bytes)).await {
            Ok(Ok(body)) => body,
            Ok(Err(answer)) => return answer,
            Err(_) => return Answer::Incomplete,
        };
        let (key, number) = match read(&body, only(&head.headers, EVENT)) {
            Ok(Heard::Event { key, number }) => (key, number),
            Ok(Heard::Nothing) => return Answer::PassedOver,
            Err(_) => return Answer::Malformed,
        };
        let event = NewEvent {
            tenant: tenant.clone(),
            key,
            source: EventSource::Webhook,
            due_at: self.clock.now(),
            number,
            body: Opaque::new(body),
        };
        match timeout_at(deadline, self.desk.store(event)).await {
            Ok(Ok(())) => Answer::Stored,
            Ok(Err(NotStored::Full)) => Answer::Full,
            Ok(Err(NotStored::Failed)) | Err(_) => Answer::Unavailable,
        }
    }
}

/// A body that is not larger than it may be. What says beforehand that it is, is not read.
async fn whole(body: Body, limit_bytes: usize) -> Result<Bytes, Answer> {
    use axum::body::HttpBody;
    if body.size_hint().lower() > limit_bytes as u64 {
        return Err(Answer::TooLarge);
    }
    match Limited::new(body, limit_bytes).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Answer::TooLarge),
        Err(_) => Err(Answer::Incomplete),
    }
}

/// The value of a header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none()).map(|value| value.as_bytes())
}
