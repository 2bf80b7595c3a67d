//! A client that retries fast, and servers that misbehave below HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Method;
use http_kit::{HttpClient, HttpClientBuilder, Request, Safety, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) fn builder() -> HttpClientBuilder {
    HttpClient::builder()
        .tls(Tls::NotNeeded)
        .jitter_seed(Some(1))
        .backoff(Duration::from_millis(1), Duration::from_millis(4))
        .attempt_timeout(Duration::from_secs(5))
}

pub(crate) fn client() -> HttpClient {
    builder().build().unwrap()
}

pub(crate) fn request(url: &str, safety: Safety) -> Request {
    let method = if safety == Safety::Safe { Method::GET } else { Method::POST };
    Request::new(method, url.parse().unwrap(), safety).operation("read calls")
}

/// What a server does with a connection after the head of a request has come.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Misbehaviour {
    /// Closes without a word.
    Reset,
    /// Announces 100 bytes, sends 10, closes.
    Truncate,
    /// Never answers.
    Hang,
    /// Sends endless chunks.
    Flood,
    /// Answers 200 with `ok`.
    Behave,
}

/// A server that treats its first connections as told and the later ones as the last.
pub(crate) struct RawServer {
    pub(crate) url: String,
    connections: Arc<AtomicUsize>,
}

impl RawServer {
    pub(crate) async fn start(script: &[Misbehaviour]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/calls?Number=%2B358501234567", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let script = script.to_vec();
        let counter = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let index = counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, script[index.min(script.len() - 1)]));
            }
        });
        Self { url, connections }
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, misbehaviour: Misbehaviour) {
    let mut seen = Vec::new();
    let mut buffer = [0; 1024];
    while !seen.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(count) if count > 0 => seen.extend_from_slice(&buffer[..count]),
            _ => return,
        }
    }
    match misbehaviour {
        Misbehaviour::Reset => {}
        Misbehaviour::Truncate => {
            let _ =
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n0123456789").await;
        }
        Misbehaviour::Hang => std::future::pending().await,
        Misbehaviour::Flood => {
            let _ =
                stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
            while stream.write_all(b"5\r\nabcde\r\n").await.is_ok() {}
        }
        Misbehaviour::Behave => {
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
            let _ = stream.write_all(answer).await;
        }
    }
}

/// The whole chain of an error as one text, as a log would show it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    format!("{text} / {error:?}")
}
