//! An order to send events, with what shall go wrong on the way.

use std::fmt;
use std::time::Duration;

use futures::future::join_all;
use http::HeaderValue;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::delivery::{Delivery, Route};
use crate::outbound::Target;

/// Pauses between tries, and the time for one (Enreach reference, section 8).
const SCHEDULE_MS: [u64; 3] = [1_000, 5_000, 30_000];
const TIMEOUT_MS: u64 = 5_000;
/// Longest pause and delay, so that a mistyped number cannot hold a connection for days.
const LONGEST_MS: u64 = 600_000;
/// Most deliveries of one order.
const MOST_DELIVERIES: usize = 10_000;

/// How events are sent, on command and by subscription alike.
#[derive(Clone, Deserialize)]
pub(super) struct Manner {
    pub(super) url: String,
    /// Sent as `X-Benemen-Token`; absent: no such header.
    token: Option<String>,
    /// How often each event is sent, with the same `Id`.
    #[serde(default = "one")]
    copies: usize,
    /// Sends in reverse order.
    #[serde(default)]
    reorder: bool,
    /// Loses so many deliveries at the beginning; `true`: all.
    #[serde(default, deserialize_with = "losses")]
    drop: usize,
    /// Sends another token than the one given.
    #[serde(default)]
    bad_token: bool,
    /// Pause before the first delivery.
    #[serde(default)]
    delay_ms: u64,
    /// Sends all at once instead of one after the other.
    #[serde(default)]
    parallel: bool,
    /// Pauses before the tries after the first.
    schedule_ms: Option<Vec<u64>>,
    /// Time for one try.
    timeout_ms: Option<u64>,
}

/// Fields of [`Manner`], for messages.
pub(super) const MANNER: [&str; 10] = [
    "url",
    "token",
    "copies",
    "reorder",
    "drop",
    "bad_token",
    "delay_ms",
    "parallel",
    "schedule_ms",
    "timeout_ms",
];

/// Events to be sent in some manner.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    route: Route,
    manner: Manner,
    events: Vec<Value>,
}

fn one() -> usize {
    1
}

/// `true`, `false`, or a number.
fn losses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Bool(true) => Ok(usize::MAX),
        Value::Bool(false) | Value::Null => Ok(0),
        other => other.as_u64().and_then(|count| usize::try_from(count).ok()).ok_or_else(|| {
            serde::de::Error::custom(format!("drop is {other}; expected true or a number"))
        }),
    }
}

impl Order {
    /// Reads `{"url", "token", "event": {…}, …}`; `event` may be a list of events.
    pub(crate) fn read(order: &Value) -> Result<Self, String> {
        check_names(order, &["event"])?;
        let manner = Manner::read(order)?;
        let event = order
            .get("event")
            .ok_or_else(|| "event is missing; expected an event or a list of events".to_owned())?;
        let events = match event {
            Value::Array(events) => events.clone(),
            one => vec![one.clone()],
        };
        Self::new(manner, events)
    }

    /// Events in a manner that was read before.
    pub(super) fn new(manner: Manner, events: Vec<Value>) -> Result<Self, String> {
        if events.len().saturating_mul(manner.copies) > MOST_DELIVERIES {
            return Err(format!("that would be more than {MOST_DELIVERIES} deliveries"));
        }
        Ok(Self { route: manner.route()?, manner, events })
    }

    /// Sends everything; ends when the last delivery is taken, refused or given up.
    pub(crate) async fn carry_out(&self) -> Vec<Delivery> {
        tokio::time::sleep(Duration::from_millis(self.manner.delay_ms)).await;
        let sent = self.sequence();
        let deliver = |(place, event): (usize, &Value)| {
            let (event, is_lost) = (event.clone(), place < self.manner.drop);
            async move {
                if is_lost {
                    Delivery::dropped(&self.route, &event)
                } else {
                    Delivery::attempt(&self.route, &event).await
                }
            }
        };
        if self.manner.parallel {
            return join_all(sent.into_iter().enumerate().map(deliver)).await;
        }
        let mut deliveries = Vec::new();
        for numbered in sent.into_iter().enumerate() {
            deliveries.push(deliver(numbered).await);
        }
        deliveries
    }

    /// The events as they are sent: all once, then all again.
    fn sequence(&self) -> Vec<&Value> {
        let mut sent: Vec<_> = self.events.iter().collect();
        if self.manner.reorder {
            sent.reverse();
        }
        sent.repeat(self.manner.copies)
    }
}

