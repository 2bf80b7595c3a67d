//! Another client of the simulated systems, which shares nothing with ours.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use sandbox::identity;
use serde_json::Value;
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::{CallbackList, CallbackRequest};

/// Reads, edits and deletes rows of Dynamics, and callback requests of Enreach. What it asks for must be possible; anything else is a panic.
#[derive(Debug, Clone)]
pub struct Outsider {
    base_url: String,
}

impl Outsider {
    pub(crate) fn new(base_url: &str) -> Self {
        Self { base_url: base_url.to_owned() }
    }

    /// All phone call rows with their parties, in the order of their keys.
    pub async fn phone_calls(&self) -> Vec<Value> {
        self.rows("phonecalls?$expand=phonecall_activity_parties&$orderby=activityid").await
    }

    /// One of them.
    ///
    /// # Panics
    /// When it is not there.
    pub async fn phone_call(&self, key: Uuid) -> Value {
        let key: Value = key.to_string().into();
        let mut rows = self.phone_calls().await;
        rows.retain(|row| row["activityid"] == key);
        rows.pop().unwrap_or_else(|| panic!("there is no phone call {key}"))
    }

    /// The phone call rows of callback requests, with their parties, in the order of their keys.
    pub async fn callbacks(&self) -> Vec<Value> {
        let mut rows = self.phone_calls().await;
        rows.retain(|row| row["ev_callbackid"].is_string());
        rows
    }

    /// All queue items, in the order of their keys.
    pub async fn queue_items(&self) -> Vec<Value> {
        self.rows("queueitems?$orderby=queueitemid").await
    }

    /// The queue that a phone call is in.
    ///
    /// # Panics
    /// When it has more than one queue item.
    pub async fn queue_of(&self, phone_call: Uuid) -> Option<Uuid> {
        let phone_call: Value = phone_call.to_string().into();
        let mut items = self.queue_items().await;
        items.retain(|item| item["_objectid_value"] == phone_call);
        assert!(items.len() < 2, "the phone call {phone_call} has {} queue items", items.len());
        items.pop()?["_queueid_value"].as_str()?.parse().ok()
    }

    /// A callback request as Enreach has it.
    pub async fn callback_item(&self, request: &CallbackRequest) -> Value {
        self.ask_enreach(Method::GET, &format!("callbacks/items/{}", request.id()), None).await
    }

    /// All requests of a list as Enreach has them.
    pub async fn callback_items(&self, list: &CallbackList) -> Vec<Value> {
        let path = format!("callbacks/lists/{}/items", list.id());
        match self.ask_enreach(Method::GET, &path, None).await {
            Value::Array(items) => items,
            other => panic!("{path}: {other}"),
        }
    }

    /// Where it stands in Enreach, such as `Closed`.
    pub async fn callback_state(&self, request: &CallbackRequest) -> String {
        let item = self.callback_item(request).await;
        item["State"].as_str().unwrap_or_else(|| panic!("{item}")).to_owned()
    }

    /// Changes it in Enreach, as somebody does who closes it there.
    pub async fn edit_callback(&self, request: &CallbackRequest, fields: Value) {
        let path = format!("callbacks/items/{}", request.id());
        self.ask_enreach(Method::PUT, &path, Some(fields)).await;
    }

    /// The one row at a path such as `contacts(…)`.
    pub async fn row(&self, path: &str) -> Value {
        self.ask(Method::GET, path, None).await
    }

    /// All rows of a query.
    pub async fn rows(&self, query: &str) -> Vec<Value> {
        let mut answer = self.ask(Method::GET, query, None).await;
        assert!(answer.get("@odata.nextLink").is_none(), "{query} has more than one page");
        match answer["value"].take() {
            Value::Array(rows) => rows,
            other => panic!("{query}: {other}"),
        }
    }

    /// Changes columns of a row.
    pub async fn edit(&self, path: &str, columns: Value) {
        self.ask(Method::PATCH, path, Some(columns)).await;
    }

    /// Deletes a row.
    pub async fn delete(&self, path: &str) {
        self.ask(Method::DELETE, path, None).await;
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let token = self.token().await;
        let url = format!("{}/api/data/v9.2/{}", self.base_url, path.replace(' ', "%20"));
        let request = Request::builder()
            .method(method.clone())
            .uri(&url)
            .header("Authorization", format!("Bearer {token}"))
            .header("Content-Type", "application/json")
            .header("Accept", "application/json");
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let (status, answer) = self.send(request, body).await;
        assert!(status.is_success(), "{method} {path}: {status} {answer}");
        answer
    }

    async fn ask_enreach(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let user = format!("{}:{}", identity::ENREACH_USER_NAME, identity::ENREACH_SECRET_KEY);
        let request = Request::builder()
            .method(method.clone())
            .uri(format!("{}/enreach/{path}", self.base_url))
            .header("Authorization", format!("Basic {}", STANDARD.encode(user)))
            .header("Content-Type", "application/json")
            .header("X-Json-Serializer", "2");
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let (status, answer) = self.send(request, body).await;
        assert!(status.is_success(), "{method} {path}: {status} {answer}");
        answer
    }

    async fn token(&self) -> String {
        let Self { base_url } = self;
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={base_url}/.default",
            identity::ENTRA_CLIENT_ID,
            identity::ENTRA_CLIENT_SECRET,
        );
        let tenant = identity::ENTRA_TENANT_ID;
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{base_url}/entra/{tenant}/oauth2/v2.0/token"))
            .header("Content-Type", "application/x-www-form-urlencoded");
        let (_, answer) = self.send(request, form).await;
        let token = answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}"));
        token.to_owned()
    }

    /// One request on a connection of its own.
    async fn send(&self, request: http::request::Builder, body: String) -> (StatusCode, Value) {
        let host = self.base_url.trim_start_matches("http://");
        let stream = TcpStream::connect(host).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        let connection = tokio::spawn(connection);
        let request = request.header("Host", host).body(Full::new(Bytes::from(body))).unwrap();
        let answer = sender.send_request(request).await.unwrap();
        let status = answer.status();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        connection.abort();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }
}
