//! The one way to Dataverse: every request of the client goes through [`Channel::send`], which
//! adds the common headers and the access token. A limit governor belongs here too, in front of
//! the transport, because here every request passes and every answer's headers are seen.

use bytes::Bytes;
use http::{Method, StatusCode};
use http_kit::{HttpClient, Response, Safety};
use url::Url;
use uuid::Uuid;

use crate::credential::TokenCache;
use crate::environment::Environment;
use crate::operation::Operation;
use crate::{Error, Result, ServiceError};

/// Environment, transport and token.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) http: HttpClient,
    pub(crate) environment: Environment,
    pub(crate) tokens: TokenCache,
}

/// A request to send.
#[derive(Clone)]
pub(crate) struct Call {
    method: Method,
    url: Url,
    headers: Vec<(&'static str, String)>,
    content_type: String,
    body: Option<Bytes>,
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
            purpose,
            operation: name,
        }
    }

    /// A batch.
    pub(crate) fn batch(url: Url, content_type: String, body: Vec<u8>, operation: String) -> Self {
        Self {
            method: Method::POST,
            url,
            headers: Vec::new(),
            content_type,
            body: Some(body.into()),
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
    /// recognises a repeat; reads change nothing.
    fn safety(&self) -> Safety {
        if self.method == Method::GET { Safety::Safe } else { Safety::Keyed }
    }
}

impl Channel {
    /// Sends a request and returns the answer, whatever its status. A token that is refused is
    /// dropped, and the request sent once more with a new one (reference, section 1.2).
    pub(crate) async fn send(&self, call: &Call, correlation: Option<Uuid>) -> Result<Response> {
        let token = self.tokens.token().await?;
        let response = self.attempt(call, correlation, token.header()).await?;
        if response.status != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        tracing::info!(
            operation = call.operation,
            "the access token was refused; asking for a new one"
        );
        self.tokens.invalidate(&token).await;
        let token = self.tokens.token().await?;
        self.attempt(call, correlation, token.header()).await
    }

    async fn attempt(
        &self,
        call: &Call,
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
            .send(request)
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
