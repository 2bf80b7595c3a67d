//! The sender of webhooks (Enreach reference, section 8): on command, or by itself when callback
//! items come and go and somebody has subscribed.
//!
//! A delivery is tried up to four times: again after 1 s, 5 s and 30 s on a timeout, a lost
//! connection or a 5xx, never on a 4xx, then dropped. What a sender can do wrong can be asked for:
//! duplicates, another order, losses, a wrong token, delays.

mod delivery;
mod order;
mod subscription;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

pub(crate) use delivery::Delivery;
pub(crate) use order::Order;

use crate::enreach::CallbackEvent;
use subscription::Subscription;

/// How many deliveries are remembered.
const CAPACITY: usize = 10_000;

/// Subscriptions and what became of deliveries.
#[derive(Debug)]
pub(crate) struct Webhooks {
    runtime: Handle,
    stop: CancellationToken,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    subscriptions: Vec<Arc<Subscription>>,
    deliveries: VecDeque<Value>,
    /// Ends what runs when everything is reset.
    reset: CancellationToken,
    last_number: u64,
}

impl Webhooks {
    /// A sender whose own deliveries run until `stop` is cancelled.
    pub(crate) fn new(runtime: Handle, stop: CancellationToken) -> Self {
        let state = State {
            subscriptions: Vec::new(),
            deliveries: VecDeque::new(),
            reset: stop.child_token(),
            last_number: 0,
        };
        Self { runtime, stop, state: Mutex::new(state) }
    }

    /// Adds a subscription. Gives all.
    pub(crate) fn subscribe(&self, subscription: &Value) -> Result<Vec<Value>, String> {
        let subscription = Subscription::read(subscription)?;
        self.lock().subscriptions.push(Arc::new(subscription));
        Ok(self.subscriptions())
    }

    /// The subscriptions, without their tokens.
    pub(crate) fn subscriptions(&self) -> Vec<Value> {
        self.lock().subscriptions.iter().map(|it| it.told()).collect()
    }

    /// Ends all subscriptions. What is being delivered goes on.
    pub(crate) fn unsubscribe(&self) {
        self.lock().subscriptions.clear();
    }

    /// Forgets subscriptions and deliveries, and ends those that run.
    pub(crate) fn reset(&self) {
        let mut state = self.lock();
        state.reset.cancel();
        state.reset = self.stop.child_token();
        state.subscriptions.clear();
        state.deliveries.clear();
        state.last_number = 0;
    }

    /// What became of deliveries, oldest first; the newest [`CAPACITY`] are kept.
    pub(crate) fn deliveries(&self) -> Vec<Value> {
        self.lock().deliveries.iter().cloned().collect()
    }

    /// Sends what an order asks for, and gives the deliveries once all are over.
    pub(crate) async fn send(&self, order: &Order, now: DateTime<Utc>) -> Vec<Delivery> {
        let deliveries = order.carry_out().await;
        self.record(&deliveries, now);
        deliveries
    }

    /// Tells subscribers of events, in the background.
    pub(crate) fn publish(self: &Arc<Self>, events: &[CallbackEvent], now: DateTime<Utc>) {
        let (subscriptions, reset) = {
            let state = self.lock();
            (state.subscriptions.clone(), state.reset.clone())
        };
        for subscription in subscriptions {
            let Some(order) = subscription.order(events) else { continue };
            let (webhooks, reset) = (self.clone(), reset.clone());
            self.runtime.spawn(async move {
                let sent = reset.run_until_cancelled(order.carry_out()).await;
                // A reset may have come just after the last answer.
                if let (Some(deliveries), false) = (sent, reset.is_cancelled()) {
                    webhooks.record(&deliveries, now);
                }
            });
        }
    }

    fn record(&self, deliveries: &[Delivery], now: DateTime<Utc>) {
        let mut state = self.lock();
        for delivery in deliveries {
            state.last_number += 1;
            let mut row = json!({"number": state.last_number, "time": now});
            if let (Value::Object(row), Value::Object(told)) = (&mut row, json!(delivery)) {
                row.extend(told);
            }
            state.deliveries.push_back(row);
        }
        while state.deliveries.len() > CAPACITY {
            state.deliveries.pop_front();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
