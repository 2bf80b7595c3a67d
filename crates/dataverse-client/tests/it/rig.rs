//! An environment and a token endpoint on one loopback server, and a client of both.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use dataverse_client::{Credential, DataverseClient};
use http_kit::{HttpClient, HttpClientBuilder, Tls};
use sandbox::{Sandbox, identity};
use serde_json::{Value, json};
use url::Url;
use voice_model::{Clock, ManualClock, SystemClock};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub(crate) const TENANT: &str = "11111111-1111-1111-1111-111111111111";
pub(crate) const CLIENT: &str = "22222222-2222-2222-2222-222222222222";
pub(crate) const SECRET: &str = "s3cr3t+&=value";

pub(crate) struct Rig {
    pub(crate) server: MockServer,
    pub(crate) client: DataverseClient,
    pub(crate) clock: Arc<ManualClock>,
    tokens: Arc<AtomicUsize>,
}

impl Rig {
    /// With a token endpoint that always answers: `token-1`, `token-2`, …
    pub(crate) async fn new() -> Self {
        let rig = Self::without_tokens().await;
        rig.mount_tokens().await;
        rig
    }

    pub(crate) async fn without_tokens() -> Self {
        Self::of(impatient()).await
    }

    /// With a client that waits for `Retry-After` as long as it does by default.
    pub(crate) async fn patient() -> Self {
        let rig = Self::of(quick()).await;
        rig.mount_tokens().await;
        rig
    }

    async fn of(http: HttpClientBuilder) -> Self {
        let server = MockServer::start().await;
        let clock = Arc::new(ManualClock::new(SystemClock.now()));
        let http = http.clock(clock.clone()).build().unwrap();
        let client = client_through(http, &server.uri(), &server.uri(), clock.clone());
        Self { server, client, clock, tokens: Arc::default() }
    }

    pub(crate) async fn mount_tokens(&self) {
        let answers = TokenAnswers { count: self.tokens.clone() };
        let endpoint = Mock::given(method("POST")).and(path(token_path())).respond_with(answers);
        endpoint.mount(&self.server).await;
    }

    /// Tokens given so far.
    pub(crate) fn tokens(&self) -> usize {
        self.tokens.load(Ordering::SeqCst)
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// Answers every request to a path of the API.
    pub(crate) async fn answer(&self, verb: &str, at: &str, template: ResponseTemplate) {
        let mock = Mock::given(method(verb)).and(path(format!("/api/data/v9.2/{at}")));
        mock.respond_with(template).mount(&self.server).await;
    }

    /// The requests to the API, without those for tokens.
    pub(crate) async fn requests(&self) -> Vec<Request> {
        let requests = self.server.received_requests().await.unwrap();
        requests.into_iter().filter(|request| request.url.path().starts_with("/api/")).collect()
    }

    pub(crate) async fn only_request(&self) -> Request {
        let mut requests = self.requests().await;
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests.remove(0)
    }
}

struct TokenAnswers {
    count: Arc<AtomicUsize>,
}

impl Respond for TokenAnswers {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let number = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        ResponseTemplate::new(200).set_body_json(token_body(&format!("token-{number}"), 3600))
    }
}

pub(crate) fn token_body(token: &str, lifetime_secs: i64) -> Value {
    json!({
        "token_type": "Bearer", "expires_in": lifetime_secs, "ext_expires_in": lifetime_secs,
        "access_token": token,
    })
}

pub(crate) fn token_path() -> String {
    format!("/entra/{TENANT}/oauth2/v2.0/token")
}

/// Hardly any pause of its own between attempts.
fn quick() -> HttpClientBuilder {
    let backoff = (Duration::from_millis(1), Duration::from_millis(2));
    HttpClient::builder().tls(Tls::NotNeeded).backoff(backoff.0, backoff.1)
}

/// Two attempts, and no waiting for `Retry-After`.
fn impatient() -> HttpClientBuilder {
    quick().max_attempts(2).retry_after_ceiling(Duration::ZERO)
}

pub(crate) fn http() -> HttpClient {
    impatient().build().unwrap()
}

pub(crate) fn credential(authority: &str, clock: Arc<dyn Clock>) -> Credential {
    let authority: Url = format!("{authority}/entra").parse().unwrap();
    Credential::client_secret(TENANT, CLIENT, SECRET.into(), authority, http(), clock).unwrap()
}

pub(crate) fn client(environment: &str, authority: &str, clock: Arc<dyn Clock>) -> DataverseClient {
    client_through(http(), environment, authority, clock)
}

fn client_through(
    http: HttpClient,
    environment: &str,
    authority: &str,
    clock: Arc<dyn Clock>,
) -> DataverseClient {
    let environment = environment.parse().unwrap();
    DataverseClient::builder(http, environment, credential(authority, clock)).build().unwrap()
}

/// A client of a sandbox.
pub(crate) fn client_of_sandbox(sandbox: &Sandbox) -> DataverseClient {
    let credential = Credential::client_secret(
        identity::ENTRA_TENANT_ID.to_string(),
        identity::ENTRA_CLIENT_ID.to_string(),
        identity::ENTRA_CLIENT_SECRET.into(),
        format!("{}/entra", sandbox.base_url()).parse().unwrap(),
        http(),
        Arc::new(SystemClock),
    );
    let environment = sandbox.base_url().parse().unwrap();
    DataverseClient::builder(http(), environment, credential.unwrap()).build().unwrap()
}

pub(crate) fn error(status: u16, code: &str, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .set_body_json(json!({ "error": { "code": code, "message": message } }))
}

pub(crate) fn header<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.headers.get(name).map(|value| value.to_str().unwrap())
}
