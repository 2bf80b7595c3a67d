//! A sandbox on a free port with a clock that tests set, and a client for it.

use std::sync::Arc;

use chrono::{DateTime, TimeZone, Utc};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Certificate, Client, Method, RequestBuilder, Response, StatusCode};
use sandbox::{Sandbox, SandboxOptions, identity};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use voice_model::ManualClock;

/// What "now" is when a plant starts.
pub(crate) fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
}

/// A GUID that ends in a number.
pub(crate) fn id(number: u32) -> String {
    format!("00000000-0000-0000-0000-{number:012}")
}

pub(crate) struct Plant {
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: Arc<ManualClock>,
    http: Client,
}

impl Plant {
    pub(crate) async fn start() -> Self {
        Self::with(SandboxOptions::default()).await
    }

    pub(crate) async fn with(options: SandboxOptions) -> Self {
        Self::trusting(options, None).await
    }

    /// With a client that trusts this authority and no other.
    pub(crate) async fn trusting(options: SandboxOptions, authority: Option<Certificate>) -> Self {
        let clock = Arc::new(ManualClock::new(noon()));
        let options = SandboxOptions { clock: clock.clone(), ..options };
        let sandbox = Sandbox::start(options).await.unwrap();
        Self { sandbox, clock, http: client(authority) }
    }

    /// A plant with a world.
    pub(crate) async fn holding(world: Value) -> Self {
        let plant = Self::start().await;
        plant.sandbox.load_world(&world).unwrap();
        plant
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.base_url())
    }

    /// A request as it is.
    pub(crate) fn plain(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path))
    }

    /// Sends a request that was built already.
    pub(crate) async fn execute(&self, request: reqwest::Request) -> Response {
        self.http.execute(request).await.unwrap()
    }

    /// A request to Enreach as a modern client sends it.
    pub(crate) fn enreach(&self, path: &str) -> RequestBuilder {
        self.enreach_as(Method::GET, path)
    }

    /// The same with any method.
    pub(crate) fn enreach_as(&self, method: Method, path: &str) -> RequestBuilder {
        self.plain(method, &format!("/enreach{path}"))
            .basic_auth(identity::ENREACH_USER_NAME, Some(identity::ENREACH_SECRET_KEY))
            .header("X-Json-Serializer", "2")
    }

    /// Its answer.
    pub(crate) async fn asked(&self, path: &str) -> (StatusCode, Value) {
        answer(self.enreach(path)).await
    }

    /// The ids, by their number, of the rows that a path of Enreach answers with.
    #[track_caller]
    pub(crate) fn rows(&self, path: &str) -> impl Future<Output = Vec<u32>> {
        let request = self.enreach(path);
        let path = path.to_owned();
        async move {
            let (status, rows) = answer(request).await;
            assert_eq!(status, 200, "{path}: {rows}");
            let rows = rows.as_array().unwrap().iter();
            rows.map(|row| row["Id"].as_str().unwrap()[24..].parse().unwrap()).collect()
        }
    }

    /// A POST of JSON to the control API.
    pub(crate) async fn control(&self, path: &str, body: Value) -> (StatusCode, Value) {
        answer(self.plain(Method::POST, &format!("/control{path}")).json(&body)).await
    }

    /// A token request with these form fields.
    pub(crate) async fn token_request(&self, form: &[(&str, &str)]) -> (StatusCode, Value) {
        let path = format!("/entra/{}/oauth2/v2.0/token", identity::ENTRA_TENANT_ID);
        self.token_request_at(&path, form).await
    }

    /// The same elsewhere.
    pub(crate) async fn token_request_at(
        &self,
        path: &str,
        form: &[(&str, &str)],
    ) -> (StatusCode, Value) {
        let form: Vec<_> = form
            .iter()
            .map(|(name, value)| format!("{name}={}", value.replace('/', "%2F").replace(' ', "+")))
            .collect();
        let request = self.plain(Method::POST, path);
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        answer(request.body(form.join("&"))).await
    }

    /// An access token.
    pub(crate) async fn token(&self) -> String {
        let scope = self.url("/.default");
        let (status, body) = self
            .token_request(&[
                ("grant_type", "client_credentials"),
                ("client_id", &identity::ENTRA_CLIENT_ID.to_string()),
                ("client_secret", identity::ENTRA_CLIENT_SECRET),
                ("scope", &scope),
            ])
            .await;
        assert_eq!(status, 200, "{body}");
        body["access_token"].as_str().unwrap().to_owned()
    }

    /// A request to Dataverse with a fresh token.
    pub(crate) async fn data(&self, method: Method, path: &str) -> RequestBuilder {
        let token = self.token().await;
        self.plain(method, &format!("/api/data/v9.2/{path}"))
            .header(AUTHORIZATION, format!("Bearer {token}"))
    }

    /// Sends bytes on a connection of its own.
    pub(crate) async fn raw(&self, request: &str) -> TcpStream {
        let address = self.sandbox.base_url().trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    /// What comes back until the other side closes or breaks the connection.
    pub(crate) async fn raw_answer(&self, request: &str) -> std::io::Result<String> {
        let mut answer = Vec::new();
        self.raw(request).await.read_to_end(&mut answer).await?;
        Ok(String::from_utf8(answer).unwrap())
    }
}

/// Status and JSON body; no JSON reads as null.
pub(crate) async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    (response.status(), body(response).await)
}

/// The JSON body.
pub(crate) async fn body(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or(Value::Null)
}

#[expect(clippy::disallowed_methods, reason = "the sandbox is judged by a client that is not ours")]
fn client(authority: Option<Certificate>) -> Client {
    let builder = Client::builder().no_proxy();
    match authority {
        Some(authority) => builder.tls_certs_only([authority]).build().unwrap(),
        None => builder.build().unwrap(),
    }
}

/// A direct call that started so many minutes before noon and took one.
pub(crate) fn call(number: u32, minutes_before_noon: u32) -> Value {
    json!({
        "Id": id(number),
        "CallId": id(1_000 + number),
        "StartTime": format!("now-PT{minutes_before_noon}M"),
        "EndTime": format!("now-PT{}M", minutes_before_noon - 1),
        "ANum": "+358501231234",
        "BNum": "+358401112233",
        "CallType": 1,
        "Direction": 0,
        "EndResult": 0,
        "Duration": 50,
        "Privacy": "Work",
    })
}
