//! The public address: webhooks of the tenants that take them.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use settings::TenantConfig;
use sync_store::Store;
use tokio::net::TcpListener;
use voice_model::{Clock, TenantName};
use webhook_listener::{Intake, WebhookTenant, Webhooks};
use worker::{ListenError, PublicLimits, Shutdown, listen, serve_public};

/// The public address, before it is served.
pub(crate) struct Public {
    listener: TcpListener,
    router: Router,
    intake: Intake,
}

impl Public {
    /// Listens, if any tenant takes webhooks. `wake` is told of whom something new has come.
    ///
    /// # Errors
    /// [`ListenError`], which says what to do.
    pub(crate) async fn open(
        address: SocketAddr,
        tenants: &[TenantConfig],
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        wake: impl Fn(&TenantName) + Send + Sync + 'static,
    ) -> Result<Option<Self>, ListenError> {
        let with_token: Vec<_> = tenants
            .iter()
            .filter_map(|tenant| {
                let token = tenant.webhook.as_ref()?.token.clone();
                Some(WebhookTenant { name: tenant.name.clone(), token })
            })
            .collect();
        if with_token.is_empty() {
            return Ok(None);
        }
        let listener = listen(address, "server.public_listen or --public-listen").await?;
        let (router, intake) = Webhooks::new(with_token, store, clock).wakes(wake).start();
        if let Ok(address) = listener.local_addr() {
            tracing::info!("webhooks at http://{address}/webhooks/enreach/<tenant>");
        }
        Ok(Some(Self { listener, router, intake }))
    }

    /// Serves until shutdown; what was received by then is stored and answered.
    pub(crate) async fn serve(self, shutdown: &Shutdown) {
        let Self { listener, router, intake } = self;
        serve_public(listener, router, PublicLimits::default(), shutdown).await;
        shutdown.or_at_once(intake.finished()).await;
    }
}
