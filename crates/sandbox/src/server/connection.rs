//! One client connection, which an exchange may break on purpose.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::exchange;
use super::wire::Wire;
use crate::simulators::Simulators;

/// How long requests in flight may take to end once the sandbox stops.
const GRACE: Duration = Duration::from_secs(1);

/// How a connection is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HangUp {
    /// Closed in order (FIN), without an answer.
    Close,
    /// Reset (RST), as a crashed peer or a firewall does.
    Reset,
}

/// Breaks the connection that an exchange runs on.
#[derive(Debug, Clone)]
pub(super) struct Line(mpsc::Sender<HangUp>);

impl Line {
    /// Breaks the connection; never returns, since the exchange ends with its connection.
    pub(super) async fn hang_up(&self, how: HangUp) -> ! {
        // A full channel means that the connection is being broken already.
        let _ = self.0.try_send(how);
        std::future::pending().await
    }
}

/// Serves one connection until either side closes it.
pub(super) async fn serve(wire: Wire, simulators: Arc<Simulators>, stop: CancellationToken) {
    let (line, mut hang_up) = mpsc::channel(1);
    let line = Line(line);
    let service = service_fn(move |request| {
        let exchange = exchange::run(simulators.clone(), line.clone(), request);
        async move { Ok::<_, Infallible>(exchange.await) }
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(wire), service);
    tokio::select! {
        ended = &mut connection => {
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
        }
        Some(how) = hang_up.recv() => {
            let wire = connection.into_parts().io.into_inner();
            if how == HangUp::Reset {
                let _ = wire.socket().set_zero_linger();
            }
            drop(wire);
        }
        () = stop.cancelled() => {
            std::pin::Pin::new(&mut connection).graceful_shutdown();
            let _ = tokio::time::timeout(GRACE, connection).await;
        }
    }
}
