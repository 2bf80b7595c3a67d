//! One event on its way to one listener.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use serde::Serialize;
use serde_json::Value;

use crate::outbound::{self, Lost, Target};

/// Where to deliver, and how patiently.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub(super) target: Target,
    /// Sent as `X-Benemen-Token`.
    pub(super) token: Option<HeaderValue>,
    /// Pauses before the second try and those that follow.
    pub(super) schedule: Vec<Duration>,
    /// Time for one try.
    pub(super) timeout: Duration,
}

/// What became of one event.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Delivery {
    url: String,
    /// The event's `Id`, if it has one.
    event: Value,
    event_type: Option<String>,
    /// Whether the listener took it (2xx).
    delivered: bool,
    /// Lost on purpose, before the first try.
    dropped: bool,
    attempts: usize,
    /// Of the last answer; null if the last try brought none.
    status: Option<u16>,
    /// Statuses of all tries, in order; null where no answer came.
    statuses: Vec<Option<u16>>,
    /// Why the last try brought no answer.
    error: Option<String>,
}

impl Delivery {
    /// One that is lost on purpose.
    pub(super) fn dropped(route: &Route, event: &Value) -> Self {
        Self { dropped: true, ..Self::new(route, event) }
    }

    fn new(route: &Route, event: &Value) -> Self {
        Self {
            url: route.target.as_str().to_owned(),
            event: event.get("Id").cloned().unwrap_or(Value::Null),
            event_type: event.get("EventType").and_then(Value::as_str).map(str::to_owned),
            delivered: false,
            dropped: false,
            attempts: 0,
            status: None,
            statuses: Vec::new(),
            error: None,
        }
    }

    /// Tries until the event is taken, refused, or the schedule is used up.
    pub(super) async fn attempt(route: &Route, event: &Value) -> Self {
        let mut delivery = Self::new(route, event);
        let headers = headers(route, delivery.event_type.as_deref());
        let body = Bytes::from(event.to_string());
        let mut pauses = route.schedule.iter();
        loop {
            let goes_on = delivery.try_once(route, headers.clone(), body.clone()).await;
            match pauses.next() {
                Some(pause) if goes_on => tokio::time::sleep(*pause).await,
                _ => return delivery,
            }
        }
    }

    /// One try; whether another may help.
    async fn try_once(&mut self, route: &Route, headers: HeaderMap, body: Bytes) -> bool {
        let answer = outbound::post(&route.target, headers, body, route.timeout).await;
        self.attempts += 1;
        let status = answer.as_ref().ok().map(|reply| reply.status);
        self.delivered = status.is_some_and(|status| status.is_success());
        self.status = status.map(|status| status.as_u16());
        self.statuses.push(self.status);
        self.error = answer.err().map(|lost| match lost {
            Lost::Timeout => format!("no answer within {} ms", route.timeout.as_millis()),
            Lost::Connection(error) => error,
        });
        status.is_none_or(|status| status.is_server_error())
    }
}

fn headers(route: &Route, event_type: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(name) = event_type.and_then(|name| HeaderValue::from_str(name).ok()) {
        headers.insert("X-Benemen-Event", name);
    }
    if let Some(token) = &route.token {
        headers.insert("X-Benemen-Token", token.clone());
    }
    headers
}
