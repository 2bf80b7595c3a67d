//! Control of what the sandbox sends by itself: webhooks and smart-routing questions.

use http::Method;
use serde_json::json;

use super::{Refusal, done, parsed};
use crate::routing_calls::Question;
use crate::server::{Answer, Received};
use crate::simulators::Simulators;
use crate::webhooks::Order;

/// Answers a request to one of their paths; `None` for a method that is not served.
pub(super) async fn answer(
    simulators: &Simulators,
    received: &Received,
    path: &str,
) -> Option<Result<Answer, Refusal>> {
    let webhooks = &simulators.webhooks;
    Some(match (&received.method, path) {
        (&Method::POST, "/webhooks") => send(simulators, received).await,
        (&Method::GET, "/webhooks") => done(&webhooks.deliveries()),
        (&Method::POST, "/webhooks/subscriptions") => parsed(received).and_then(|subscription| {
            done(&webhooks.subscribe(&subscription).map_err(Refusal::bad_request)?)
        }),
        (&Method::GET, "/webhooks/subscriptions") => done(&webhooks.subscriptions()),
        (&Method::DELETE, "/webhooks/subscriptions") => {
            webhooks.unsubscribe();
            done(&webhooks.subscriptions())
        }
        (&Method::POST, "/routing-calls") => ask(simulators, received).await,
        (&Method::GET, "/routing-calls") => done(&simulators.routing_calls.outcomes()),
        _ => return None,
    })
}

async fn send(simulators: &Simulators, received: &Received) -> Result<Answer, Refusal> {
    let order = Order::read(&parsed(received)?).map_err(Refusal::bad_request)?;
    let deliveries = simulators.webhooks.send(&order, simulators.clock.now()).await;
    done(&json!({"deliveries": deliveries}))
}

async fn ask(simulators: &Simulators, received: &Received) -> Result<Answer, Refusal> {
    let question = Question::read(&parsed(received)?).map_err(Refusal::bad_request)?;
    done(&simulators.routing_calls.ask(&question).await)
}
