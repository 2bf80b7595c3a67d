//! Who wants to be told of which events by itself.

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::order::{Manner, Order, check_names};
use crate::enreach::CallbackEvent;

/// The events that the sandbox sends by itself.
const EVENT_TYPES: [&str; 3] = ["CallbackCreated", "CallbackUpdated", "CallbackClosed"];

/// A subscription.
#[derive(Debug)]
pub(super) struct Subscription {
    manner: Manner,
    events: Vec<String>,
    /// Empty: all lists.
    lists: Vec<Uuid>,
}

/// What a subscription has beside its manner.
#[derive(Deserialize)]
struct Choice {
    #[serde(default = "created")]
    events: Vec<String>,
    #[serde(default)]
    lists: Vec<Uuid>,
}

fn created() -> Vec<String> {
    vec![EVENT_TYPES[0].to_owned()]
}

impl Subscription {
    /// Reads `{"url", "token", "events": […], "lists": […], …}`.
    pub(super) fn read(subscription: &Value) -> Result<Self, String> {
        check_names(subscription, &["events", "lists"])?;
        let manner = Manner::read(subscription)?;
        // An order without events shows whether the manner can be followed.
        Order::new(manner.clone(), Vec::new())?;
        let Choice { events, lists } =
            Choice::deserialize(subscription).map_err(|error| error.to_string())?;
        match events.iter().find(|name| !EVENT_TYPES.contains(&name.as_str())) {
            None => Ok(Self { manner, events, lists }),
            Some(other) => {
                Err(format!("events holds {other:?}; expected {}", EVENT_TYPES.join(", ")))
            }
        }
    }

    /// What to send, if any of the events is wanted.
    pub(super) fn order(&self, events: &[CallbackEvent]) -> Option<Order> {
        let wanted = |event: &&CallbackEvent| {
            self.events.iter().any(|name| name == event.event_type)
                && (self.lists.is_empty() || self.lists.contains(&event.list))
        };
        let wanted: Vec<_> = events.iter().filter(wanted).map(|event| event.body.clone()).collect();
        if wanted.is_empty() { None } else { Order::new(self.manner.clone(), wanted).ok() }
    }

    /// As the control API tells it.
    pub(super) fn told(&self) -> Value {
        json!({"url": self.manner.url, "events": self.events, "lists": self.lists})
    }
}
