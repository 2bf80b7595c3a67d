//! A listener that serves, and a sender that speaks HTTP by hand, so that it can also speak badly.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sync_store::{InMemoryStore, InboxEvent, Store};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use voice_model::{SystemClock, TenantName};
use webhook_listener::{WebhookLimits, WebhookTenant, Webhooks};
use worker::{PublicLimits, Shutdown, serve_public};

pub(crate) const TOKEN: &str = "s3cret-token";
pub(crate) const PATH: &str = "/webhooks/enreach/contoso";
/// Ample for a slow machine.
pub(crate) const LONG: Duration = Duration::from_secs(20);

pub(crate) fn contoso() -> TenantName {
    TenantName::new("contoso")
}

/// An event with this id.
pub(crate) fn event(id: &str) -> String {
    format!(
        "{{\"EventType\":\"CallbackCreated\",\"Id\":\"{id}\",\"EntityType\":\"CallList\",\
         \"CallbackListItemId\":\"{id}\",\"Number\":\"+358501234567\"}}"
    )
}

pub(crate) struct Plant {
    pub(crate) address: SocketAddr,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) shutdown: Shutdown,
    pub(crate) serving: JoinHandle<()>,
    /// Tenants that were woken.
    pub(crate) woken: Arc<Mutex<Vec<TenantName>>>,
}

impl Plant {
    pub(crate) async fn new() -> Self {
        Self::with(InMemoryStore::default()).await
    }

    pub(crate) async fn with(store: impl Store + 'static) -> Self {
        Self::limited(store, WebhookLimits::default(), PublicLimits::default()).await
    }

    pub(crate) async fn limited(
        store: impl Store + 'static,
        limits: WebhookLimits,
        public: PublicLimits,
    ) -> Self {
        let store: Arc<dyn Store> = Arc::new(store);
        let woken: Arc<Mutex<Vec<TenantName>>> = Arc::default();
        let tenants = [("contoso", TOKEN), ("fabrikam", "another"), ("careless", "")];
        let tenants = tenants.map(|(name, token)| WebhookTenant {
            name: TenantName::new(name),
            token: token.into(),
        });
        let wakes = Arc::clone(&woken);
        let webhooks = Webhooks::new(tenants, Arc::clone(&store), Arc::new(SystemClock))
            .limits(limits)
            .wakes(move |tenant| wakes.lock().unwrap().push(tenant.clone()));
        let shown = format!("{webhooks:?}");
        assert!(!shown.contains("s3cret") && shown.contains("contoso"), "{shown}");

        let listener = worker::listen("127.0.0.1:0".parse().unwrap(), "server.public_listen").await;
        let listener = listener.unwrap();
        let (address, shutdown) = (listener.local_addr().unwrap(), Shutdown::new());
        let stop = shutdown.clone();
        let serving = tokio::spawn(async move {
            let (router, intake) = webhooks.start();
            serve_public(listener, router, public, &stop).await;
            stop.or_at_once(intake.finished()).await;
        });
        Self { address, store, shutdown, serving, woken }
    }

    /// Sends a request of its own connection, whole.
    pub(crate) async fn send(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // One that is answered early may not be taken to its end.
        let _ = stream.write_all(request).await;
        Answer::read(&mut stream).await
    }

    pub(crate) async fn post(&self, body: &str) -> Answer {
        self.send(&request(&[("X-Benemen-Token", TOKEN)], body.as_bytes())).await
    }

    pub(crate) async fn inbox(&self) -> Vec<InboxEvent> {
        self.store.inbox(&contoso(), 10_000).await.unwrap()
    }

    pub(crate) async fn keys(&self) -> Vec<String> {
        self.inbox().await.into_iter().map(|event| event.key.as_str().to_owned()).collect()
    }
}

/// The bytes of a request to contoso.
pub(crate) fn request(headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    request_to(&format!("POST {PATH}"), headers, body)
}

pub(crate) fn request_to(line: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{line} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Reads one answer off a connection.
    pub(crate) async fn read(stream: &mut TcpStream) -> Self {
        let mut read = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&read).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n")
                && body.len() >= length(head)
            {
                let status = head.split(' ').nth(1).unwrap().parse().unwrap();
                return Self { status, head: head.to_ascii_lowercase(), body: body.to_owned() };
            }
            let more = timeout(LONG, stream.read_buf(&mut read)).await.unwrap();
            assert!(more.unwrap_or(0) > 0, "ended after {text:?}");
        }
    }
}

fn length(head: &str) -> usize {
    let head = head.to_ascii_lowercase();
    let value = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    value.map_or(0, |value| value.parse().unwrap())
}
