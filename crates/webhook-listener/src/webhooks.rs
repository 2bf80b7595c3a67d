//! What the listener is made of.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::routing::post;
use secrecy::SecretString;
use sync_store::Store;
use voice_model::{Clock, TenantName};

use crate::intake::{Desk, Wake, start};
use crate::receive::receive;
use crate::token::Token;
use crate::{Intake, WebhookLimits};

/// Webhooks by tenant and answer.
pub(crate) const WEBHOOKS: &str = "voice_webhooks_total";
/// From the head of a request to its 200, the commit included.
pub(crate) const TIME_TO_ACKNOWLEDGE: &str = "voice_webhook_acknowledge_seconds";

const PATH: &str = "/webhooks/enreach/{tenant}";

/// A tenant that takes webhooks.
#[derive(Debug, Clone)]
pub struct WebhookTenant {
    /// Its name, the last part of the path.
    pub name: TenantName,
    /// What Enreach sends as `X-Benemen-Token`. An empty one lets nobody in.
    pub token: SecretString,
}

/// The listener, before it is started.
pub struct Webhooks {
    tenants: HashMap<TenantName, Option<Token>>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    wake: Wake,
    limits: WebhookLimits,
}

impl fmt::Debug for Webhooks {
    // Without tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhooks")
            .field("tenants", &self.tenants.keys())
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Webhooks {
    /// Takes webhooks of these tenants into a store, with the usual limits.
    pub fn new(
        tenants: impl IntoIterator<Item = WebhookTenant>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let tenants = tenants.into_iter().map(|tenant| (tenant.name, Token::new(&tenant.token)));
        Self {
            tenants: tenants.collect(),
            store,
            clock,
            wake: Arc::new(|_| ()),
            limits: WebhookLimits::default(),
        }
    }

    /// Other limits.
    #[must_use]
    pub fn limits(self, limits: WebhookLimits) -> Self {
        Self { limits, ..self }
    }

    /// Calls this with the tenants of which something new was stored, after it was acknowledged. It
    /// must not block.
    #[must_use]
    pub fn wakes(self, wake: impl Fn(&TenantName) + Send + Sync + 'static) -> Self {
        Self { wake: Arc::new(wake), ..self }
    }

    /// The route, and the task that stores what comes by it; inside a tokio runtime.
    pub fn start(self) -> (Router, Intake) {
        describe();
        let Self { tenants, store, clock, wake, limits } = self;
        let (desk, intake) = start(store, Arc::clone(&clock), wake, &limits);
        let doors = Doors { tenants, desk, clock, limits };
        (Router::new().route(PATH, post(receive)).with_state(Arc::new(doors)), intake)
    }
}

/// What a request needs.
pub(crate) struct Doors {
    /// A tenant whose token is empty is there and lets nobody in.
    pub(crate) tenants: HashMap<TenantName, Option<Token>>,
    pub(crate) desk: Desk,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: WebhookLimits,
}

fn describe() {
    metrics::describe_counter!(WEBHOOKS, "Webhooks received, by answer");
    metrics::describe_histogram!(
        TIME_TO_ACKNOWLEDGE,
        "From a webhook's head to its acknowledgement, storing included"
    );
}
