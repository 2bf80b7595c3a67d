//! A client that retries fast, and the operations it has.

use std::time::Duration;

use enreach_client::{
    CallbackState, EnreachApi, EnreachClient, EnreachClientBuilder, Error, WindowBasis,
};
use http_kit::{HttpClient, Tls};
use secrecy::SecretString;
use voice_model::{CallId, CallbackItemId, CallbackListId, TimeWindow};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(crate) const USER: &str = "api.user@contoso.example";
pub(crate) const SECRET: &str = "sandbox-secret";

pub(crate) fn http() -> HttpClient {
    HttpClient::builder()
        .tls(Tls::NotNeeded)
        .backoff(Duration::from_millis(1), Duration::from_millis(2))
        .max_attempts(2)
        .jitter_seed(Some(1))
        .build()
        .unwrap()
}

pub(crate) fn builder(username: &str) -> EnreachClientBuilder {
    EnreachClient::builder(http(), username, SecretString::from(SECRET))
}

/// A client of an API at `server`, without discovery.
pub(crate) fn client(server: &MockServer) -> EnreachClient {
    builder(USER).api_url(server.uri().parse().unwrap()).build().unwrap()
}

pub(crate) async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

pub(crate) fn window() -> TimeWindow {
    let instant = |text: &str| text.parse().unwrap();
    TimeWindow::new(instant("2026-03-01T08:00:00.25Z"), instant("2026-03-01T09:00:00.5Z")).unwrap()
}

/// What the trait can be asked, so that one test can go through all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Me,
    Users,
    Queues,
    Calls,
    CallsWithId,
    ServiceCalls,
    CallbackLists,
    CallbackItems,
    CallbackItem,
}

impl Operation {
    /// Those that give one row.
    pub(crate) const ONE: [Self; 2] = [Self::Me, Self::CallbackItem];

    /// Those that give rows.
    pub(crate) const ROWS: [Self; 7] = [
        Self::Users,
        Self::Queues,
        Self::Calls,
        Self::CallsWithId,
        Self::ServiceCalls,
        Self::CallbackLists,
        Self::CallbackItems,
    ];

    /// All reads.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::ONE.into_iter().chain(Self::ROWS)
    }

    /// Its name in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Me => "read the API user",
            Self::Users => "read users",
            Self::Queues => "read queues",
            Self::Calls => "read calls",
            Self::CallsWithId => "read the calls with an id",
            Self::ServiceCalls => "read service calls",
            Self::CallbackLists => "read callback lists",
            Self::CallbackItems => "read callbacks",
            Self::CallbackItem => "read a callback",
        }
    }

    /// Runs it; gives the numbers of readable and unreadable rows.
    pub(crate) async fn run(self, client: &EnreachClient) -> Result<(usize, usize), Error> {
        let count = |readable: usize, unreadable: usize| (readable, unreadable);
        match self {
            Self::Me => client.me().await.map(|_| (1, 0)),
            Self::Users => client.users().await.map(|it| count(it.rows.len(), it.unreadable.len())),
            Self::Queues => {
                client.queues().await.map(|it| count(it.rows.len(), it.unreadable.len()))
            }
            Self::Calls => client
                .calls(WindowBasis::Started, window())
                .await
                .map(|it| count(it.rows.len(), it.unreadable.len())),
            Self::CallsWithId => client
                .calls_with_id(&CallId::new("c&1 +ä").unwrap())
                .await
                .map(|it| count(it.rows.len(), it.unreadable.len())),
            Self::ServiceCalls => client
                .service_calls(WindowBasis::Modified, window())
                .await
                .map(|it| count(it.rows.len(), it.unreadable.len())),
            Self::CallbackLists => {
                client.callback_lists().await.map(|it| count(it.rows.len(), it.unreadable.len()))
            }
            Self::CallbackItems => client
                .callback_items(
                    &CallbackListId::new("l-1").unwrap(),
                    window().start(),
                    &[CallbackState::Open, CallbackState::Reserved],
                )
                .await
                .map(|it| count(it.rows.len(), it.unreadable.len())),
            Self::CallbackItem => client
                .callback_item(&CallbackItemId::new("i-1").unwrap())
                .await
                .map(|item| (usize::from(item.is_some()), 0)),
        }
    }
}