impl fmt::Debug for Manner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manner").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Manner {
    /// Reads the fields of a manner from an object with others beside them.
    pub(super) fn read(object: &Value) -> Result<Self, String> {
        Self::deserialize(object).map_err(|error| error.to_string())
    }

    fn route(&self) -> Result<Route, String> {
        let schedule = self.schedule_ms.as_deref().unwrap_or(&SCHEDULE_MS);
        let timeout = self.timeout_ms.unwrap_or(TIMEOUT_MS);
        let longest = schedule.iter().copied().chain([timeout, self.delay_ms]).max();
        if longest.is_some_and(|longest| longest > LONGEST_MS) {
            return Err(format!("times are at most {LONGEST_MS} ms"));
        }
        let token = self
            .token
            .as_ref()
            .map(|token| if self.bad_token { format!("not-{token}") } else { token.clone() });
        let token = token.map(HeaderValue::try_from).transpose();
        let mut token = token.map_err(|_| "token cannot be sent in a header".to_owned())?;
        if let Some(token) = &mut token {
            token.set_sensitive(true);
        }
        Ok(Route {
            target: Target::read(&self.url)?,
            token,
            schedule: schedule.iter().copied().map(Duration::from_millis).collect(),
            timeout: Duration::from_millis(timeout),
        })
    }
}

/// Refuses fields that are neither of a manner nor among `others`.
pub(super) fn check_names(object: &Value, others: &[&str]) -> Result<(), String> {
    let Value::Object(fields) = object else {
        return Err(format!("expected an object with at least \"url\", got {object}"));
    };
    let known = |name: &&String| MANNER.contains(&name.as_str()) || others.contains(&name.as_str());
    match fields.keys().find(|name| !known(name)) {
        None => Ok(()),
        Some(other) => {
            let all: Vec<_> = MANNER.iter().chain(others).copied().collect();
            Err(format!("{other} is unknown; expected some of {}", all.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn order(options: Value) -> Result<Order, String> {
        let mut order = json!({"url": "http://127.0.0.1:9/x", "event": [{"Id": 1}, {"Id": 2}]});
        order.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
        Order::read(&order)
    }

    #[test]
    fn copies_follow_the_whole_sequence() {
        let ids = |options| {
            let order = order(options).unwrap();
            order
                .sequence()
                .into_iter()
                .map(|event| event["Id"].as_u64().unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(json!({})), [1, 2]);
        assert_eq!(ids(json!({"copies": 2})), [1, 2, 1, 2]);
        assert_eq!(ids(json!({"copies": 2, "reorder": true})), [2, 1, 2, 1]);
    }

    #[test]
    fn the_documented_schedule_holds_unless_another_is_given() {
        let waits = |options| {
            let route = order(options).unwrap().route;
            (route.schedule.iter().map(Duration::as_millis).collect::<Vec<_>>(), route.timeout)
        };
        assert_eq!(waits(json!({})), (vec![1_000, 5_000, 30_000], Duration::from_secs(5)));
        let own = json!({"schedule_ms": [1, 2], "timeout_ms": 3});
        assert_eq!(waits(own), (vec![1, 2], Duration::from_millis(3)));
    }

    #[test]
    fn tokens_can_be_wrong_and_are_never_shown() {
        let token = |options| order(options).unwrap().route.token;
        assert_eq!(token(json!({"token": "s3cret"})).unwrap(), "s3cret");
        assert_eq!(token(json!({"token": "s3cret", "bad_token": true})).unwrap(), "not-s3cret");
        assert_eq!(token(json!({})), None);
        let shown = format!("{:?}", order(json!({"token": "s3cret"})).unwrap());
        assert!(!shown.contains("s3cret"), "{shown}");
    }

    #[test]
    fn bad_orders_are_refused_with_what_is_allowed() {
        let check = |options, hint: &str| {
            let error = order(options).unwrap_err();
            assert!(error.contains(hint), "{error}");
        };
        check(json!({"urls": 1}), "bad_token");
        check(json!({"url": "https://example.com"}), "on this machine only");
        check(json!({"drop": "some"}), "true or a number");
        check(json!({"copies": 9_999_999}), "more than");
        check(json!({"delay_ms": 10_000_000}), "at most");
        check(json!({"token": "a\nb"}), "header");
        assert!(Order::read(&json!([])).unwrap_err().contains("object"));
        let without = json!({"url": "http://127.0.0.1:9"});
        assert!(Order::read(&without).unwrap_err().contains("event is missing"));
    }
}
