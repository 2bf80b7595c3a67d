//! One connection: request after request, each phase within its time.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::Shutdown;
use crate::public::Host;
use crate::public::body::Timed;
use crate::public::phase::{Phase, Progress, Watched};

/// The most that the head of a request may take.
const HEAD_LIMIT_BYTES: usize = 32 << 10;
/// What is still read of a request that was answered before it was read: to close at once would
/// reset the connection, and the answer might be lost on the way.
const LINGER_LIMIT_BYTES: usize = 1 << 20;
const LINGER: Duration = Duration::from_secs(1);

type Answer = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

/// Serves a connection until it ends, takes too long for something, or has to go.
pub(super) async fn run(stream: TcpStream, source: IpAddr, host: &Arc<Host>, shutdown: &Shutdown) {
    // Answers are small and wanted now; without it they only come later.
    let _ = stream.set_nodelay(true);
    let progress = Progress::new();
    let socket = TokioIo::new(Watched { stream, progress: progress.clone() });
    let service = service_fn(|request| answer(host, source, &progress, request));
    let mut connection =
        http1::Builder::new().max_buf_size(HEAD_LIMIT_BYTES).serve_connection(socket, service);
    let mut ending = false;
    loop {
        let deadline = progress.deadline(&host.limits);
        let changes = progress.changes();
        let served = poll_fn(|cx| match connection.poll_without_shutdown(cx) {
            Poll::Ready(_) => Poll::Ready(Served::Over),
            Poll::Pending if progress.changes() != changes => Poll::Ready(Served::On),
            Poll::Pending => Poll::Pending,
        });
        tokio::select! {
            biased;
            served = served => match served {
                Served::On => (),
                Served::Over => break,
            },
            () = shutdown.requested(), if !ending => {
                ending = true;
                Pin::new(&mut connection).graceful_shutdown();
                if progress.phase() == Phase::Fresh {
                    return;
                }
            }
            () = host.crowded.notified(), if !ending && progress.phase() == Phase::Idle => {
                ending = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
            () = until(deadline) => {
                if progress.deadline(&host.limits).is_some_and(|deadline| deadline <= Instant::now()) {
                    return;
                }
            }
        }
    }
    linger(connection.into_parts().io.into_inner().stream).await;
}

enum Served {
    On,
    Over,
}

fn answer(
    host: &Arc<Host>,
    source: IpAddr,
    progress: &Progress,
    request: Request<Incoming>,
) -> Answer {
    progress.enter(Phase::Answering);
    let progress = progress.clone();
    if !host.admits(source) {
        progress.enter(Phase::Idle);
        return Box::pin(async { Ok(too_many()) });
    }
    let deadline = Instant::now() + host.limits.body_read_timeout;
    let request = request.map(|body| Body::new(Timed::new(body, deadline)));
    let answer = TowerToHyperService::new(host.router.clone()).call(request);
    Box::pin(async move {
        let answer = answer.await;
        progress.enter(Phase::Idle);
        answer
    })
}

fn too_many() -> Response {
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "1")], "too many requests\n")
        .into_response()
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Ends a connection so that the last answer arrives.
async fn linger(mut stream: TcpStream) {
    let closing = async {
        stream.shutdown().await?;
        let (mut read, mut buffer) = (0, [0; 4 << 10]);
        while read < LINGER_LIMIT_BYTES {
            match stream.read(&mut buffer).await? {
                0 => break,
                more => read += more,
            }
        }
        std::io::Result::Ok(())
    };
    // Whoever has gone meanwhile needs no answer.
    let _ = tokio::time::timeout(LINGER, closing).await;
}
