//! The real thing: [`EnreachApi`] over HTTP.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use http::Method;
use http_kit::{HttpClient, Request, Response, Safety};
use secrecy::SecretString;
use serde_json::Value;
use url::Url;
use voice_model::{CallId, CallbackItemId, CallbackListId, TimeWindow};

use crate::builder::EnreachClientBuilder;
use crate::credentials::Credentials;
use crate::discovery::Endpoint;
use crate::error::{CLOSE_A_CALLBACK, Error, Result};
use crate::{
    CallRow, CallbackItem, CallbackList, CallbackState, CloseAnswer, EnreachApi, Queue, Rows, User,
    WindowBasis, answer, closing, paths, period, wire,
};

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

/// What a request goes to: a path of the table, and ids and the like behind it.
#[derive(Clone, Copy, Default)]
struct Resource<'a> {
    path: &'a str,
    segments: &'a [&'a str],
}

impl Resource<'_> {
    fn below(self, base: &Url, operation: &'static str) -> Result<Url> {
        let unusable = || {
            let id = self.segments.first().copied().unwrap_or_default().to_owned();
            Error::UnusableId { operation, id }
        };
        paths::below_segments(base, self.path, self.segments).ok_or_else(unusable)
    }
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
        let answer = self.ask(operation, Resource { path, ..Resource::default() }, query).await?;
        answer::json(operation, self.0.credentials.username(), &answer)
    }

    /// Asks for a resource.
    async fn ask(
        &self,
        operation: &'static str,
        resource: Resource<'_>,
        query: &[(&str, &str)],
    ) -> Result<Response> {
        self.send(operation, Method::GET, resource, query, None).await
    }

    /// Sends a request that may be sent again: a read, or a write that says what shall be.
    async fn send(
        &self,
        operation: &'static str,
        method: Method,
        resource: Resource<'_>,
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<Response> {
        let Inner { http, credentials, endpoint } = &*self.0;
        let mut url = resource.below(&endpoint.get(http).await?, operation)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let safety = if body.is_some() { Safety::Keyed } else { Safety::Safe };
        let mut request = Request::new(method, url, safety)
            .operation(operation)
            .header("authorization", credentials.authorization())
            .header("accept", "application/json")
            // Asks for ISO 8601 instants instead of `/Date(ms)/` (reference, section 1.4).
            .header("x-json-serializer", "2");
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
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
        Ok(answer)
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

    async fn callback_lists(&self) -> Result<Rows<CallbackList>> {
        let operation = "read callback lists";
        let value = self.get(operation, paths::CALLBACK_LISTS, &[]).await?;
        wire::rows(operation, value, wire::callback_lists::read)
    }

    async fn callback_items(
        &self,
        list: &CallbackListId,
        created_after: DateTime<Utc>,
        states: &[CallbackState],
    ) -> Result<Rows<CallbackItem>> {
        let operation = "read callbacks";
        let created_after = period::from(created_after);
        let states = wire::callback_items::names(states);
        let mut query = vec![(paths::CREATED_AFTER, created_after.as_str())];
        query.extend(states.as_deref().map(|states| (paths::STATES, states)));
        let segments = [list.as_str(), paths::ITEMS_OF_LIST];
        let resource = Resource { path: paths::CALLBACK_LISTS, segments: &segments };
        let answer = self.ask(operation, resource, &query).await?;
        let value = answer::json(operation, self.0.credentials.username(), &answer)?;
        wire::rows(operation, value, wire::callback_items::read)
    }

    async fn callback_item(&self, item: &CallbackItemId) -> Result<Option<CallbackItem>> {
        let operation = "read a callback";
        let resource = Resource { path: paths::CALLBACK_ITEMS, segments: &[item.as_str()] };
        let answer = self.ask(operation, resource, &[]).await?;
        if answer::is_gone(&answer) {
            return Ok(None);
        }
        let value = answer::json(operation, self.0.credentials.username(), &answer)?;
        wire::one(operation, value, wire::callback_items::read).map(Some)
    }

    async fn close_callback(&self, item: &CallbackItemId) -> Result<CloseAnswer> {
        let resource = Resource { path: paths::CALLBACK_ITEMS, segments: &[item.as_str()] };
        let body = Some(wire::callback_items::closing());
        let answer = self.send(CLOSE_A_CALLBACK, Method::PUT, resource, &[], body).await?;
        closing::read(CLOSE_A_CALLBACK, self.0.credentials.username(), &answer)
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
