//! The real thing: [`EnreachApi`] over HTTP.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use http::Method;
use http_kit::{HttpClient, Request, Safety};
use secrecy::SecretString;
use serde_json::Value;
use voice_model::{CallId, TimeWindow};

use crate::builder::EnreachClientBuilder;
use crate::credentials::Credentials;
use crate::discovery::{Endpoint, below};
use crate::error::{Error, Result};
use crate::{CallRow, EnreachApi, Queue, Rows, User, WindowBasis, answer, paths, period, wire};

/// A client for one API user. Clones share the discovered address and the count of requests.
///
/// `Debug` shows neither the secret key nor anything derived from it.
#[derive(Clone)]
pub struct EnreachClient(Arc<Inner>);

struct Inner {
    http: HttpClient,
    credentials: Credentials,
    endpoint: Endpoint,
}

impl EnreachClient {
    /// Starts building a client for the API user `username` (an e-mail address) with its secret
    /// key. `http` may be shared with others; requests are counted apart.
    pub fn builder(
        http: HttpClient,
        username: impl Into<String>,
        secret_key: SecretString,
    ) -> EnreachClientBuilder {
        EnreachClientBuilder::new(http, username.into(), secret_key)
    }

    pub(crate) fn new(http: HttpClient, credentials: Credentials, endpoint: Endpoint) -> Self {
        Self(Arc::new(Inner { http, credentials, endpoint }))
    }

    /// Reads a resource as JSON.
    async fn get(
        &self,
        operation: &'static str,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Value> {
        let Inner { http, credentials, endpoint } = &*self.0;
        let mut url = below(&endpoint.get(http).await?, path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = Request::new(Method::GET, url, Safety::Safe)
            .operation(operation)
            .header("authorization", credentials.authorization())
            .header("accept", "application/json")
            // Asks for ISO 8601 instants instead of `/Date(ms)/` (reference, section 1.4).
            .header("x-json-serializer", "2");
        let answer = match http.send(request).await {
            Ok(answer) => answer,
            Err(source) => {
                if source.is_unreachable() {
                    endpoint.doubt().await;
                }
                return Err(Error::Transport { operation, source });
            }
        };
        if answer.status.as_u16() == 404 {
            endpoint.doubt().await;
        }
        answer::json(operation, credentials.username(), &answer)
    }

    /// Reads a resource below a window.
    async fn get_window(
        &self,
        operation: &'static str,
        path: &str,
        basis: WindowBasis,
        window: TimeWindow,
    ) -> Result<Value> {
        let [(first, start), (last, end)] = period::query(operation, basis, window)?;
        self.get(operation, path, &[(first, &start), (last, &end)]).await
    }
}

#[async_trait]
impl EnreachApi for EnreachClient {
    async fn me(&self) -> Result<User> {
        let operation = "read the API user";
        let value = self.get(operation, paths::ME, &[]).await?;
        wire::one(operation, value, wire::users::read)
    }

    async fn users(&self) -> Result<Rows<User>> {
        let operation = "read users";
        let value = self.get(operation, paths::USERS, &[]).await?;
        wire::rows(operation, value, wire::users::read)
    }

    async fn queues(&self) -> Result<Rows<Queue>> {
        let operation = "read queues";
        let value = self.get(operation, paths::QUEUES, &[]).await?;
        wire::rows(operation, value, wire::queues::read)
    }

    async fn calls(&self, basis: WindowBasis, window: TimeWindow) -> Result<Rows<CallRow>> {
        let operation = "read calls";
        let value = self.get_window(operation, paths::CALLS, basis, window).await?;
        wire::rows(operation, value, wire::calls::read)
    }

    async fn calls_with_id(&self, call: &CallId) -> Result<Rows<CallRow>> {
        let operation = "read the calls with an id";
        let query = [(paths::CALL_ID, call.as_str())];
        let value = self.get(operation, paths::CALLS, &query).await?;
        wire::rows(operation, value, wire::calls::read)
    }

    async fn service_calls(&self, basis: WindowBasis, window: TimeWindow) -> Result<Rows<CallRow>> {
        let operation = "read service calls";
        let value = self.get_window(operation, paths::SERVICE_CALLS, basis, window).await?;
        wire::rows(operation, value, wire::service_calls::read)
    }

    fn requests_sent(&self) -> u64 {
        self.0.http.requests_sent()
    }
}

impl fmt::Debug for EnreachClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnreachClient")
            .field("username", &self.0.credentials.username())
            .field("endpoint", &self.0.endpoint)
            .finish_non_exhaustive()
    }
}
