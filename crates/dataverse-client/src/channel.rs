//! The one way to Dataverse: every request of the client goes through [`Channel::send`], which
//! adds the common headers and the access token, and has every attempt pass the governor.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, StatusCode};
use http_kit::{HttpClient, Response, Safety};
use url::Url;
use uuid::Uuid;

use crate::batch::Encoded;
use crate::credential::TokenCache;
use crate::environment::Environment;
use crate::governor::{CallGate, Governor, Lane};
use crate::operation::Operation;
use crate::{Error, Result, ServiceError};

/// Environment, transport, token and governor.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) http: HttpClient,
    pub(crate) environment: Environment,
    pub(crate) tokens: TokenCache,
    pub(crate) governor: Arc<Governor>,
}

/// On whose behalf a call is made.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sender {
    pub(crate) correlation: Option<Uuid>,
    pub(crate) lane: Lane,
}

/// A request to send.
#[derive(Clone)]
pub(crate) struct Call {
    method: Method,
    url: Url,
    headers: Vec<(&'static str, String)>,
    content_type: String,
    body: Option<Bytes>,
    /// How many operations a batch holds; 0 for any other call.
    operations: usize,
    /// What it is for, for the transport's messages: a verb phrase.
    purpose: &'static str,
    /// The same with its object, such as `query contacts`, for ours.
    operation: String,
}

impl Call {
    /// A read of a URL.
    pub(crate) fn read(url: Url, purpose: &'static str, operation: String) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: Vec::new(),
            content_type: String::new(),
            body: None,
            operations: 0,
            purpose,
            operation,
        }
    }

    /// An operation by itself.
    pub(crate) fn single(
        operation: Operation,
        url: Url,
        purpose: &'static str,
        name: String,
    ) -> Self {
        Self {
            method: operation.method,
            url,
            headers: operation.headers,
            content_type: "application/json".to_owned(),
            body: operation.body,
            operations: 0,
            purpose,
            operation: name,
        }
    }

    /// A batch.
    pub(crate) fn batch(url: Url, batch: Encoded, operation: String) -> Self {
        Self {
            method: Method::POST,
            url,
            headers: Vec::new(),
            content_type: batch.content_type,
            body: Some(batch.body.into()),
            operations: batch.operations,
            purpose: "run a batch",
            operation,
        }
        .header("Prefer", "odata.continue-on-error".to_owned())
    }

    pub(crate) fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn operation(&self) -> &str {
        &self.operation
    }

    /// Every write of this crate names its row's key, or a version that must hold, so the server
    /// recognises a repeat, or is an action that may be repeated; reads change nothing.
    fn safety(&self) -> Safety {
        if self.method == Method::GET { Safety::Safe } else { Safety::Keyed }
    }
}

impl Channel {
    /// Sends a request and returns the answer, whatever its status. A token that is refused is
    /// dropped, and the request sent once more with a new one (reference, section 1.2).
    pub(crate) async fn send(&self, call: &Call, sender: Sender) -> Result<Response> {
        let token = self.tokens.token().await?;
        let gate = self.governor.gate(sender.lane, call.operations);
        let response = self.attempt(call, &gate, sender.correlation, token.header()).await?;
        if response.status != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        tracing::info!(
            operation = call.operation,
            "the access token was refused; asking for a new one"
        );
        self.tokens.invalidate(&token).await;
        let token = self.tokens.token().await?;
        self.attempt(call, &gate, sender.correlation, token.header()).await
    }

    async fn attempt(
        &self,
        call: &Call,
        gate: &CallGate,
        correlation: Option<Uuid>,
        authorization: String,
    ) -> Result<Response> {
        let mut request =
            http_kit::Request::new(call.method.clone(), call.url.clone(), call.safety())
                .operation(call.purpose)
                .header("Authorization", authorization)
                .header("Accept", "application/json")
                .header("OData-Version", "4.0")
                .header("OData-MaxVersion", "4.0");
        if call.method == Method::GET {
            // Keeps stale cached data of expansions away (reference, section 1.3).
            request = request.header("If-None-Match", "null");
        }
        if let Some(body) = &call.body {
            request = request.header("Content-Type", call.content_type.clone()).body(body.clone());
        }
        if let Some(correlation) = correlation {
            request = request
                .header("x-ms-client-request-id", correlation.to_string())
                .header("x-ms-correlation-id", correlation.to_string());
        }
        for (name, value) in &call.headers {
            request = request.header(name, value.clone());
        }
        self.http
            .send_through(gate, request)
            .await
            .map_err(|source| Error::Transport { operation: call.operation.clone(), source })
    }
}

/// The error that an answer without success is.
pub(crate) fn refusal(call: &Call, response: &Response) -> Error {
    let status = response.status.as_u16();
    let source = ServiceError::read(status, response.retry_after(), &response.body);
    let operation = call.operation.clone();
    let earlier_lost = response.attempts() > 1 && response.may_have_applied();
    if earlier_lost && source.class().is_passing() {
        return Error::Unsettled { operation, source };
    }
    Error::Service { operation, source }
}
