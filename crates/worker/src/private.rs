//! The private address: health, status, metrics, refresh (design, section 10).
//!
//! It asks for no password, so it belongs on an address that only operators reach. It shows names of
//! tenants and messages of errors, and no secret and no phone number.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::routing::{get, post};
use axum::{Json, Router};
use sync_store::Store;
use tokio::net::TcpListener;
use voice_model::error_chain;

use crate::{Metrics, Refresh, Shutdown, Status, StatusReport, serve};

/// How long the store may take to answer before the process counts as not ready.
const STORE_DEADLINE: Duration = Duration::from_secs(5);
/// The version of the text format that Prometheus asks for.
const PROMETHEUS: [(HeaderName, &str); 1] =
    [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
const PATHS: &str =
    "no such path; there are /health/live, /health/ready, /status, /metrics and /refresh\n";

/// What the private address shows and does.
#[derive(Debug, Clone)]
pub struct Private {
    /// What the jobs do.
    pub status: Status,
    /// Where they count.
    pub metrics: Metrics,
    /// What has to be reachable.
    pub store: Arc<dyn Store>,
    /// What is asked for by `POST /refresh`.
    pub refresh: Refresh,
}

impl Private {
    /// The routes, to which a program may add its own.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/health/live", get(|| async { "alive\n" }))
            .route("/health/ready", get(ready))
            .route("/status", get(status))
            .route("/metrics", get(metrics))
            .route("/refresh", post(refresh))
            .fallback(|| async { (StatusCode::NOT_FOUND, PATHS) })
            .with_state(self.clone())
    }

    /// Serves these routes, and keeps the metrics in order, until shutdown.
    pub async fn serve(&self, listener: TcpListener, shutdown: &Shutdown) {
        tokio::select! {
            () = serve(listener, self.router(), shutdown) => (),
            () = self.metrics.keep_up() => (),
        }
    }
}

/// The configuration is loaded, else nothing would be served; what can be missing is the store.
async fn ready(State(private): State<Private>) -> (StatusCode, String) {
    let unready = |why: String| (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n"));
    match tokio::time::timeout(STORE_DEADLINE, private.store.check()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n".to_owned()),
        Ok(Err(error)) => unready(error_chain(&error)),
        Err(_) => {
            unready(format!("the store did not answer within {} s", STORE_DEADLINE.as_secs()))
        }
    }
}

async fn status(State(private): State<Private>) -> Json<StatusReport> {
    Json(private.status.report())
}

async fn metrics(State(private): State<Private>) -> ([(HeaderName, &'static str); 1], String) {
    (PROMETHEUS, private.metrics.render(&private.status))
}

async fn refresh(State(private): State<Private>) -> (StatusCode, &'static str) {
    tracing::info!("refresh asked for: settings and directory are read anew");
    private.refresh.request();
    (StatusCode::ACCEPTED, "settings and directory are read anew by the next passes\n")
}
