//! Serving on an address until shutdown.

use std::io::ErrorKind;
use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;

use crate::Shutdown;

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {}", advice(source.kind(), setting))]
pub struct ListenError {
    /// The address.
    pub address: SocketAddr,
    /// Where the address is set.
    pub setting: &'static str,
    /// What the operating system said.
    #[source]
    pub source: std::io::Error,
}

fn advice(kind: ErrorKind, setting: &str) -> String {
    match kind {
        ErrorKind::AddrInUse => {
            format!("another program listens there; stop it, or set {setting} to another port")
        }
        ErrorKind::AddrNotAvailable => {
            format!("this machine does not have that address; set {setting} to one that it has")
        }
        ErrorKind::PermissionDenied => format!(
            "this user may not; set {setting} to a port from 1024 on, or grant the right to bind"
        ),
        _ => format!("check {setting}"),
    }
}

/// Listens on an address; port 0 is any free one. Connections wait from now on until they are
/// [served](serve). `setting` says where the address is set, such as `server.listen`.
///
/// # Errors
/// [`ListenError`], which says what to do.
pub async fn listen(
    address: SocketAddr,
    setting: &'static str,
) -> Result<TcpListener, ListenError> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|source| ListenError { address, setting, source })
}

/// Serves until shutdown is requested; requests under way are answered unless its second stage cuts
/// them off.
pub async fn serve(listener: TcpListener, router: Router, shutdown: &Shutdown) {
    let requested = shutdown.clone();
    let serving = axum::serve(listener, router)
        .with_graceful_shutdown(async move { requested.requested().await });
    if let Some(Err(error)) = shutdown.or_at_once(serving.into_future()).await {
        tracing::error!(%error, "serving has ended");
    }
}
